"""Processes the engine starts: how they end, who holds a lock while it lives, and the ports they listen on."""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

GRACE_S = 5.0
_PR_SET_PDEATHSIG = 1


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and kill it when it does not; one that has ended already is left alone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def die_with_parent() -> None:
    """Between fork and exec: a group of its own, and an end when the parent's comes, however it comes."""
    os.setpgrp()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def hold(lock: Path) -> bool:
    """Take a lock for as long as this process lives, and write its number there; whether nobody else had it."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return True


def holder(lock: Path) -> int:
    """The number of the process that holds a lock, else 0."""
    if not lock.exists():
        return 0
    with lock.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read() or 0)
    return 0


def end_holder(lock: Path, within_s: float) -> bool:
    """Ask the process that holds a lock to end, and kill it when it does not in time; whether there was one."""
    pid = holder(lock)
    if not pid:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + within_s
    while holder(lock) and time.monotonic() < deadline:
        time.sleep(0.05)
    if holder(lock):
        os.kill(pid, signal.SIGKILL)
    return True


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def listens(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
