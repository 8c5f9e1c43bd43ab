"""MLflow's registry, with a real MLflow server: a run hands its model over there, and only what is approved is served."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import decided
import httpx
import pytest
from conftest import ROOT
from decided import World

from engine import processes
from serving.scripts import modelfiles
from serving.scripts.registry import DIGEST, RUN

MLFLOW = ROOT / ".venv" / "mlflow" / "bin" / "mlflow"
SCRIPTS = ROOT / "serving" / "scripts"
pytestmark = pytest.mark.skipif(not MLFLOW.exists(), reason="MLflow is not installed: make mlflow")
MODEL = "Qwen/Qwen3-4B"
TRAINER = """
import os, pathlib
output = pathlib.Path(os.environ["OUTPUT"])
(output / "tokenizer").mkdir()
(output / "tokenizer" / "vocab json").write_text("{}")
(output / "model.safetensors").write_bytes(os.environ["CONTENT"].encode() * 100_000)
(output / "all_results.json").write_text('{"eval_loss": 1.2, "epoch": 3}')
"""


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a store of its own; gives its address."""
    folder = tmp_path_factory.mktemp("mlflow")
    (port,) = processes.free_ports(1)
    command = [str(MLFLOW), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = ["--backend-store-uri", f"sqlite:///{folder}/store.db", "--artifacts-destination", str(folder / "files")]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, *stores],
            cwd=folder,
            stdout=log,
            stderr=log,
            env=environment,
            preexec_fn=processes.die_with_parent,  # noqa: PLW1509 started from one thread
        )
    try:
        address = f"http://127.0.0.1:{port}"
        assert decided.until(lambda: decided.healthy(address), 120), (folder / "log").read_text(encoding="utf-8")[
            -2000:
        ]
        yield address
    finally:
        processes.end(server)


def ask(address: str, method: str, path: str, told: dict[str, Any]) -> dict[str, Any]:
    """What a person does at the registry."""
    return httpx.request(method, f"{address}/api/2.0/mlflow/{path}", json=told, timeout=60).raise_for_status().json()


class Desk:
    """A training run and a server's weights, with the programs of their pods."""

    def __init__(self, folder: Path, registry: str, documents: str, name: str) -> None:
        self.folder, self.registry, self.documents, self.name = folder, registry, documents, name
        self.models = folder / "models"

    def trains(self, content: str, job: str, registry: str | None = None) -> tuple[int, str]:
        """A run; what it says at its end is last."""
        run = self.folder / job
        run.mkdir(exist_ok=True)
        told = {
            "PATH": os.environ["PATH"],
            "CONTENT": content,
            "CHECKPOINTS": str(run),
            "OUTPUT": str(run / "output"),
            "COMMAND": json.dumps([sys.executable, "-c", TRAINER]),
            "INDEX": "0",
            "JOB": job,
            "MEASURES": "all_results.json",
            "GATES": '[{"measure": "eval_loss", "at_most": 1.4}]',
            "LINEAGE": json.dumps({"workload": self.name, "base": MODEL, "dataset": "answers@3"}),
            "MODEL": self.name,
            "DOCUMENTS": self.documents,
            "REGISTRY": registry or self.registry,
            "REGISTERED_AS": self.name,
        }
        return ended([sys.executable, str(SCRIPTS / "train.py")], told)

    def fetches(self, version: int, digest: str = "", registry: str | None = None, **asked: str) -> tuple[int, str]:
        """The job that fetches weights."""
        known = {"address": registry or self.registry, "name": self.name, "version": str(version)}
        wanted = {"path": "", "approved": "", "licence": "", **known, **asked}
        told = {
            "PATH": os.environ["PATH"],
            "TARGET": str(self.models),
            "MODELS": json.dumps([{"model": MODEL, "revision": "", "digest": digest, "registry": wanted}]),
        }
        return ended([sys.executable, str(SCRIPTS / "weights.py")], told)

    def digest_of(self, version: int) -> str:
        return str(json.loads(World.files[f"/models/{self.name}/{version}.json"])["digest"])

    def version(self, number: int) -> dict[str, Any]:
        query = f"model-versions/search?filter=name%3D'{self.name}'"
        found = ask(self.registry, "GET", query, {})["model_versions"]
        return next(one for one in found if one["version"] == str(number))


def ended(command: list[str], told: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def desk(tmp_path: Path, mlflow: str, request: pytest.FixtureRequest) -> Iterator[Desk]:
    with decided.world() as documents:
        yield Desk(tmp_path, mlflow, documents, request.node.name.removeprefix("test_").replace("_", "-"))


def test_a_run_hands_over_a_version_that_says_what_it_was_made_from(desk: Desk) -> None:
    code, said = desk.trains("a", "training-1")
    assert code == 0, said
    assert json.loads(said.splitlines()[-1])["registered"] == f"{desk.name}/1"
    version = desk.version(1)
    assert {one["key"]: one["value"] for one in version["tags"]} == {DIGEST: desk.digest_of(1), RUN: "training-1"}
    run = ask(desk.registry, "GET", f"runs/get?run_id={version['run_id']}", {})["run"]
    params = {one["key"]: one["value"] for one in run["data"]["params"]}
    assert {"base": MODEL, "dataset": "answers@3", "digest": desk.digest_of(1)}.items() <= params.items()
    assert {one["key"]: one["value"] for one in run["data"]["metrics"]} == {"eval_loss": 1.2, "epoch": 3.0}
    assert run["info"]["status"] == "FINISHED"


def test_the_same_run_hands_over_once_and_another_makes_another(desk: Desk) -> None:
    for _ in range(2):
        code, said = desk.trains("a", "training-1")
        assert code == 0, said
        assert json.loads(said.splitlines()[-1])["registered"] == f"{desk.name}/1"
    code, said = desk.trains("b", "training-2")
    assert json.loads(said.splitlines()[-1])["registered"] == f"{desk.name}/2"
    assert desk.version(2)["run_id"] != desk.version(1)["run_id"]


def test_a_registry_that_is_away_is_made_up_for_by_the_next_try(desk: Desk) -> None:
    (port,) = processes.free_ports(1)
    code, said = desk.trains("a", "training-1", registry=f"http://127.0.0.1:{port}")
    assert code == 4
    assert "it is in the document store as version 1; the registry at http://127.0.0.1" in said
    code, said = desk.trains("a", "training-1")
    assert code == 0, said
    assert json.loads(said.splitlines()[-1])["registered"] == f"{desk.name}/1"


def test_what_was_handed_over_is_served_bit_for_bit(desk: Desk) -> None:
    desk.trains("a", "training-1")
    digest = desk.digest_of(1)
    code, said = desk.fetches(1, digest)
    assert (code, said) == (0, f"{MODEL} {digest}\n")
    folder = desk.models / MODEL
    assert f"sha256:{modelfiles.digest(modelfiles.sums(folder))}" == digest
    assert (folder / "tokenizer" / "vocab json").read_text(encoding="utf-8") == "{}"
    # what is there and approved is not asked for again
    code, said = desk.fetches(1, digest, registry="http://127.0.0.1:9")
    assert code == 0, said


def test_a_part_of_a_version_is_served_where_a_path_is_given(desk: Desk) -> None:
    desk.trains("a", "training-1")
    # the registry's digest is that of all files
    ask(desk.registry, "DELETE", "model-versions/delete-tag", {"name": desk.name, "version": "1", "key": DIGEST})
    code, said = desk.fetches(1, path="tokenizer")
    assert code == 0, said
    assert [one.name for one in (desk.models / MODEL).iterdir()] == ["vocab json"]


def test_only_what_the_alias_stands_for_is_served(desk: Desk) -> None:
    desk.trains("a", "training-1")
    desk.trains("b", "training-2")
    alias = {"name": desk.name, "alias": "approved", "version": "2"}
    code, said = desk.fetches(1, approved="approved")
    assert code == 1
    assert "alias" in said, "nobody has approved anything yet"
    ask(desk.registry, "POST", "registered-models/alias", alias)
    code, said = desk.fetches(1, approved="approved")
    assert code == 1
    assert f"version 1 of {desk.name} in the registry is not what the alias `approved` stands for" in said
    assert not (desk.models / MODEL).exists()
    assert desk.fetches(2, approved="approved")[0] == 0


def test_a_licence_must_be_the_one_that_was_agreed_to(desk: Desk) -> None:
    desk.trains("a", "training-1")
    code, said = desk.fetches(1, licence="apache-2.0")
    assert code == 1
    assert "has no tag `licence`, the blueprint says apache-2.0" in said
    tag = {"name": desk.name, "version": "1", "key": "licence", "value": "cc-by-nc-4.0"}
    ask(desk.registry, "POST", "model-versions/set-tag", tag)
    assert "has the licence cc-by-nc-4.0, the blueprint says apache-2.0" in desk.fetches(1, licence="apache-2.0")[1]
    ask(desk.registry, "POST", "model-versions/set-tag", {**tag, "value": "apache-2.0"})
    assert desk.fetches(1, licence="apache-2.0")[0] == 0


def test_files_that_somebody_changed_are_not_served(desk: Desk) -> None:
    desk.trains("a", "training-1")
    digest = desk.digest_of(1)
    path = desk.version(1)["source"].partition(":/")[2]
    files = f"{desk.registry}/api/2.0/mlflow-artifacts/artifacts/{path}"
    httpx.put(f"{files}/model.safetensors", content=b"poisoned").raise_for_status()
    for known, whose in ((digest, "the blueprint"), ("", "the registry")):
        code, said = desk.fetches(1, known)
        assert code == 1
        assert f"{whose} says {digest}: look at its files" in said
        assert not (desk.models / MODEL).exists(), "nobody can load it"


def test_another_digest_than_the_blueprints_is_not_even_fetched(desk: Desk) -> None:
    desk.trains("a", "training-1")
    code, said = desk.fetches(1, f"sha256:{'0' * 64}")
    assert code == 1
    assert f"has the digest {desk.digest_of(1)}, the blueprint says sha256:000" in said


def test_what_is_not_there_is_said(desk: Desk) -> None:
    code, said = desk.fetches(7)
    assert code == 1
    assert f"version 7 of {desk.name}" in said
    assert "RESOURCE_DOES_NOT_EXIST" in said
    code, said = desk.fetches(1, registry="http://127.0.0.1:9")
    assert code == 1
    assert "the registry at http://127.0.0.1:9 does not answer" in said
