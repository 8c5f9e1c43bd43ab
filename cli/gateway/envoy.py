"""Envoy AI Gateway on this machine: its own program and a real Envoy, with the objects that a cluster would get.

Two differences: the file of the log, and no limits of teams, which need Envoy Gateway's rate limit service. Its ports
are its own, so that one runs at a time.
"""

import base64
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from cli.gateway.rig import ROOT, Rig, RigError
from engine import processes
from engine.localcluster.programs import AIGW
from serving.gateway.envoy import names, objects

ENVOY = ROOT / ".venv" / "envoy" / "bin" / "envoy"
#: what this version of Envoy AI Gateway looks for; ours is of the same minor release
EXPECTED = "1.38.1"
LOG = "requests.log"
#: what its own program does not take: it is told what `reader` says by variables
LEFT_OUT = ("limits", "reader")


def installed() -> bool:
    """Whether both programs are here."""
    return ENVOY.exists() and AIGW.file.exists()


@dataclass(slots=True)
class EnvoyRig(Rig):
    """A running gateway of Envoy."""

    @property
    def log(self) -> Path:
        """The file with a line of each request."""
        return self.folder / LOG

    @property
    def metrics(self) -> str:
        """What the part that reads requests counts."""
        return httpx.get(f"http://127.0.0.1:{self.ports['metrics']}/metrics").text

    def ready_to_start(self) -> None:
        """Refuse where a program is missing."""
        if not installed():
            message = "Envoy AI Gateway is not installed: run `make envoy` in the project's folder"
            raise RigError(message)

    def start_counters(self) -> None:
        """It has none here."""

    def write(self) -> None:
        """Write the gateway's objects."""
        self.ports.update(zip(("gateway", "metrics"), processes.free_ports(2), strict=True))
        places = {one.name: _loopback(self.ports[one.name]) for one in self.engines}
        made = objects.objects(self.spec, places, port=self.ports["gateway"], log=str(self.log))
        place = self.spec.ownership.workload
        found = [_manifest(one, place) for one in made if one.key not in LEFT_OUT]
        gateway_class = {
            "apiVersion": f"{names.GATEWAY}/v1",
            "kind": "GatewayClass",
            "metadata": {"name": self.spec.gateway_class},
            "spec": {"controllerName": f"{names.ENVOY}/gatewayclass-controller"},
        }
        (self.folder / "objects.yaml").write_text(yaml.safe_dump_all([gateway_class, *found]), encoding="utf-8")

    def start_gateway(self) -> None:
        """Start it, give it the teams' keys, and wait until it lets one in."""
        home = self.folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        binary = home / "data" / "envoy-versions" / EXPECTED / "bin" / "envoy"
        binary.parent.mkdir(parents=True)
        binary.symlink_to(ENVOY)
        environment = {
            **objects.environment(self.spec),
            "HOME": str(home),
            "AIGW_CONFIG_HOME": str(home / "config"),
            "AIGW_DATA_HOME": str(home / "data"),
            "AIGW_STATE_HOME": str(home / "state"),
            "AIGW_RUNTIME_DIR": str(home / "run"),
        }
        number = str(self.ports["metrics"])
        command = [str(AIGW.file), "run", "--run-id", "0", "--admin-port", number]
        self._run("gateway", [*command, str(self.folder / "objects.yaml")], environment)
        taken = home / "state" / "runs" / "0" / "envoy-ai-gateway-resources"
        self._await("gateway", (taken / "config.yaml").exists)
        # `aigw` keeps Secrets to itself; Envoy Gateway reads what lies beside its own file
        (taken / "keys.yaml").write_text(yaml.safe_dump(self._keys()), encoding="utf-8")
        self._await("gateway", self._ready)

    def requests(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def _keys(self) -> dict[str, Any]:
        encoded = {team: base64.b64encode(key.encode()).decode() for team, key in self.keys.items()}
        metadata = {"name": names.KEYS, "namespace": self.spec.ownership.workload}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": encoded}

    def _ready(self) -> bool:
        key = next(iter(self.keys.values()))
        try:
            answer = self._client.get(f"{self.url}/v1/models", headers={"Authorization": f"Bearer {key}"}, timeout=5)
        except httpx.TransportError:
            return False
        return answer.is_success


def _loopback(port: int) -> dict[str, Any]:
    """By name, as in a cluster: of a back end with a bare address Envoy AI Gateway does not change the model's name."""
    return {"fqdn": {"hostname": "localhost", "port": port}}


def _manifest(one: names.Made, place: str) -> dict[str, Any]:
    annotations = {"annotations": one.annotations} if one.annotations else {}
    metadata = {"name": one.name, "namespace": place, **annotations}
    return {"apiVersion": one.api_version, "kind": one.kind, "metadata": metadata, "spec": one.spec}
