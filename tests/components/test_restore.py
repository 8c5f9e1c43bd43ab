"""What is kept of a document store comes back: the commands of its jobs, run by a shell, against a store."""

import errno
import json
import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from conftest import ROOT
from filers import Filed, serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.check import planned
from components import stateful
from components.document_store import archive

PAGE = 3


class Filer(Filed):
    """SeaweedFS' filer as its source describes it: folders, pages, files by PUT. ``breaks_at`` ends it at a file."""

    files: ClassVar[dict[str, bytes]] = {}
    breaks_at: ClassVar[str] = ""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        path = urllib.parse.unquote(path)
        if not path.endswith("/"):
            if path not in self.files or path == self.breaks_at:
                self.reply(500 if path == self.breaks_at else 404, b"")
            else:
                self.reply(200, self.files[path])
            return
        asked = urllib.parse.parse_qs(query)
        names = {name[len(path) :].split("/")[0] for name in self.files if name.startswith(path)}
        wanted = sorted(name for name in names if name > asked.get("lastFileName", [""])[0])
        entries = [
            {"FullPath": path + name, "Mode": 0o644 if path + name in self.files else archive.DIRECTORY | 0o755}
            for name in wanted[:PAGE]
        ]
        more = {
            "ShouldDisplayLoadMore": len(wanted) > PAGE,
            "LastFileName": wanted[PAGE - 1] if len(wanted) > PAGE else "",
        }
        self.reply(200, json.dumps({"Entries": entries or None, **more}).encode())


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Filer) as found:
        yield found


@pytest.fixture
def store(address: str) -> str:
    Filer.files.clear()
    Filer.breaks_at = ""
    Filer.files.update({
        "/documents/a b/ä.txt": b"one",
        "/documents/empty": b"",
        "/models/fraud/14/model.onnx": os.urandom(300_000),
        "/reviews/open/1.json": b"{}",
        "/approvals/done/2.json": b"{}",
        **{f"/documents/many/{number:02}": str(number).encode() for number in range(10)},
    })  # fmt: skip
    return address


@pytest.fixture(scope="module")
def commands() -> dict[str, list[str]]:
    """The commands of the jobs of a stack's document store, as they are applied."""
    plan = planned.plan(ROOT, "handbook-onprem-munich")
    return {
        one.props["metadata"]["name"]: one.props["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0][
            "command"
        ]
        for one in plan.resources
        if one.type == "kubernetes:batch/v1:CronJob" and one.name.startswith("documents-")
    }


def run(command: list[str], store: str, folder: Path, name: str = "") -> subprocess.CompletedProcess[str]:
    """Run a job's command, with the store and the volume where this test has them."""
    text = command[-1].replace("http://documents:8888", store).replace(f" {stateful.BACKUPS} ", f" {folder} ")
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "ARCHIVE": name}
    return subprocess.run(
        [*command[:-1], text], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_what_is_lost_comes_back_as_it_was(commands: dict[str, list[str]], store: str, tmp_path: Path) -> None:
    before = dict(Filer.files)
    kept = run(commands["documents-backup"], store, tmp_path)
    assert kept.returncode == 0, kept.stderr
    Filer.files.clear()
    Filer.files["/documents/new"] = b"made since"
    restored = run(commands["documents-restore"], store, tmp_path)
    assert restored.returncode == 0, restored.stderr
    assert f"restored {len(before)} files" in restored.stdout
    assert Filer.files == {**before, "/documents/new": b"made since"}


def test_an_older_archive_is_restored_by_its_name(commands: dict[str, list[str]], store: str, tmp_path: Path) -> None:
    first = archive.keep(store, tmp_path, 14)
    first = first.rename(tmp_path / "documents-20260101T000000.tar")
    Filer.files["/documents/empty"] = b"no longer"
    archive.keep(store, tmp_path, 14)
    assert run(commands["documents-restore"], store, tmp_path, first.name).returncode == 0
    assert Filer.files["/documents/empty"] == b""
    missing = run(commands["documents-restore"], store, tmp_path, "documents-x.tar")
    assert missing.returncode == 1
    assert "there is no archive 'documents-x.tar'" in missing.stderr
    assert first.name in missing.stderr


def test_what_the_store_keeps_for_itself_and_checkpoints_are_left(store: str, tmp_path: Path) -> None:
    Filer.files |= {"/topics/x": b"1", "/etc/seaweedfs/filer.conf": b"2", "/checkpoints/run/3": b"3"}
    kept = archive.keep(store, tmp_path, 14)
    assert set(archive.checked(kept)) == {
        name for name in Filer.files if not name.startswith(("/topics", "/etc", "/check"))
    }


def test_a_store_that_dies_leaves_no_half_archive(commands: dict[str, list[str]], store: str, tmp_path: Path) -> None:
    Filer.breaks_at = "/models/fraud/14/model.onnx"
    done = run(commands["documents-backup"], store, tmp_path)
    assert done.returncode != 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spoil", ["cut", "changed", "empty"])
def test_a_spoilt_archive_changes_nothing(
    commands: dict[str, list[str]], store: str, tmp_path: Path, spoil: str
) -> None:
    kept = archive.keep(store, tmp_path, 14)
    content = bytearray(kept.read_bytes())
    at = content.index(Filer.files["/models/fraud/14/model.onnx"][:64])
    content[at] ^= 1
    kept.write_bytes({"cut": bytes(content[: len(content) // 2]), "changed": bytes(content), "empty": b""}[spoil])
    Filer.files.clear()
    done = run(commands["documents-restore"], store, tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert kept.name in done.stderr
    assert Filer.files == {}


def test_a_full_disk_lets_old_archives_go_but_not_the_last(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (1, 2, 3):
        (tmp_path / f"documents-2026010{day}T000000.tar").write_bytes(b"")
    full = [True, True, False]
    write = archive.write

    def filling(base: str, file: Path) -> None:
        write(base, file)
        if full.pop(0):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive, "write", filling)
    made = archive.keep(store, tmp_path, 10**6)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["documents-20260103T000000.tar", made.name]
    full[:] = [True, True]
    made.unlink()
    with pytest.raises(OSError, match="No space left"):
        archive.keep(store, tmp_path, 10**6)
    assert [one.name for one in tmp_path.iterdir()] == ["documents-20260103T000000.tar"]


def test_archives_go_when_their_time_is_over(store: str, tmp_path: Path) -> None:
    old, young = tmp_path / "documents-20250101T000000.tar", tmp_path / "documents-20260101T000000.tar"
    for file in (old, young):
        file.write_bytes(b"")
    os.utime(old, (0, 0))
    made = archive.keep(store, tmp_path, 14)
    assert sorted(tmp_path.iterdir()) == [young, made]


NAMES = st.lists(
    st.text("abc ÄZ09._-%?&#+", min_size=1, max_size=8).filter(lambda one: one.strip(".")), min_size=1, max_size=3
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES.map("/".join), st.binary(max_size=2000), max_size=12))
def test_any_files_come_back(address: str, tmp_path_factory: pytest.TempPathFactory, made: dict[str, bytes]) -> None:
    # a name cannot be a file and a folder
    whole = {
        f"/d/{name}": data for name, data in made.items() if not any(other.startswith(f"{name}/") for other in made)
    }
    Filer.files.clear()
    Filer.files.update(whole)
    folder = tmp_path_factory.mktemp("kept")
    archive.keep(address, folder, 14)
    Filer.files.clear()
    archive.restore(address, folder, "")
    assert Filer.files == whole


def test_no_restore_runs_by_itself(commands: dict[str, list[str]]) -> None:
    del commands
    plan = planned.plan(ROOT, "handbook-onprem-munich")
    restores = [one for one in plan.resources if one.name.endswith("-restore")]
    assert {one.name for one in restores} == {"documents-restore", "vectors-restore"}
    assert all(one.props["spec"]["suspend"] is True for one in restores)
    backups = {one.name: one for one in plan.resources if re.search(r"(documents|vectors)-backup$", one.name)}
    for one in restores:
        twin = backups[one.name.replace("restore", "backup")].props["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        mine = one.props["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert mine["volumes"] == twin["volumes"]
        assert mine["containers"][0]["image"] == twin["containers"][0]["image"]
