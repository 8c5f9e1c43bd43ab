"""The service that decides, as its pods run it, with stand-ins for models, a feature store and the document store."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
from filers import Filed, serving

from engine import processes
from serving.decisions.files import SERVE, files
from serving.decisions.spec import DecisionsSpec
from serving.gateway.hooks.domicile_policy import digest

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv" / "gateway" / "bin"
ALL = httpx.Limits(max_connections=None)
KEYS = {"payments": "sk-payments", "reviewers": "sk-reviewers"}
HEADERS = {team: {"Authorization": f"Bearer {key}"} for team, key in KEYS.items()}


class World(Filed):
    """Models (Open Inference Protocol), a feature store (Feast) and a filer (SeaweedFS), as they are told to be.

    ``score`` is every model's answer unless its server has one of its own in ``scores``. A model in ``frozen`` answers
    only when the event is set; one in ``broken`` answers with that status; ``odd`` replaces its whole answer.
    """

    score: ClassVar[float] = 0.1
    scores: ClassVar[dict[str, float]] = {}
    frozen: ClassVar[dict[str, threading.Event]] = {}
    broken: ClassVar[dict[str, int]] = {}
    odd: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[list[tuple[str, dict[str, Any], str]]] = []
    known: ClassVar[dict[str, list[float | None]]] = {}
    files: ClassVar[dict[str, bytes]] = {}
    store_works: ClassVar[bool] = True

    @classmethod
    def begin(cls) -> None:
        """As it is before a test."""
        cls.score = 0.1
        cls.store_works = True
        for kept in (cls.scores, cls.frozen, cls.broken, cls.odd, cls.asked, cls.known, cls.files):
            kept.clear()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        World.asked.append((self.path, body, str(self.headers.get("Authorization", ""))))
        if self.path == "/get-online-features":
            (entity,) = next(iter(body["entities"].values()))
            given = self.known.get(entity, [None] * len(body["features"]))
            names = [one.partition(":")[2] for one in body["features"]]
            self.reply(200, {"metadata": {"feature_names": names}, "results": [{"values": [one]} for one in given]})
            return
        server = self.path.split("/")[3]
        if server in self.frozen:
            self.frozen[server].wait(30)
        if server in self.broken:
            self.reply(self.broken[server], {"error": "broken"})
            return
        score = self.scores.get(server, self.score)
        told = {
            "outputs": [
                {"name": "output__0", "datatype": "FP32", "shape": [1, 2], "data": [1 - score, score]},
                {"name": "shares", "datatype": "FP32", "shape": [1, 3], "data": [0.5, -0.25, 0.0]},
            ]
        }
        self.reply(200, self.odd.get(server, told))


@contextmanager
def world() -> Generator[str]:
    """The stand-ins; gives their address."""
    World.begin()
    with serving(World) as address:
        try:
            yield address
        finally:
            for event in World.frozen.values():
                event.set()


def until(true: Callable[[], bool], seconds: float = 60, every_s: float = 0.02) -> bool:
    """Whether something becomes true in time; it is looked at again and again."""
    ends = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        if time.monotonic() > ends:
            return False
        pause.wait(every_s)
    return True


def healthy(address: str) -> bool:
    """Whether a server says that it is well."""
    try:
        return httpx.get(f"{address}/health").is_success
    except httpx.TransportError:
        return False


class Running:
    """The service in a process of its own."""

    def __init__(self, folder: Path, spec: DecisionsSpec, models: str, address: str = "") -> None:
        """Write its files, exactly as its pods get them; the stand-ins at ``address`` are the models' too if not given."""
        self.folder = folder
        self.audit = folder / "audit"
        self.address = address = address or models
        found = files(spec, {"scorer": models, "challenger": models})
        policy = json.loads(found["decisions.json"])
        if policy["features"]:
            policy["features"]["address"] = address
        if policy["burst"]:
            policy["burst"]["address"] = f"{address}/v2/models/burst/versions/1/infer"
        home = folder / "files"
        home.mkdir(parents=True, exist_ok=True)
        for name, text in {**found, "decisions.json": json.dumps(policy)}.items():
            (home / name).write_text(text, encoding="utf-8")
        (self.port,) = processes.free_ports(1)
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers=HEADERS["payments"], timeout=60, limits=ALL
        )

    def start(self) -> "Running":
        """Start it, and wait until it answers."""
        self.audit.mkdir(exist_ok=True)
        environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": str(self.folder),
            "PYTHONPATH": str(self.folder / "files"),
            "DOMICILE_KEYS": json.dumps({digest(key): team for team, key in KEYS.items()}),
            "DOMICILE_TOKENS": "a-key-of-this-test",
            "DOMICILE_AUDIT": str(self.audit),
            "DOCUMENTS": self.address,
            "HOSTNAME": "decisions-0",
            "BURST_API_KEY": "sk-burst",
        }
        command = [str(ENVIRONMENT / "uvicorn"), *SERVE, "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        assert until(lambda: processes.listens(self.port)), (self.folder / "log").read_text()
        return self

    def kill(self) -> None:
        """End it at once, as a node that dies does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """End it for good."""
        self.kill()
        self.client.close()

    def ask(self, inputs: dict[str, Any], **more: Any) -> httpx.Response:
        """Ask for a decision."""
        return self.client.post("/v1/decisions", json={"id": "tx-1", "inputs": inputs, **more})

    def decided(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """A decision."""
        answer = self.ask(inputs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def records(self) -> list[dict[str, Any]]:
        """The audit log, checked."""
        from serving.gateway.hooks import domicile_audit

        return [one for file in sorted(self.audit.glob("*.jsonl")) for one in domicile_audit.records(file)]

    def counted(self, name: str) -> list[tuple[dict[str, str], float]]:
        """A metric's series, with their labels."""
        from prometheus_client.parser import text_string_to_metric_families

        found = text_string_to_metric_families(self.client.get("/metrics/").text)
        samples = [one for family in found for one in family.samples if one.name == name]
        return [(one.labels, one.value) for one in samples]
