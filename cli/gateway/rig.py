"""A gateway on this machine: LiteLLM's proxy with the files its pods would get, its counters, and stand-in engines.

The proxy lives in an environment of its own (`make gateway`). The counters are a Redis server where one is installed,
else a server in Python that speaks the same protocol.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx

from engine import processes
from engine.errors import EngineError
from serving.gateway import traces
from serving.gateway.files import files
from serving.gateway.hooks.domicile_policy import digest
from serving.gateway.litellm import ENVIRONMENT as LITELLM
from serving.gateway.spec import GatewaySpec

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv" / "gateway" / "bin"
READY_S = 120.0
FAKE = """
import sys
from fakeredis import TcpFakeServer
TcpFakeServer(("127.0.0.1", int(sys.argv[1])), server_type="redis").serve_forever()
"""


class RigError(EngineError):
    """The gateway cannot be run here; says why and what to do."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """An engine to stand in for: ``name`` is the back end's, ``engine`` and ``release`` choose its metrics' names."""

    name: str
    engine: str = "vllm"
    release: str = "0.30.0"
    slots: int = 64


@dataclass(slots=True)
class Rig:
    """A running gateway. ``keys`` are the teams' keys by team; the folder holds its files and logs."""

    folder: Path
    spec: GatewaySpec
    engines: tuple[StandIn, ...]
    keys: Mapping[str, str]
    ports: dict[str, int] = field(default_factory=dict[str, int])
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, Any])
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(verify=False))  # noqa: S501 plain loopback
    _password: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def url(self) -> str:
        """The gateway's base URL."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def audit(self) -> Path:
        """The audit log's folder."""
        return self.folder / "audit"

    @property
    def review(self) -> Path:
        """The folder of answers that wait for people."""
        return self.folder / "review"

    @property
    def rollout(self) -> Path:
        """The file with the canaries' shares."""
        return self.folder / "rollout.json"

    @property
    def whole(self) -> bool:
        """Whether every process still runs."""
        return all(process.poll() is None for process in self._running.values())

    def start(self) -> None:
        """Start everything and wait until the gateway is ready.

        Raises:
            RigError: the proxy is not installed, or something does not come up.
        """
        self.ready_to_start()
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        for engine in self.engines:
            self._start_engine(engine)
        self.start_counters()
        self.write()
        self.start_gateway()

    def ready_to_start(self) -> None:
        """Refuse where a program is missing."""
        if not (ENVIRONMENT / "litellm").exists():
            message = "the gateway's proxy is not installed: run `make gateway` in the project's folder"
            raise RigError(message)

    def join(self, other: "Rig") -> None:
        """Start a second gateway that shares the engines and the counters of another."""
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        self.ports = {name: port for name, port in other.ports.items() if name != "gateway"}
        self._password = other._password  # noqa: SLF001 of the same kind
        self.write()
        self.start_gateway()

    def write(self) -> None:
        """Write the gateway's files."""
        endpoints = {one.name: f"http://127.0.0.1:{self.ports[one.name]}/v1" for one in self.engines}
        folder = self.folder / "files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in files(self.spec, endpoints).items():
            (folder / name).write_text(text, encoding="utf-8")

    def start_counters(self) -> None:
        """Start the store of limits and answers."""
        port = self.ports.setdefault("counters", *processes.free_ports(1))
        redis = shutil.which("redis-server")
        command = (
            [redis, "--port", str(port), "--save", "", "--requirepass", self._password, "--bind", "127.0.0.1"]
            if redis
            else [str(ENVIRONMENT / "python"), "-c", FAKE, str(port)]
        )
        self._run("counters", command, {})
        self._await("counters", lambda: processes.listens(port))

    def start_gateway(self) -> None:
        """Start the proxy, and wait until it is ready."""
        port = self.ports.setdefault("gateway", *processes.free_ports(1))
        password = self._password if shutil.which("redis-server") else ""
        environment = {
            "PYTHONPATH": str(self.folder / "files"),
            "HOME": str(self.folder),
            "HOSTNAME": "local",
            "LITELLM_MASTER_KEY": f"sk-{secrets.token_hex(24)}",
            **LITELLM,
            **(traces.environment(self.spec.traces, self.spec.ownership) if self.spec.traces else {}),
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": str(self.ports["counters"]),
            "REDIS_PASSWORD": password,
            "DOMICILE_KEYS": json.dumps({digest(key): team for team, key in self.keys.items()}),
            "DOMICILE_AUDIT": str(self.audit),
            "DOMICILE_REVIEW": str(self.review),
            "DOMICILE_ROLLOUT": str(self.rollout),
        }
        config = str(self.folder / "files" / "config.yaml")
        command = [str(ENVIRONMENT / "litellm"), "--config", config, "--host", "127.0.0.1", "--port", str(port)]
        self._run("gateway", command, environment)
        self._await("gateway", self._ready)

    def change(self, engine: str, **behaviour: Any) -> None:
        """Change what a stand-in does."""
        self._client.post(f"{self.engine_url(engine)}/standin", json=behaviour).raise_for_status()

    def seen(self, engine: str) -> dict[str, Any]:
        """What a stand-in does and has seen."""
        return cast("dict[str, Any]", self._client.get(f"{self.engine_url(engine)}/standin").json())

    def engine_url(self, engine: str) -> str:
        """A stand-in's address."""
        return f"http://127.0.0.1:{self.ports[engine]}"

    def wake(self, name: str) -> None:
        """Start a stand-in that was ended, where it was."""
        self._start_engine(next(one for one in self.engines if one.name == name))

    def kill(self, name: str) -> None:
        """End one process without a word to it."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """End everything."""
        self._client.close()
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            processes.end(process)
        self._running.clear()

    def _ready(self) -> bool:
        try:
            return self._client.get(f"{self.url}/health/readiness", timeout=5).is_success
        except httpx.TransportError:
            return False

    def _start_engine(self, engine: StandIn) -> None:
        command = [
            *(sys.executable, "-m", "serving.standin", "--model", engine.name, "--engine", engine.engine),
            *("--release", engine.release, "--slots", str(engine.slots)),
            *("--port", str(self.ports.get(engine.name, 0))),
        ]
        process = self._run(engine.name, command, {}, told=True)
        assert process.stdout is not None  # noqa: S101 it was asked for
        with process.stdout as told:
            line = told.readline()
        if not line:
            raise RigError(self._last_words(engine.name))
        self.ports[engine.name] = int(line)

    def _run(
        self, name: str, command: list[str], environment: dict[str, str], *, told: bool = False
    ) -> subprocess.Popen[bytes]:
        base = {key: text for key, text in os.environ.items() if key in {"PATH", "LANG", "TMPDIR", "SSL_CERT_FILE"}}
        with (self.folder / "logs" / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 the rig's own programs
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if told else log,
                stderr=log,
                cwd=ROOT if told else self.folder,
                env={**base, **environment},
                preexec_fn=processes.die_with_parent,  # noqa: PLW1509 started from one thread
            )
        self._running[name] = process
        return process

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if self._running[name].poll() is not None:
                raise RigError(self._last_words(name))
            if ready():
                return
            time.sleep(0.05)
        message = f"{name} did not become ready in {READY_S:.0f} s; see {self.folder / 'logs' / name}.log"
        raise RigError(message)

    def _last_words(self, name: str) -> str:
        file = self.folder / "logs" / f"{name}.log"
        lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"{name} ended: {lines[-1] if lines else 'it said nothing'} (all of it: {file})"
