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


def run(tmp_path: Path, engine: str, status: str = "SUCCESS") -> tuple[int, list[str]]:
    (tmp_path / "curl").write_text(CURL, encoding="utf-8")
    (tmp_path / "curl").chmod(0o755)
    for name, text in (("namespace", "space"), ("token", "t"), ("ca.crt", "")):
        (tmp_path / name).write_text(text, encoding="utf-8")
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
    command = ENGINES[engine].backup(spec, "http://w-vectors:1")
    command = command.replace(f"find {stateful.BACKUPS}", f"find {tmp_path / 'kept'}")
    command = command.replace(stateful.ACCOUNT, str(tmp_path))
    (tmp_path / "kept").mkdir(exist_ok=True)
    asked = tmp_path / "asked"
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(asked), "STATUS": status}
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
