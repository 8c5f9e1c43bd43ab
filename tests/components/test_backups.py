"""The backups of vector stores, run by a shell: what they ask for, when they fail, what they leave."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from components import stateful
from components.ownership import Ownership
from components.vector_store.kubernetes import ENGINES
from components.vector_store.spec import VectorStoreSpec

OWNER = Ownership(workload="w", owner="o", cost_centre="c", data_class="internal", jurisdictions=("DE",))
#: answers as the stores do, and writes down what it was asked
CURL = """#!/bin/sh
for one; do echo "$one" >> "$ASKED"; done
case "$*" in
  *snapshots) echo '{"result":{"name":"s1"}}';;
  *collections) echo '{"result":{"collections":[{"name":"docs"}]}}';;
  *backups/filesystem/*) echo "{\\"status\\":\\"$STATUS\\"}";;
  *) echo '{}';;
esac
"""


def run(
    tmp_path: Path, engine: str, status: str = "SUCCESS", *, restores: bool = False, name: str = ""
) -> tuple[int, list[str]]:
    (tmp_path / "curl").write_text(CURL, encoding="utf-8")
    (tmp_path / "curl").chmod(0o755)
    for file, text in (("namespace", "space"), ("token", "t"), ("ca.crt", "")):
        (tmp_path / file).write_text(text, encoding="utf-8")
    spec = VectorStoreSpec(
        name="w-vectors",
        ownership=OWNER,
        image="i",
        storage_gib=1,
        storage_class="s",
        memory_gib=1,
        clients=(),
        backup_image="c",
        backup_schedule="0 0 * * *",
        keep_backups=14,
        engine=engine,
    )
    address = "http://w-vectors:1"
    command = ENGINES[engine].restore(address) if restores else ENGINES[engine].backup(spec, address)
    for word in ("find", "cd", "ls"):
        command = command.replace(f"{word} {stateful.BACKUPS}", f"{word} {tmp_path / 'kept'}")
    command = command.replace(stateful.ACCOUNT, str(tmp_path))
    (tmp_path / "kept").mkdir(exist_ok=True)
    asked = tmp_path / "asked"
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(asked), "STATUS": status, "ARCHIVE": name}
    done = subprocess.run(["/bin/sh", "-euc", command], env=environment, check=False, timeout=20)
    return done.returncode, asked.read_text(encoding="utf-8").splitlines()


def test_a_snapshot_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    code, asked = run(tmp_path, "milvus")
    assert code == 0
    body = json.loads(next(one for one in asked if one.startswith("{")))
    assert body["spec"]["source"]["persistentVolumeClaimName"] == "data-w-vectors-0"
    (dropped,) = (one for one in asked if one.endswith(body["metadata"]["name"]))
    assert "/namespaces/space/volumesnapshots/" in dropped
    assert asked.index("DELETE") < asked.index(next(one for one in asked if one.startswith("{")))


def test_weaviate_is_waited_for_and_old_backups_go(tmp_path: Path) -> None:
    old = tmp_path / "kept" / "at-1"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    code, asked = run(tmp_path, "weaviate")
    assert code == 0
    assert json.loads(next(one for one in asked if one.startswith("{")))["id"].startswith("at-")
    assert not old.exists()


def test_a_failed_backup_is_a_failed_job(tmp_path: Path) -> None:
    assert run(tmp_path, "weaviate", "FAILED")[0] == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_backup_is_a_command_a_shell_understands(tmp_path: Path, engine: str) -> None:
    assert run(tmp_path, engine)[0] == 0


def kept(tmp_path: Path, *names: str) -> None:
    """Backups that are there."""
    (tmp_path / "kept").mkdir()
    for name in names:
        (tmp_path / "kept" / name).write_text("", encoding="utf-8")


def test_each_collection_gets_its_newest_snapshot_and_no_other_ones(tmp_path: Path) -> None:
    kept(tmp_path, "docs-202611250345.snapshot", "docs-202611260345.snapshot", "docs-1-202611270345.snapshot", "other")
    code, asked = run(tmp_path, "qdrant", restores=True)
    assert code == 0
    sent = [one for one in asked if one.startswith(("http", "snapshot="))]
    address = "http://w-vectors:1/collections/{}/snapshots/upload?priority=snapshot&wait=true"
    assert sent == [
        address.format("docs"),
        "snapshot=@docs-202611260345.snapshot",
        address.format("docs-1"),
        "snapshot=@docs-1-202611270345.snapshot",
    ]


def test_a_snapshot_of_a_time_is_restored_or_the_job_fails(tmp_path: Path) -> None:
    kept(tmp_path, "docs-202611250345.snapshot", "docs-202611260345.snapshot")
    code, asked = run(tmp_path, "qdrant", restores=True, name="202611250345")
    assert (code, asked[-1]) == (0, "snapshot=@docs-202611250345.snapshot")
    assert run(tmp_path, "qdrant", restores=True, name="202601010000")[0] != 0


@pytest.mark.parametrize(("name", "wanted"), [("", "at-202611260345"), ("at-202611250345", "at-202611250345")])
def test_weaviate_restores_a_backup_and_is_waited_for(tmp_path: Path, name: str, wanted: str) -> None:
    kept(tmp_path, "at-202611250345", "at-202611260345")
    code, asked = run(tmp_path, "weaviate", restores=True, name=name)
    assert code == 0
    assert f"http://w-vectors:1/v1/backups/filesystem/{wanted}/restore" in asked
    assert run(tmp_path, "weaviate", "FAILED", restores=True, name=name)[0] == 1
