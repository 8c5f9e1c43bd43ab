"""A router as it runs in a pod: the real proxy, the real picker, pods of a real API server behind which stand-ins answer."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from conftest import ROOT
from decided import until

from cli.gateway.envoy import ENVOY
from engine import processes
from engine.localcluster.programs import PICKER
from engine.providers.kubernetes.api import Connection
from serving.router import picker, proxy
from serving.router.spec import RouterSpec

SPACE = "/api/v1/namespaces/default/pods"


@dataclass(slots=True)
class Routed:
    """A running router and its replicas, by the last number of their addresses."""

    folder: Path
    spec: RouterSpec
    kubeconfig: Path
    ports: dict[str, int] = field(default_factory=dict[str, int])
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, "subprocess.Popen[bytes]"])
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20))

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.ports['proxy']}"

    def run(self, name: str, command: list[str], **environment: str) -> None:
        """Start a process; what it says is in a file."""
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **environment}, cwd=ROOT
            )

    def end(self, name: str) -> None:
        """Kill a process."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def replica(self, number: int) -> None:
        """A stand-in, and a pod that has its address."""
        address, name = f"127.0.1.{number}", f"{self.spec.server}-{number}"
        command = [sys.executable, "-m", "serving.standin", "--model", name, "--engine", self.spec.engine]
        self.run(name, [*command, "--host", address, "--port", str(self.spec.port)])
        self.until(lambda: _listens(address, self.spec.port))
        pod: dict[str, Any] = {
            "metadata": {"name": name, "labels": dict(self.spec.selector)},
            "spec": {"schedulerName": "nobody", "containers": [{"name": "engine", "image": "engine:1"}]},
        }
        self._ask("POST", SPACE, pod)
        self.tell(number, ready=True)

    def tell(self, number: int, *, ready: bool) -> None:
        """Say whether a replica is ready, as its kubelet would."""
        address = f"127.0.1.{number}"
        condition = {"type": "Ready", "status": "True" if ready else "False"}
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": [condition]}
        self._ask("PATCH", f"{SPACE}/{self.spec.server}-{number}/status", {"status": status})

    def behave(self, number: int, **changes: Any) -> dict[str, Any]:
        """Change how a replica behaves; what it has seen."""
        answer = self.client.post(f"{self.replica_url(number)}/standin", json=changes)
        return answer.raise_for_status().json()

    def body(self, prompt: str) -> dict[str, Any]:
        """A question."""
        return {"model": self.spec.server, "messages": [{"role": "user", "content": prompt}], "max_tokens": 1}

    def answers(self, prompt: str, headers: dict[str, str] | None = None, within_s: float = 20) -> str:
        """Ask; the name of the replica that answered, empty where none did in time."""
        url = f"{self.url}/v1/chat/completions"
        try:
            answer = self.client.post(url, json=self.body(prompt), headers=headers, timeout=within_s)
        except httpx.TimeoutException:
            return ""
        return str(answer.json()["choices"][0]["message"]["content"]).split()[0] if answer.is_success else ""

    def ask(self, prompt: str, headers: dict[str, str] | None = None) -> str:
        """The same; it must be answered."""
        found = self.answers(prompt, headers)
        assert found
        return found

    def replica_url(self, number: int) -> str:
        """Where a replica itself is asked."""
        return f"http://127.0.1.{number}:{self.spec.port}"

    def picks(self) -> None:
        """Start the picker and wait until it knows the pods."""
        picking, health, metrics = (self.ports[name] for name in ("picker", "picker-health", "metrics"))
        own = [f"--grpc-port={picking}", f"--grpc-health-port={health}", f"--metrics-port={metrics}"]
        environment = {"NAMESPACE": "default", "POD_NAME": "chat-router-5b7c9d-x2x4z"}
        command = [str(PICKER.file), *picker.arguments(self.spec), *own, f"--kubeconfig={self.kubeconfig}"]
        self.run("picker", command, **environment)
        self.until(lambda: processes.listens(picking))

    def start(self) -> None:
        """Start the proxy and the picker."""
        names = ("proxy", "health", "picker", "picker-health", "metrics")
        self.ports = dict(zip(names, processes.free_ports(len(names)), strict=True))
        self.picks()
        told = proxy.configuration(
            ports=(self.ports["proxy"], self.ports["health"], self.ports["picker"]),
            host="127.0.0.1",
        )
        file = self.folder / "proxy.json"
        file.write_text(json.dumps(told), encoding="utf-8")
        self.run("proxy", [str(ENVOY), "-c", str(file), "--use-dynamic-base-id", "--log-level", "warning"])
        self.until(lambda: processes.listens(self.ports["health"]))

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for what a process does."""
        assert until(true), f"it never was; see the logs in {self.folder}"

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> None:
        connection = Connection(str(self.kubeconfig), None)
        try:
            kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
            answer = connection.request(method, path, body=body, content_type=kind)
        finally:
            connection.close()
        assert answer.status in {200, 201}, answer.body


def _listens(address: str, port: int) -> bool:
    try:
        return httpx.get(f"http://{address}:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def routed(folder: Path, spec: RouterSpec, kubeconfig: Path, replicas: int) -> Generator[Routed]:
    """A router before so many replicas."""
    rig = Routed(folder, spec, kubeconfig)
    try:
        for number in range(1, replicas + 1):
            rig.replica(number)
        rig.start()
        yield rig
    finally:
        for name in list(rig.running):
            rig.end(name)
        rig.client.close()
