"""One writer per stack: an OS lock that a dead process frees by itself, visible to the Pulumi CLI too."""

import contextlib
import fcntl
import getpass
import json
import os
import socket
import time
import uuid
from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.clock import now
from engine.errors import LockedError
from engine.state.files import write_atomic


@contextlib.contextmanager
def held(lock_file: Path, cli_locks: Path, stack: str) -> Generator[None]:
    """Hold the stack for one run.

    ``lock_file`` carries the OS lock and names its owner; a marker in ``cli_locks`` keeps the Pulumi CLI out
    meanwhile. Markers left by dead processes of this host are removed.

    Raises:
        LockedError: another run, of this engine or of the CLI, holds the stack; names owner, host and age.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(_refusal(stack, os.pread(descriptor, 4096, 0).decode(errors="replace"))) from None
        _clear_markers(cli_locks, stack)
        owner = json.dumps(
            {"pid": os.getpid(), "username": _user(), "hostname": socket.gethostname(), "timestamp": now()}
        )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, owner.encode(), 0)
        marker = cli_locks / f"{uuid.uuid4()}.json"
        write_atomic(marker, owner.encode())
        try:
            yield
        finally:
            marker.unlink(missing_ok=True)
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _refusal(stack: str, owner_json: str) -> str:
    try:
        owner = json.loads(owner_json)
        since = datetime.fromisoformat(owner["timestamp"]).timestamp()
        who = (
            f"{owner['username']}@{owner['hostname']} (pid {owner['pid']}), for {max(0, round(time.time() - since))} s"
        )
    except (ValueError, KeyError):
        who = "another process"
    return f"stack '{stack}' is in use by {who}. Wait for that run to end; if it died, its lock is freed by itself"


def _clear_markers(folder: Path, stack: str) -> None:
    for marker in sorted(folder.glob("*.json")):
        text = marker.read_text(encoding="utf-8")
        owner: dict[str, Any] = {}
        with contextlib.suppress(ValueError):
            owner = json.loads(text)
        if owner.get("hostname") != socket.gethostname() or _alive(owner.get("pid")):
            message = f"{_refusal(stack, text)} (`domicile state cancel` removes the lock of a CLI that will not end)"
            raise LockedError(message)
        marker.unlink(missing_ok=True)


def _alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
