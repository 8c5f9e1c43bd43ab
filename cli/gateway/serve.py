"""Keeps a stack's gateway running on this machine in the background: `python -m cli.gateway.serve FOLDER BLUEPRINT`.

It holds an OS lock on ``lock`` for as long as it lives, tells in ``status.json`` where it listens, and ends when it is
told to or nobody has used it for a while. Its processes die with it.
"""

import fcntl
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
from cli.gateway.rig import ROOT, Rig, RigError, StandIn
from engine.localcluster.binaries import cache_folder
from engine.state.files import write_atomic

LOCK, STATUS = "lock", "status.json"
IDLE_S = 1800
READY_S = 150


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway that runs: its address, its teams' keys by team, its processes."""

    url: str
    keys: dict[str, str]
    folder: Path
    pids: dict[str, int]


def folder_of(stack: str) -> Path:
    """Where a stack's gateway keeps its files."""
    return cache_folder() / "gateways" / stack


def main() -> int:
    """Run the gateway of a blueprint until it is told to end."""
    folder, blueprint = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 1
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    plan = load.assistant(blueprint)[1]
    engines = tuple(StandIn(one.name, slots=one.max_num_seqs) for one in plan.servers)
    keys = {team.name: f"sk-{secrets.token_hex(20)}" for team in plan.gateway.teams}
    rig = Rig(folder, plan.gateway, engines, keys)
    try:
        rig.start()
        _tell(folder, {"url": rig.url, "keys": keys, "pids": rig.pids(), "error": ""})
        while not ended.wait(5) and time.time() - (folder / STATUS).stat().st_mtime < IDLE_S:
            if any(not Path(f"/proc/{pid}").exists() for pid in rig.pids().values()):
                break
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
    if not _holder(folder) or not (folder / STATUS).exists():
        return None
    status = json.loads((folder / STATUS).read_text(encoding="utf-8"))
    if status["error"]:
        raise RigError(status["error"])
    return Running(status["url"], status["keys"], folder, status["pids"])


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
        if process.poll() is not None and not _holder(folder):
            break
        time.sleep(0.1)
    message = f"the gateway of '{stack}' does not start; see {folder / 'serve.log'}"
    raise RigError(message)


def stop(stack: str) -> bool:
    """End a stack's gateway; whether there was one."""
    pid = _holder(folder_of(stack))
    if not pid:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while _holder(folder_of(stack)) and time.monotonic() < deadline:
        time.sleep(0.05)
    if _holder(folder_of(stack)):
        os.kill(pid, signal.SIGKILL)
    return True


def _holder(folder: Path) -> int:
    lock = folder / LOCK
    if not lock.exists():
        return 0
    with lock.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read() or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
