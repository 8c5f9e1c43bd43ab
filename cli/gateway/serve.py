"""Keeps a stack's gateway running on this machine in the background: `python -m cli.gateway.serve FOLDER BLUEPRINT`.

It holds an OS lock on ``lock`` for as long as it lives, tells in ``status.json`` where it listens, and ends when it is
told to or nobody has used it for a while. Its processes die with it.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blueprints import load
from blueprints.served.roles import JOBS
from cli.gateway.envoy import EnvoyRig
from cli.gateway.rig import ROOT, Rig, RigError, StandIn
from engine import processes
from engine.errors import ProjectError
from engine.localcluster.binaries import cache_folder
from engine.state.files import write_atomic

LOCK, STATUS = "lock", "status.json"
RIGS: dict[str, type[Rig]] = {"litellm": Rig, "envoy": EnvoyRig}
IDLE_S = 1800
READY_S = 150


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway that runs: its address, its teams' keys by team, its engines' addresses by name, its folder."""

    url: str
    keys: dict[str, str]
    engines: dict[str, str]
    folder: Path

    def asker(self, stack: str, team: str | None) -> str:
        """The team that asks: the one that is named, else the first that is no job of the workload's own.

        Raises:
            ProjectError: there is no such team.
        """
        teams = [name for name in self.keys if name not in JOBS]
        who = team or teams[0]
        if who not in self.keys:
            message = f"the stack '{stack}' has no team '{who}'; it has {', '.join(teams)}"
            raise ProjectError(message)
        return who


def folder_of(stack: str) -> Path:
    """Where a stack's gateway keeps its files."""
    return cache_folder() / "gateways" / stack


def main() -> int:
    """Run the gateway of a blueprint until it is told to end."""
    folder, blueprint = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not processes.hold(folder / LOCK):
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    plan = load.serving(blueprint)[1]
    engines = tuple(StandIn(one.name, slots=one.max_num_seqs) for one in plan.servers)
    keys = {team.name: f"sk-{secrets.token_hex(20)}" for team in plan.gateway.teams}
    rig = RIGS[plan.gateway.engine](folder, plan.gateway, engines, keys)
    try:
        rig.start()
        addresses = {one.name: rig.engine_url(one.name) for one in engines}
        _tell(folder, {"url": rig.url, "keys": keys, "engines": addresses, "error": ""})
        while rig.whole and time.time() - (folder / STATUS).stat().st_mtime < IDLE_S and not ended.wait(1):
            pass
    except RigError as error:
        _tell(folder, {"error": str(error)})
        return 1
    finally:
        rig.stop()
    return 0


def _tell(folder: Path, status: dict[str, Any]) -> None:
    write_atomic(folder / STATUS, json.dumps(status).encode())


def running(stack: str) -> Running | None:
    """A stack's gateway, if it runs."""
    folder = folder_of(stack)
    if not processes.holder(folder / LOCK) or not (folder / STATUS).exists():
        return None
    status = json.loads((folder / STATUS).read_text(encoding="utf-8"))
    if status["error"]:
        raise RigError(status["error"])
    return Running(status["url"], status["keys"], status["engines"], folder)


def ensure(stack: str, blueprint: Path, progress: Callable[[str], None]) -> Running:
    """A stack's gateway; it is started unless it runs.

    Raises:
        RigError: it does not start.
    """
    found = running(stack)
    folder = folder_of(stack)
    if found:
        os.utime(folder / STATUS)
        return found
    progress(f"starting the gateway of '{stack}' on this machine, with stand-ins for its engines")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / STATUS).unlink(missing_ok=True)
    command = [sys.executable, "-m", "cli.gateway.serve", str(folder), str(blueprint)]
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 this module
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if (found := running(stack)) is not None:
            return found
        if process.poll() is not None and not processes.holder(folder / LOCK):
            break
        time.sleep(0.1)
    message = f"the gateway of '{stack}' does not start; see {folder / 'serve.log'}"
    raise RigError(message)


def stop(stack: str) -> bool:
    """End a stack's gateway; whether there was one."""
    return processes.end_holder(folder_of(stack) / LOCK, within_s=30)


if __name__ == "__main__":
    sys.exit(main())
