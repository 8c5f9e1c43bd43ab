"""What breaks from outside: two runs at once, a disk that takes no more, a provider that dies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import COMMAND, project
from conftest import ROOT, MakeStack

from engine.errors import ProviderError
from engine.providers import plugin

DIES = """
import os, pulumi, pulumi_random as r
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Dies(ResourceProvider):
    def create(self, props):
        if DYING:
            os._exit(1)
        return CreateResult('made', props)

class Dying(Resource):
    def __init__(self, name, opts=None):
        super().__init__(Dies(), name, {}, opts)

first = r.RandomPet('first')
Dying('second', pulumi.ResourceOptions(depends_on=[first]))
"""
WAITS = """
import pathlib, pulumi_random as r, threading
def wait(_):
    pathlib.Path('reached').touch()
    with open('gate') as gate:
        gate.read()
r.RandomPet('a').id.apply(wait)
"""


def up(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, "up", "-s", "dev", "-C", str(folder), "--yes"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"},
    )


def test_of_two_runs_at_once_the_second_is_told_who_runs(tmp_path: Path) -> None:
    folder = project(tmp_path, WAITS)
    os.mkfifo(folder / "gate")
    first = up(folder)
    while not (folder / "reached").exists() and first.poll() is None:
        os.sched_yield()
    second = up(folder)
    said = second.communicate(timeout=60)[1]
    assert second.returncode == 3, said
    assert f"(pid {first.pid})" in said
    assert "Traceback" not in said
    with (folder / "gate").open("w"):
        pass
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, out + err
    assert "3 created" in out


def test_a_disk_that_takes_no_more_loses_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path, "import pulumi_random as r\nr.RandomPet('a')")
    done = up(folder)
    out, err = done.communicate(timeout=60)
    assert done.returncode == 0, out + err
    state = folder / ".pulumi" / "stacks" / "proj" / "dev.json"
    before = state.read_bytes()
    project(folder, "import pulumi_random as r\nfor i in range(30):\n    r.RandomPet(f'a{i}')")
    limit = len(before) + 500
    limited = subprocess.run(
        [
            "/bin/sh",
            "-c",
            f'ulimit -f {limit // 512 + 1}; exec "$@"',
            "sh",
            *COMMAND,
            "up",
            "-s",
            "dev",
            "-C",
            str(folder),
            "--yes",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert limited.returncode == 3, limited.stdout + limited.stderr
    assert "the state could not be written" in limited.stdout + limited.stderr
    assert "Traceback" not in limited.stdout + limited.stderr
    assert [path.name for path in state.parent.iterdir()] == ["dev.json"]
    again = up(folder)
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, out + err


def test_a_provider_that_dies_is_told_and_the_next_run_goes_on(make_stack: MakeStack) -> None:
    stack = make_stack(DIES.replace("DYING", "True"))
    broken = stack.run("up")
    assert not broken.ok
    assert "the provider 'pulumi-python' ended during Create" in stack.messages()
    stack.write(DIES.replace("DYING", "False"))
    mended = stack.run("up")
    assert mended.ok, stack.messages()
    assert mended.changes == {"same": 4, "create": 1}


@pytest.mark.parametrize("program", ["import sys; sys.exit(1)", "print('no port')", "import time; time.sleep(600)"])
def test_a_plugin_that_does_not_start_is_told(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "START_TIMEOUT_S", 0.5)
    with pytest.raises(ProviderError, match="the provider plugin 'broken' did not start"):
        plugin.PluginProvider("broken", [sys.executable, "-c", program])
