"""The site's cluster as the agent sees it: a release's objects are put there, compared, watched, and taken away."""

import base64
import json
import secrets
import ssl
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from domicile_release import digest_of

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
MANAGER = {"fieldManager": "domicile-site", "force": "true"}
#: what the API server changes by itself
OF_THE_SERVER = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid")
#: a namespace outlives its objects; a volume's data are not the release's
KEPT = {"Namespace", "PersistentVolumeClaim"}

Thing = dict[str, Any]


class ClusterError(Exception):
    """The cluster does not do what it is asked; says why."""


class Cluster:
    """One namespace of a cluster."""

    def __init__(self, client: httpx.Client, namespace: str) -> None:
        """Speak to the cluster's API over a client whose base is its address."""
        self.client, self.namespace = client, namespace
        self.known: dict[str, dict[str, tuple[str, bool]]] = {}

    @staticmethod
    def of_account(address: str, namespace: str) -> "Cluster":
        """The cluster whose pod this is."""
        context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
        client = httpx.Client(base_url=address, verify=context, auth=_token, timeout=30)
        return Cluster(client, namespace)

    def put(self, objects: Sequence[Thing]) -> None:
        """Make the objects, or make them as they are here; a Secret that is there keeps its values.

        Raises:
            ClusterError: one was not taken.
        """
        for thing in objects:
            if thing["kind"] == "Secret":
                self._put_secret(thing, objects)
            else:
                self._applied(thing)

    def drift(self, objects: Sequence[Thing]) -> list[str]:
        """Which objects are gone or are not as they are here: the API server says what putting them would change."""
        found: list[str] = []
        for thing in objects:
            there = self._get(thing)
            if there is None:
                found.append(f"{_name(thing)} is gone")
            elif thing["kind"] != "Secret":
                would = self._applied(thing, dry=True)
                if _bare(would) != _bare(there):
                    found.append(f"{_name(thing)} was changed")
        return found

    def drop(self, objects: Sequence[Thing], keeping: Sequence[Thing]) -> None:
        """Take away objects that are not among those kept."""
        kept = {_name(thing) for thing in keeping}
        for thing in reversed(objects):
            if _name(thing) not in kept and thing["kind"] not in KEPT:
                self._ask("DELETE", self._path(thing), params={"propagationPolicy": "Background"}, fine=(404,))

    def unready(self, objects: Sequence[Thing]) -> list[str]:
        """What is not as it should be yet."""
        found: list[str] = []
        for thing in objects:
            if thing["kind"] not in {"Deployment", "StatefulSet"}:
                continue
            there = self._get(thing)
            if there is None:
                found.append(f"{_name(thing)} is not there")
                continue
            status, wanted = there.get("status", {}), there["spec"].get("replicas", 1)
            seen = status.get("observedGeneration", 0) >= there["metadata"]["generation"]
            ready, new = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
            if not seen or ready < wanted or new < wanted:
                found.append(f"{_name(thing)} has {min(ready, new)} of {wanted} ready")
        return found

    def nodes(self) -> list[dict[str, Any]]:
        """The machines: their name, accelerators and version."""
        found: list[Thing] = self._ask("GET", "/api/v1/nodes").json()["items"]
        return [
            {
                "name": node["metadata"]["name"],
                "gpus": int(node["status"].get("capacity", {}).get("nvidia.com/gpu", 0)),
                "product": node["metadata"].get("labels", {}).get("nvidia.com/gpu.product", ""),
                "kubelet": node["status"].get("nodeInfo", {}).get("kubeletVersion", ""),
            }
            for node in found
        ]

    def pods(self, part: str) -> list[tuple[str, str]]:
        """The pods of a part that run: their names and addresses."""
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        query = {"labelSelector": f"app.kubernetes.io/name={part}"}
        found: list[Thing] = self._ask("GET", path, params=query).json()["items"]
        addresses = ((pod["metadata"]["name"], pod["status"].get("podIP", "")) for pod in found)
        return [(name, address) for name, address in addresses if address]

    def _put_secret(self, thing: Thing, objects: Sequence[Thing]) -> None:
        """Made here, once: ``random`` is a key nobody has guessed, ``digests`` name those of other Secrets by team."""
        if self._get(thing) is not None:
            return
        recipes: dict[str, dict[str, Any]] = thing["recipes"]
        values = {key: self._made(recipe, objects) for key, recipe in recipes.items()}
        self._applied({**{k: v for k, v in thing.items() if k != "recipes"}, "stringData": values})

    def _made(self, recipe: dict[str, Any], objects: Sequence[Thing]) -> str:
        if "random" in recipe:
            return str(recipe["random"]) + secrets.token_urlsafe(30)
        digests: dict[str, str] = {}
        for team, name in recipe["digests"].items():
            other = next(one for one in objects if one["kind"] == "Secret" and one["metadata"]["name"] == name)
            self._put_secret(other, objects)
            there = self._get(other) or {}
            digests[digest_of(base64.b64decode(there["data"]["API_KEY"]))] = team
        return json.dumps(digests, sort_keys=True)

    def _applied(self, thing: Thing, *, dry: bool = False) -> Thing:
        query = {**MANAGER, **({"dryRun": "All"} if dry else {})}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        answer = self._ask("PATCH", self._path(thing), params=query, content=json.dumps(thing), headers=headers)
        return answer.json()

    def _get(self, thing: Thing) -> Thing | None:
        answer = self._ask("GET", self._path(thing), fine=(404,))
        return None if answer.status_code == 404 else answer.json()

    def _path(self, thing: Thing) -> str:
        version, kind = thing["apiVersion"], thing["kind"]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self.known:
            found: Iterable[Thing] = self._ask("GET", base).json()["resources"]
            self.known[version] = {
                one["kind"]: (one["name"], one["namespaced"]) for one in found if "/" not in one["name"]
            }
        if kind not in self.known[version]:
            message = f"the cluster has no {kind} of {version}"
            raise ClusterError(message)
        plural, namespaced = self.known[version][kind]
        middle = f"/namespaces/{self.namespace}" if namespaced else ""
        return f"{base}{middle}/{plural}/{thing['metadata']['name']}"

    def _ask(self, method: str, path: str, *, fine: tuple[int, ...] = (), **options: Any) -> httpx.Response:
        try:
            answer = self.client.request(method, path, **options)
        except httpx.HTTPError as error:
            message = f"the cluster does not answer {method} {path}: {error}"
            raise ClusterError(message) from error
        if answer.is_error and answer.status_code not in fine:
            message = f"{method} {path}: {_words(answer)}"
            raise ClusterError(message)
        return answer


def _token(request: httpx.Request) -> httpx.Request:
    """The account's token, which the kubelet renews."""
    request.headers["Authorization"] = f"Bearer {(ACCOUNT / 'token').read_text(encoding='utf-8')}"
    return request


def _name(thing: Mapping[str, Any]) -> str:
    return f"{thing['kind']} {thing['metadata']['name']}"


def _bare(thing: Thing) -> Thing:
    metadata = {key: value for key, value in thing["metadata"].items() if key not in OF_THE_SERVER}
    return {**{key: value for key, value in thing.items() if key != "status"}, "metadata": metadata}


def _words(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
