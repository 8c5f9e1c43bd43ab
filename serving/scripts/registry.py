"""MLflow's registry as programs in the cluster see it: versions of models with who approved them, and their files.

Source: MLflow's REST API (https://mlflow.org/docs/latest/api_reference/rest-api.html) and its proxy of artifacts, tried
with MLflow 3.17. A version's files must be behind that proxy (`mlflow server --serve-artifacts`, its default).
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PROXIED = "mlflow-artifacts:"
#: the tags by which a version says what it is
DIGEST, LICENCE, RUN = "domicile.digest", "licence", "domicile.run"
PART = 1 << 20
EXISTS = "RESOURCE_ALREADY_EXISTS"


class RegistryError(Exception):
    """The registry cannot be used, or a version is not what was asked for; says why and what to do."""


class Registry:
    """A registry at an address; ``token`` is sent where there is one."""

    def __init__(self, address: str, token: str = "") -> None:
        """Ask nothing yet."""
        self.address = address.rstrip("/")
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def version(self, name: str, number: str) -> dict[str, Any]:
        """A version of a model, with its tags as `tags` by key.

        Raises:
            RegistryError: there is none, or the registry cannot be asked.
        """
        found = self._ask("GET", "model-versions/get", {"name": name, "version": number})["model_version"]
        return {**found, "tags": {one["key"]: one["value"] for one in found.get("tags", [])}}

    def stands_for(self, name: str, alias: str) -> str:
        """The version that an alias of a model stands for."""
        query = {"name": name, "alias": alias}
        return str(self._ask("GET", "registered-models/alias", query)["model_version"]["version"])

    def download(self, name: str, number: str, path: str, folder: Path) -> None:
        """Copy a version's files, those below ``path`` where one is given.

        Raises:
            RegistryError: there are none, or they are not behind the registry's proxy.
        """
        query = {"name": name, "version": number}
        root = self._proxied(str(self._ask("GET", "model-versions/get-download-uri", query)["artifact_uri"]))
        top = f"{root}/{path}".rstrip("/")
        files = list(self._files(top))
        if not files:
            message = f"{name} {number}: the registry has no files of it{f' below {path}' if path else ''}"
            raise RegistryError(message)
        for file in files:
            target = folder / file.removeprefix(f"{top}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            asked = f"mlflow-artifacts/artifacts/{urllib.parse.quote(file)}"
            with self._open("GET", asked) as answer, target.open("wb") as out:
                while part := answer.read(PART):
                    out.write(part)

    def register(self, name: str, output: Path, card: Mapping[str, Any]) -> str:
        """Make a version of a model's files, with a run that says what it was made from; the same run makes one.

        ``output`` is their folder; ``card`` has `run`, `workload`, `digest`, `measures`, and what the model was made
        from. Returns the version.
        """
        experiment = self._experiment(str(card["workload"]))
        run = self._run(experiment, card)
        query = {"filter": f"run_id='{run['info']['run_id']}'"}
        for made in self._ask("GET", "model-versions/search", query).get("model_versions", []):
            if made["name"] == name:
                return str(made["version"])
        root = self._proxied(str(run["info"]["artifact_uri"]))
        for file in sorted(one for one in output.rglob("*") if one.is_file()):
            path = urllib.parse.quote(f"{root}/model/{file.relative_to(output).as_posix()}")
            with file.open("rb") as content, self._open("PUT", f"mlflow-artifacts/artifacts/{path}", content):
                pass
        self._ask("POST", "registered-models/create", {"name": name}, allowed=EXISTS)
        asked = {
            "name": name,
            "source": f"{run['info']['artifact_uri']}/model",
            "run_id": run["info"]["run_id"],
            "tags": [{"key": DIGEST, "value": card["digest"]}, {"key": RUN, "value": card["run"]}],
        }
        made = self._ask("POST", "model-versions/create", asked)["model_version"]
        ended = {"run_id": run["info"]["run_id"], "status": "FINISHED", "end_time": _now()}
        self._ask("POST", "runs/update", ended)
        return str(made["version"])

    def _experiment(self, name: str) -> str:
        self._ask("POST", "experiments/create", {"name": name}, allowed=EXISTS)
        return str(
            self._ask("GET", "experiments/get-by-name", {"experiment_name": name})["experiment"]["experiment_id"]
        )

    def _run(self, experiment: str, card: Mapping[str, Any]) -> dict[str, Any]:
        """The run of this name, with what the model was made from and its measures."""
        asked = {"experiment_ids": [experiment], "filter": f"tags.`{RUN}` = '{card['run']}'"}
        known = self._ask("POST", "runs/search", asked).get("runs", [])
        if known:
            return known[0]
        tags = [{"key": RUN, "value": card["run"]}]
        begun = {"experiment_id": experiment, "run_name": card["run"], "start_time": _now(), "tags": tags}
        run = self._ask("POST", "runs/create", begun)["run"]
        said = {key: str(text) for key, text in card.items() if isinstance(text, str | int)}
        measures = {key: value for key, value in dict(card["measures"]).items() if isinstance(value, int | float)}
        batch = {
            "run_id": run["info"]["run_id"],
            "params": [{"key": key, "value": text} for key, text in said.items()],
            "metrics": [
                {"key": key, "value": float(value), "timestamp": _now(), "step": 0} for key, value in measures.items()
            ],
        }
        self._ask("POST", "runs/log-batch", batch)
        return run

    def _files(self, folder: str) -> Iterator[str]:
        query = urllib.parse.urlencode({"path": folder})
        with self._open("GET", f"mlflow-artifacts/artifacts?{query}") as answer:
            listed = json.loads(answer.read())
        for one in listed.get("files", []):
            # the proxy tells paths below the folder that was asked for
            path = f"{folder}/{one['path'].removeprefix(f'{folder}/')}"
            if one["is_dir"]:
                yield from self._files(path)
            else:
                yield path

    def _proxied(self, where: str) -> str:
        scheme, _, path = where.partition(":")
        if f"{scheme}:" != PROXIED:
            message = (
                f"{self.address}: its files lie at {where}: run it with `--serve-artifacts`, so that it hands them out"
            )
            raise RegistryError(message)
        return urllib.parse.urlsplit(f"x:{path}").path.strip("/")

    def _ask(self, method: str, path: str, told: Mapping[str, Any], *, allowed: str = "") -> dict[str, Any]:
        content = None if method == "GET" else json.dumps(told).encode()
        query = f"?{urllib.parse.urlencode(told)}" if method == "GET" else ""
        try:
            with self._open(method, f"mlflow/{path}{query}", content) as answer:
                return json.loads(answer.read() or b"{}")
        except RegistryError as error:
            if allowed and allowed in str(error):
                return {}
            raise

    def _open(self, method: str, path: str, content: Any = None) -> Any:
        headers = {
            **self.headers,
            "Content-Type": "application/json" if path.startswith("mlflow/") else "application/octet-stream",
        }
        request = urllib.request.Request(f"{self.address}/api/2.0/{path}", content, headers, method=method)  # noqa: S310 the blueprint's
        try:
            return urllib.request.urlopen(request, timeout=600)  # noqa: S310 as above
        except urllib.error.HTTPError as error:
            message = f"{self.address}: {_reason(error)}"
            raise RegistryError(message) from error
        except OSError as error:
            message = f"the registry at {self.address} does not answer: {error}"
            raise RegistryError(message) from error


def _reason(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    try:
        told = json.loads(text)
    except ValueError:
        return f"{error.code} {text[:200]}"
    return f"{error.code} {told.get('error_code', '')}: {told.get('message', text)[:200]}"


def _now() -> int:
    return int(time.time() * 1000)
