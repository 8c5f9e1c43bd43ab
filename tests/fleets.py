"""A fleet in a test: its hub as a process with a clock of ours, sites of the agent's own code, and what is around them."""

import base64
import functools
import http.server
import json
import os
import subprocess
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
from decided import until
from domicile_cluster import Cluster, ClusterError, Thing
from domicile_fleet import token_of
from domicile_rings import Gates
from domicile_site import Site
from domicile_state import Settings

from cli.fleet.hub import Hub
from engine import processes
from serving.fleet import files, release
from serving.fleet.release import Made, Runs
from serving.fleet.spec import GatesSpec, HubSpec, RingSpec

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv" / "gateway" / "bin"
OPERATOR, MASTER = "sk-operator", "sk-master"
HOUR = 3600.0
GATES = GatesSpec(least_requests=200, margin=0.02, shift=0.2, rolled_back=0.1, enough=0.9, silent_s=12 * 3600)
START = 1_790_000_000.0
#: the hub as its pods begin it, but for the clock
LAUNCH = """
import hashlib, json, os, pathlib
import domicile_hub
def made():
    here = pathlib.Path(__file__).parent
    clock = here / "clock"
    key = hashlib.sha256(os.environ["DOMICILE_OPERATOR_KEY"].encode()).hexdigest()
    fleet = json.loads((here / "fleet.json").read_text())
    return domicile_hub.app(pathlib.Path(os.environ["DOMICILE_STATE"]), fleet, os.environ["DOMICILE_MASTER"].encode(), key,
                            lambda: float(clock.read_text()))
"""


class Clock:
    """The time of a fleet, for its hub too."""

    def __init__(self, file: Path) -> None:
        self.file, self.value = file, START
        self.go(0)

    def go(self, seconds: float) -> None:
        self.value += seconds
        part = self.file.with_suffix(".part")
        part.write_text(str(self.value), encoding="utf-8")
        part.replace(self.file)

    def __call__(self) -> float:
        return self.value


class Around(http.server.BaseHTTPRequestHandler):
    """Every site's store and service: each is told apart by its address in 127.0.0.0/8.

    ``stock`` are the files of a site's store. A site's service counts as the model in its store makes it: ``good``, or
    ``blind`` (nothing is decided by it), ``broken`` (requests fail) or ``numb`` (all has one outcome).
    """

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    stock: ClassVar[dict[str, dict[str, bytes]]] = {}
    counts: ClassVar[dict[str, dict[str, int]]] = {}
    quiet: ClassVar[set[str]] = set()

    @classmethod
    def begin(cls) -> None:
        for kept in (cls.stock, cls.counts, cls.quiet):
            kept.clear()

    @classmethod
    def work(cls, site: str, requests: int) -> None:
        """Let a site's service answer requests, as its model is."""
        if site in cls.quiet:
            return
        model = max(cls.stock.get(site, {"": b"good"}).items())[1].split(b" ")[0].decode()
        mine = cls.counts.setdefault(site, {"ended": 0, "failed": 0, "rules": 0, "good": 0, "scrap": 0})
        failed = requests // 3 if model == "broken" else requests // 200
        mine["failed"] += failed
        mine["ended"] += requests - failed
        mine["rules"] += requests // 2 if model == "blind" else 0
        scrap = 0 if model == "numb" else (requests - failed) // 3
        mine["scrap"] += scrap
        mine["good"] += requests - failed - scrap

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it so
        del format, args

    def site(self) -> str:
        return str(self.headers["Host"]).partition(":")[0]

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.stock.setdefault(self.site(), {})[self.path] = body
        self.reply(b"")

    def do_GET(self) -> None:
        mine = self.counts.get(self.site(), {})
        name, labels = "domicile_gateway_requests_total", 'alias="decisions",variant="",team="line"'
        by_model = mine.get("ended", 0) - mine.get("rules", 0)
        lines = [
            f'{name}{{{labels},outcome="ended",slow="false",fell_back="false"}} {by_model}',
            f'{name}{{{labels},outcome="ended",slow="false",fell_back="true"}} {mine.get("rules", 0)}',
            f'{name}{{{labels},outcome="failed",slow="false",fell_back="false"}} {mine.get("failed", 0)}',
            *(f'domicile_decisions_outcomes_total{{outcome="{one}"}} {mine.get(one, 0)}' for one in ("good", "scrap")),
        ]
        self.reply("\n".join(lines).encode())

    def reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class OneRoom(Cluster):
    """A cluster as far as agents see one, in memory. ``limp`` things never get ready; after ``takes`` it breaks."""

    def __init__(self, address: str) -> None:
        super().__init__(httpx.Client(), "line")
        self.things: dict[str, Thing] = {}
        self.address, self.limp, self.takes = address, False, -1

    def _ask(self, method: str, path: str, *, fine: tuple[int, ...] = (), **options: Any) -> httpx.Response:
        del fine
        request = httpx.Request(method, f"http://cluster{path}")
        if path == "/api/v1/nodes":
            return httpx.Response(200, json={"items": [{"metadata": {"name": "n"}, "status": {}}]}, request=request)
        if path in {"/api/v1", "/apis/apps/v1"}:
            kinds = {"ConfigMap": "configmaps", "Secret": "secrets", "Deployment": "deployments"}
            found = [{"name": plural, "kind": kind, "namespaced": True} for kind, plural in kinds.items()]
            return httpx.Response(200, json={"resources": found}, request=request)
        if method == "PATCH":
            thing = json.loads(options["content"])
            old = self.things.get(path, {"status": {}, "metadata": {"generation": 0}})
            merged = {**old, **thing, "metadata": {**old["metadata"], **thing["metadata"]}}
            if options["params"].get("dryRun"):
                return httpx.Response(200, json=merged, request=request)
            if self.takes == 0:
                message = "the power went"
                raise ClusterError(message)
            self.takes -= 1
            merged["metadata"]["generation"] += 1
            if thing["kind"] == "Deployment":
                ready = 0 if self.limp else thing["spec"]["replicas"]
                merged["status"] = {
                    "observedGeneration": merged["metadata"]["generation"],
                    "readyReplicas": ready,
                    "updatedReplicas": ready,
                }
            if "stringData" in merged:
                data = {
                    key: base64.b64encode(str(text).encode()).decode() for key, text in merged["stringData"].items()
                }
                merged = {**{k: v for k, v in merged.items() if k != "stringData"}, "data": data}
            self.things[path] = merged
            return httpx.Response(200, json=merged, request=request)
        if method == "DELETE":
            self.things.pop(path, None)
            return httpx.Response(200, json={}, request=request)
        there = self.things.get(path)
        return httpx.Response(200 if there else 404, json=there or {}, request=request)

    def pods(self, part: str) -> list[tuple[str, str]]:
        return [(f"{part}-0", self.address)]


def objects(version: int, more: Sequence[Thing] = ()) -> list[Thing]:
    """What a site runs, at its least."""
    place = {"namespace": "domicile-site"}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", **place}, "data": {"v": str(version)}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "gateway-key-line", **place}, "recipes": {"API_KEY": {"random": "sk-"}}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "decisions-keys", **place}, "recipes": {"DOMICILE_KEYS": {"digests": {"line": "gateway-key-line"}}}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "scorer", **place}, "spec": {"replicas": 2}},
        *more,
    ]  # fmt: skip


class Releases:
    """Whoever releases: a key, and a model for each release."""

    def __init__(self, folder: Path, sites: Sequence[str]) -> None:
        self.folder, self.sites = folder, tuple(sites)
        folder.mkdir(parents=True, exist_ok=True)
        self.pem, self.public = release.new_key()

    def make(self, number: int, model: str = "good", runs: list[Thing] | None = None, pem: bytes | None = None) -> Made:
        file = self.folder / f"model-{number}.onnx"
        file.write_bytes(f"{model} {number} ".encode() + os.urandom(200_000))
        made = Runs(runs or objects(number), {f"welds/{number:03}/model.onnx": file})
        key = release.read_key(pem or self.pem)
        return release.make("lines", number, {"all": made}, dict.fromkeys(self.sites, "all"), key)

    def packed(self, made: Made, name: str = "release.tar") -> Path:
        file = self.folder / name
        release.pack(made, file)
        return file


class Running:
    """A hub that runs: it can be killed, begins again on the same disk, and counts what sites fetch."""

    def __init__(self, folder: Path, spec: HubSpec) -> None:
        self.folder, self.spec = folder, spec
        self.programs, self.state = folder / "programs", folder / "state"
        for one in (self.programs, self.state):
            one.mkdir(parents=True)
        for name, text in files.hub(spec).items():
            (self.programs / name).write_text(text, encoding="utf-8")
        (self.programs / "launch.py").write_text(LAUNCH, encoding="utf-8")
        self.clock = Clock(self.programs / "clock")
        (self.port,) = processes.free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.programs),
            "DOMICILE_STATE": str(self.state),
            "DOMICILE_MASTER": MASTER,
            "DOMICILE_OPERATOR_KEY": OPERATOR,
        }
        command = [
            str(ENVIRONMENT / "uvicorn"),
            "--factory",
            "launch:made",
            "--port",
            str(self.port),
            "--no-access-log",
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        assert until(lambda: processes.listens(self.port)), (self.folder / "log").read_text(encoding="utf-8")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def operator(self) -> Hub:
        os.environ["DOMICILE_FLEET_KEY"] = OPERATOR
        return Hub(self.url)

    def line(self, site: str) -> httpx.Client:
        secret = token_of(MASTER.encode(), site)
        headers = {"Authorization": f"Bearer {secret}", "X-Site": site}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)


@contextmanager
def surroundings() -> Generator[int]:
    """The stores and services of all sites; the port at which they are."""
    Around.begin()
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Around)  # noqa: S104 all of 127.0.0.0/8
    server.daemon_threads = True
    thread = threading.Thread(target=functools.partial(server.serve_forever, poll_interval=0.05))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def spec_of(rings: Sequence[tuple[str, float, Sequence[str]]], public: str, ownership: Any) -> HubSpec:
    """A hub of rings: each a name, hours of soak, and its sites."""
    return HubSpec(
        ownership=ownership,
        image="gateway",
        keys=(public,),
        rings=tuple(RingSpec(name=name, soak_s=round(hours * HOUR)) for name, hours, _ in rings),
        sites=tuple((site, index) for index, (_, _, sites) in enumerate(rings) for site in sites),
        gates=GATES,
        keep_days=30,
        storage_gib=10,
        storage_class="encrypted",
        hostname="",
        ingress_class="nginx",
        gateway_api=False,
    )


def address_of(index: int) -> str:
    """A site's own address on this machine."""
    return f"127.1.{index // 250}.{index % 250 + 1}"


def settings_of(site: str, public: str, port: int, address: str, **other: Any) -> Settings:
    """What a site's agent is told."""
    gates = Gates(**{name: getattr(GATES, name) for name in GATES.__dataclass_fields__})
    told: dict[str, Any] = {
        "site": site, "fleet": "lines", "namespace": "line", "keys": (public,), "gates": gates, "ready_s": 1800.0,
        "trial_s": 4 * HOUR, "port": port, "documents": f"http://{address}:{port}",
    }  # fmt: skip
    return Settings(**{**told, **other})


def site_of(folder: Path, hub: Running, settings: Settings, cluster: Cluster) -> Site:
    """A site's agent, as it begins or begins again."""
    return Site(folder, settings, cluster, hub.line(settings.site), hub.clock)
