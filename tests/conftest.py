"""What tests share: projects on disk, runs of them, and one local cluster."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine import operations
from engine.localcluster.cluster import Cluster
from engine.operations import Result
from engine.policy.judges import PackSource
from engine.session import Rehearsal, Session, open_session
from engine.state import secrets
from engine.state.resource import ResourceState
from engine.values import Props

ROOT = Path(__file__).parents[1]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# as the command line does: full collections of the SDKs' classes were half the time of tests that import a cloud
gc.set_threshold(50_000, 50, 1_000)


@dataclass
class Stack:
    """A stack in a temporary project, and the events of its last run."""

    folder: Path
    name: str = "dev"
    packs: tuple[PackSource, ...] = ()
    unknowns_fail: bool = True
    in_process: bool = True
    overrides: dict[str, str] = field(default_factory=dict[str, str])
    rehearsal: Rehearsal | None = None
    events: list[Props] = field(default_factory=list[Any])

    def run(self, kind: str) -> Result:
        """Run an operation by its name."""
        session = self.session()
        self.events = []
        setting = session.setting(
            self.events.append, packs=self.packs, unknowns_fail=self.unknowns_fail, in_process=self.in_process
        )
        return operations.run(kind, setting, session.program())

    def session(self) -> Session:
        """Open the stack anew."""
        return open_session(self.folder, self.name, overrides=self.overrides, rehearsal=self.rehearsal)

    def write(self, program: str) -> None:
        """Replace the program."""
        (self.folder / "__main__.py").write_text(program, encoding="utf-8")

    def steps(self) -> list[tuple[str, str]]:
        """The steps of the last run that ended well, without those that change nothing."""
        found = [event["resOutputsEvent"]["metadata"] for event in self.events if "resOutputsEvent" in event]
        return [(one["op"], one["urn"].rsplit("::", 1)[-1]) for one in found if one["op"] != "same"]

    def resources(self) -> list[ResourceState]:
        """What its state holds."""
        return self.session().store.load().resources

    def messages(self) -> str:
        """Everything the last run said."""
        return "\n".join(event["diagnosticEvent"]["message"] for event in self.events if "diagnosticEvent" in event)


MakeStack = Callable[..., Stack]
#: the files that take longest begin first, so that none is left alone at the end
LONGEST = (
    "stacks/test_cells.py",
    "stacks/test_kinds.py",
    "serving/test_fleet.py",
    "stacks/test_platforms.py",
    "serving/test_gateway_rollout.py",
    "serving/test_gateway_limits.py",
    "cli/test_check.py",
    "engine/test_kill.py",
    "engine/test_components.py",
    "engine/test_programs.py",
    "docs/test_documents.py",
    "stacks/test_definitions.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order files by how long they take; the tests of a file keep their order."""
    tests = ROOT / "tests"
    ranks = {tests / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.fixture(autouse=True)
def _passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "for tests")
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    # a key takes a second of work: this process makes one, stacks of other processes make theirs
    monkeypatch.setattr(secrets, "new_salt", lambda: b"for test")


@pytest.fixture
def make_stack(tmp_path: Path) -> MakeStack:
    """Make a project with a program."""

    def make(program: str, **options: Any) -> Stack:
        (tmp_path / "Pulumi.yaml").write_text("name: proj\nruntime: python\n", encoding="utf-8")
        stack = Stack(tmp_path, **options)
        stack.write(program)
        return stack

    return make


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A local cluster of this test run."""
    one = Cluster(f"test-{os.getpid()}")
    one.up(lambda _text: None)
    yield one
    one.down()


@pytest.fixture
def kubeconfig(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cluster's kubeconfig, also for programs."""
    monkeypatch.setenv("TEST_KUBECONFIG", str(cluster.kubeconfig))
    return cluster.kubeconfig


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """A server that answers as AWS does; gives its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing")
    yield f"http://{host}:{port}"
    patch.undo()
    server.stop()


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session with it, in an account with nothing in it."""
    import boto3
    import httpx

    httpx.post(f"{moto}/moto-api/reset").raise_for_status()
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    return boto3.Session()
