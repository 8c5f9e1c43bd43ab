"""kill -9 at seeded points of up and destroy: nothing is lost, nothing needs unlocking, nothing is left running."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, MakeStack

POINTS = 15
PROGRAM = """
import os, pulumi, pulumi_kubernetes as k8s
provider = k8s.Provider('p', kubeconfig=os.environ['TEST_KUBECONFIG'], enable_config_map_mutable=True)
here = pulumi.ResourceOptions(provider=provider)
for i in range(8):
    k8s.core.v1.ConfigMap(f'c{i}', metadata={'name': f'killed-SEED-{i}'}, data={'a': str(i)}, opts=here)
"""
RUN = """
import os, signal, sys
from pathlib import Path
from engine import operations
from engine.executor import Executor
from engine.providers.kubernetes.api import Connection
from engine.session import open_session
from engine.state.backend import StackStore

kind, point = sys.argv[2], int(sys.argv[3])
count = 0

def counted(function):
    def wrapper(*args, **options):
        global count
        count += 1
        if count == point:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **options)
        count += 1
        if count == point:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return wrapper

StackStore.save = counted(StackStore.save)
Connection.request = counted(Connection.request)
session = open_session(Path(sys.argv[1]), 'dev')
setting = session.setting(lambda event: None)
result = operations.up(setting, session.program()) if kind == 'up' else operations.destroy(setting)
sys.exit(0 if result.ok else 1)
"""


def objects(kubeconfig: Path, seed: str) -> set[str]:
    from engine.providers.kubernetes.api import Connection

    found = Connection(str(kubeconfig), None).request("GET", "/api/v1/namespaces/default/configmaps").body["items"]
    return {one["metadata"]["name"] for one in found if one["metadata"]["name"].startswith(f"killed-{seed}-")}


def run(folder: Path, kind: str, point: int) -> int:
    done = subprocess.run([sys.executable, "-c", RUN, str(folder), kind, str(point)], cwd=ROOT, check=False)
    return done.returncode


def programs_of(folder: Path) -> list[str]:
    """The program hosts of a project that still run."""
    found = subprocess.run(["pgrep", "-f", f"program/host.py.*{folder}"], capture_output=True, text=True, check=False)
    return found.stdout.split()


@pytest.mark.parametrize("seed", range(POINTS))
@pytest.mark.parametrize("kind", ["up", "destroy"])
def test_a_killed_run_loses_nothing(kind: str, seed: int, make_stack: MakeStack, kubeconfig: Path) -> None:
    point = random.Random(f"{kind}{seed}").randrange(2, 60)  # noqa: S311 a test's choice of points
    name = f"{kind}{seed}"
    stack = make_stack(PROGRAM.replace("SEED", name))
    if kind == "destroy":
        assert stack.run("up").ok, stack.messages()
    code = run(stack.folder, kind, point)
    assert code in (0, -9)
    file = stack.session().store.file
    if file.exists():
        json.loads(file.read_text(encoding="utf-8"))
    known = {one.id.split("/")[-1] for one in stack.session().store.load().resources if "ConfigMap" in one.type}
    pending = {str(one.resource.inputs["metadata"]["name"]) for one in stack.session().store.load().pending}
    assert objects(kubeconfig, name) <= known | pending, "what exists is in the state, or is known to be under way"
    assert stack.run("up").ok, stack.messages()
    assert objects(kubeconfig, name) == {f"killed-{name}-{index}" for index in range(8)}
    assert not stack.session().store.load().pending
    assert stack.run("destroy").ok, stack.messages()
    assert objects(kubeconfig, name) == set()
    deadline = os.times().elapsed + 10
    while programs_of(stack.folder) and os.times().elapsed < deadline:
        os.sched_yield()
    assert not programs_of(stack.folder)
