"""Local clusters by name: start, look, stop. Several live side by side, each in its folder of the user's cache."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import inventory as inventories
from catalog.inventory import Inventory
from engine import processes
from engine.localcluster import binaries, credentials, definitions, pools
from engine.localcluster.errors import ClusterError
from engine.localcluster.supervisor import LOCK, PLAN, STATUS
from engine.state.files import write_atomic
from engine.values import Props

START_TIMEOUT_S = 180.0
DEFAULT_POOLS = Path(__file__).parents[2] / "catalog" / "data" / "local-inventory.yaml"
NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,29}$")
STORAGE_CLASS: Props = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "encrypted", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "simulated.domicile.dev",
    "parameters": {"encrypted": "true"},
    "reclaimPolicy": "Delete",
    "volumeBindingMode": "WaitForFirstConsumer",
    "allowVolumeExpansion": True,
}
SHARED_CLASS: Props = {
    **STORAGE_CLASS,
    "metadata": {"name": "encrypted-shared"},
    "volumeBindingMode": "Immediate",
}


@dataclass(frozen=True, slots=True)
class Status:
    """How a cluster is. ``state`` is running, starting, failed, stopped or absent."""

    name: str
    state: str
    reason: str
    server: str
    members: dict[str, dict[str, int]]
    events: list[dict[str, str]]


class Cluster:
    """One local cluster."""

    def __init__(self, name: str) -> None:
        """Name it; nothing is started.

        Raises:
            ClusterError: the name is not usable.
        """
        if not NAME.match(name):
            message = f"'{name}' is not a cluster name: use up to 30 lower-case letters, digits and '-'"
            raise ClusterError(message)
        self.name = name
        self.folder = binaries.cache_folder() / "clusters" / name
        self._supervisor: subprocess.Popen[bytes] | None = None

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; its context is ``domicile-<name>``."""
        return self.folder / "kubeconfig"

    @property
    def context(self) -> str:
        """The name of the kubeconfig's context."""
        return f"domicile-{self.name}"

    def up(self, progress: Callable[[str], None], inventory: Path | None = None, operators: Iterable[str] = ()) -> None:
        """Start the cluster, unless it runs, bring its nodes to the inventory and add these operators' definitions.

        Raises:
            ClusterError: it cannot be built or started, the inventory cannot be used, or an operator is not known.
        """
        wanted = inventories.load(inventory or DEFAULT_POOLS)
        definitions.known(operators)
        if self.status().state != "running":
            found = binaries.ensure(progress)
            progress(f"starting cluster '{self.name}'")
            self._launch(found)
            self._await()
        self._seed(wanted)
        definitions.install(operators, self._request, progress)

    def down(self) -> bool:
        """Stop every process and remove the cluster; whether there was one."""
        processes.end_holder(self.folder / LOCK, within_s=60)
        if self._supervisor is not None:
            self._supervisor.wait()
        existed = self.folder.exists()
        shutil.rmtree(self.folder, ignore_errors=True)
        return existed

    def status(self) -> Status:
        """Look at the cluster without changing it."""
        recorded: dict[str, Any] = {}
        if (self.folder / STATUS).exists():
            recorded = json.loads((self.folder / STATUS).read_text(encoding="utf-8"))
        alive = processes.holder(self.folder / LOCK) != 0
        state = str(recorded.get("state", "starting")) if alive else "stopped"
        if not alive and recorded.get("state") == "failed":
            state = "failed"
        if not self.folder.exists():
            state = "absent"
        return Status(
            self.name,
            state,
            str(recorded.get("reason", "")),
            self._server(),
            recorded.get("members", {}),
            recorded.get("events", []),
        )

    def _server(self) -> str:
        plan = self.folder / PLAN
        if not plan.exists():
            return ""
        return f"https://127.0.0.1:{json.loads(plan.read_text(encoding='utf-8'))['ports']['apiserver']}"

    def _launch(self, found: binaries.Binaries) -> None:
        (self.folder / "logs").mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / STATUS).unlink(missing_ok=True)
        earlier = self.folder / PLAN
        ports: dict[str, int] = {}
        if earlier.exists():
            ports = json.loads(earlier.read_text(encoding="utf-8"))["ports"]
        if not ports or any(_taken(port) for port in ports.values()):
            ports = dict(zip(("etcd", "peer", "apiserver"), processes.free_ports(3), strict=True))
        plan = {
            "ports": ports,
            "commands": {name: list(command) for name, command in found.commands.items()},
            "kwok": found.kwok,
            "stages": [str(path) for path in found.stages],
            "simulator": list(found.simulator),
        }
        write_atomic(self.folder / PLAN, json.dumps(plan, indent=2).encode())
        made = credentials.ensure(self.folder / "pki")
        config = credentials.kubeconfig(made, self._server(), "admin", self.context)
        write_atomic(self.kubeconfig, config.encode())
        if self._supervisor is not None:
            self._supervisor.wait()
        root = Path(__file__).parents[2]
        with (self.folder / "logs" / "supervisor.log").open("ab") as log:
            self._supervisor = subprocess.Popen(  # noqa: S603 this interpreter
                [sys.executable, "-m", "engine.localcluster.supervisor", str(self.folder)],
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _await(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        seen = False
        while time.monotonic() < deadline:
            status = self.status()
            if status.state == "running":
                return
            seen = seen or status.state == "starting"
            if status.state == "failed":
                break
            time.sleep(0.05)
        status = self.status()
        message = (
            f"cluster '{self.name}' did not start: {status.reason or status.state}; logs lie in {self.folder / 'logs'}"
        )
        raise ClusterError(message)

    def _seed(self, inventory: Inventory) -> None:
        """Create what a cluster has before any stack: its nodes and an encrypted storage class."""
        present = {item["metadata"]["name"] for item in self._request("GET", "/api/v1/nodes")["items"]}
        wanted = {node["metadata"]["name"]: node for node in pools.nodes(inventory)}
        for name, node in wanted.items():
            if name not in present:
                self._request("POST", "/api/v1/nodes", node)
        for name in present - wanted.keys():
            self._request("DELETE", f"/api/v1/nodes/{name}")
        classes = {
            item["metadata"]["name"] for item in self._request("GET", "/apis/storage.k8s.io/v1/storageclasses")["items"]
        }
        for one in (STORAGE_CLASS, SHARED_CLASS):
            if one["metadata"]["name"] not in classes:
                self._request("POST", "/apis/storage.k8s.io/v1/storageclasses", one)

    def _request(self, method: str, path: str, body: Props | None = None) -> Props:
        made = credentials.ensure(self.folder / "pki")
        request = urllib.request.Request(  # noqa: S310 our own https URL
            self._server() + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={
                "Authorization": f"Bearer {credentials.token_of(made, 'admin')}",
                "Content-Type": "application/json",
            },
        )
        context = ssl.create_default_context(cafile=str(made.ca))
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:  # noqa: S310 as above
            return json.loads(answer.read())


def clusters() -> list[str]:
    """The names of the clusters that have a folder."""
    folder = binaries.cache_folder() / "clusters"
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else []


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
