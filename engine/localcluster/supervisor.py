"""Keeps the processes of one local cluster running: starts them in order, notices when one dies, starts it again.

Run as ``python -m engine.localcluster.supervisor <folder>``. It holds an OS lock on ``supervisor.lock`` for as long as
it lives; its children die with it.
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import processes
from engine.clock import now
from engine.localcluster import credentials
from engine.localcluster.credentials import Credentials
from engine.state.files import write_atomic

LOCK = "supervisor.lock"
STATUS = "status.json"
PLAN = "plan.json"
READY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 4.0
MAX_RESTARTS = 20


@dataclass(slots=True)
class Member:
    """One process of the cluster."""

    name: str
    command: list[str]
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0


def main() -> int:
    """Run the cluster in the folder on the command line until told to stop."""
    folder = Path(sys.argv[1])
    if not processes.hold(folder / LOCK):
        return 1
    return Supervisor(folder).run()


class Supervisor:
    """The members of one cluster, in the order they start."""

    def __init__(self, folder: Path) -> None:
        """Read the plan the launcher has written."""
        self.folder = folder
        self.plan: dict[str, Any] = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        self.credentials = credentials.ensure(folder / "pki")
        self.events: list[dict[str, str]] = []
        self._stop = threading.Event()
        self.members = self._members()

    def run(self) -> int:
        """Start everything, watch it, and end it when told to."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        try:
            for member in self.members:
                self._start(member)
                if not self._await_ready(member):
                    self._status("failed", f"{member.name} did not become ready; see logs/{member.name}.log")
                    return 1
            self._status("running")
            self._watch()
            return 0
        finally:
            self._end()

    def _told_to_stop(self, _number: int, _frame: object) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            for member in self.members:
                process = member.process
                if process is None or process.poll() is None:
                    continue
                member.restarts += 1
                self._note(f"{member.name} ended with code {process.returncode}; started again")
                if member.restarts > MAX_RESTARTS:
                    self._status("failed", f"{member.name} ended {member.restarts} times; see logs/{member.name}.log")
                    return
                self._start(member)
                self._await_ready(member)
                self._status("running")

    def _start(self, member: Member) -> None:
        log = self.folder / "logs" / f"{member.name}.log"
        with log.open("ab") as stream:
            member.process = subprocess.Popen(  # noqa: S603 the commands of the plan
                member.command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                cwd=self.folder,
                preexec_fn=processes.die_with_parent,  # noqa: PLW1509 this process starts members from one thread
            )

    def _await_ready(self, member: Member) -> bool:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline and not self._stop.is_set():
            if member.process is not None and member.process.poll() is not None:
                return False
            if member.ready():
                return True
            self._stop.wait(0.1)
        return False

    def _end(self) -> None:
        for member in reversed(self.members):
            process = member.process
            if process is None or process.poll() is not None:
                continue
            process.terminate()
        for member in reversed(self.members):
            if member.process is None:
                continue
            try:
                member.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                member.process.kill()
                member.process.wait()

    def _note(self, text: str) -> None:
        self.events = [*self.events[-49:], {"time": now(), "event": text}]

    def _status(self, state: str, reason: str = "") -> None:
        body = {
            "state": state,
            "reason": reason,
            "pid": os.getpid(),
            "members": {
                member.name: {"pid": member.process.pid if member.process else 0, "restarts": member.restarts}
                for member in self.members
            },
            "events": self.events,
        }
        write_atomic(self.folder / STATUS, json.dumps(body, indent=2).encode())

    def _members(self) -> list[Member]:
        plan, made = self.plan, self.credentials
        commands: dict[str, list[str]] = plan["commands"]
        ports: dict[str, int] = plan["ports"]
        server = f"https://127.0.0.1:{ports['apiserver']}"
        for user in ("controller-manager", "scheduler", "kwok", "simulator"):
            config = credentials.kubeconfig(made, server, user, user)
            write_atomic(self.folder / f"{user}.kubeconfig", config.encode())
        members = [
            Member(
                "etcd", [*commands["etcd"], *_etcd(self.folder, ports, made)], lambda: processes.listens(ports["etcd"])
            ),
            Member(
                "kube-apiserver",
                [*commands["kube-apiserver"], *_apiserver(ports, made)],
                lambda: _healthy(f"{server}/readyz", made),
            ),
            Member(
                "kube-controller-manager",
                [*commands["kube-controller-manager"], *_controllers(self.folder, made)],
                _yes,
            ),
            Member(
                "kube-scheduler",
                [
                    *commands["kube-scheduler"],
                    f"--kubeconfig={self.folder / 'scheduler.kubeconfig'}",
                    "--leader-elect=false",
                    "--secure-port=0",
                ],
                _yes,
            ),
            Member("kwok", [plan["kwok"], *_kwok(self.folder, plan["stages"])], _yes),
        ]
        if plan["simulator"]:
            config = f"--kubeconfig={self.folder / 'simulator.kubeconfig'}"
            members.append(Member("cloud-simulator", [*plan["simulator"], config], _yes))
        return members


def _etcd(folder: Path, ports: dict[str, int], made: Credentials) -> list[str]:
    client, peer = f"https://127.0.0.1:{ports['etcd']}", f"http://127.0.0.1:{ports['peer']}"
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        f"--cert-file={made.cert}",
        f"--key-file={made.key}",
        f"--trusted-ca-file={made.ca}",
        "--client-cert-auth=true",
        "--unsafe-no-fsync=true",
        "--log-level=warn",
    ]


def _apiserver(ports: dict[str, int], made: Credentials) -> list[str]:
    return [
        f"--etcd-servers=https://127.0.0.1:{ports['etcd']}",
        f"--etcd-cafile={made.ca}",
        f"--etcd-certfile={made.cert}",
        f"--etcd-keyfile={made.key}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports['apiserver']}",
        f"--tls-cert-file={made.cert}",
        f"--tls-private-key-file={made.key}",
        f"--client-ca-file={made.ca}",
        f"--token-auth-file={made.tokens}",
        "--authorization-mode=RBAC",
        "--enable-admission-plugins=PodSecurity,ResourceQuota,LimitRanger,Priority",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={made.service_account}",
        f"--service-account-key-file={made.service_account}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--profiling=false",
    ]


def _controllers(folder: Path, made: Credentials) -> list[str]:
    return [
        f"--kubeconfig={folder / 'controller-manager.kubeconfig'}",
        f"--service-account-private-key-file={made.service_account}",
        f"--root-ca-file={made.ca}",
        "--leader-elect=false",
        "--secure-port=0",
        "--concurrent-deployment-syncs=10",
        # it looks at the types of policies' expressions, for a status that nobody reads, for most of a minute each
        "--controllers=*,-validatingadmissionpolicy-status-controller",
    ]


def _kwok(folder: Path, stages: list[str]) -> list[str]:
    return [
        f"--kubeconfig={folder / 'kwok.kubeconfig'}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
        *(f"--config={stage}" for stage in stages),
    ]


def _yes() -> bool:
    return True


def _healthy(url: str, made: Credentials) -> bool:
    context = ssl.create_default_context(cafile=str(made.ca))
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {credentials.token_of(made, 'admin')}"})  # noqa: S310 our own https URL
    try:
        with urllib.request.urlopen(request, timeout=2, context=context) as answer:  # noqa: S310 as above
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
