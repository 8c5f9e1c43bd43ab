"""What is built or read from Go modules: one process at a time, moved into place when it is whole."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

from engine.localcluster.errors import ClusterError

Progress = Callable[[str], None]


@contextlib.contextmanager
def building(target: Path) -> Generator[Path]:
    """Build aside and move into place, one process at a time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        aside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            if target.exists():
                aside.write_bytes(b"")
            yield aside
            if not target.exists():
                aside.chmod(0o755)
                aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)


def build(
    arguments: list[str],
    folder: Path,
    what: str,
    progress: Progress,
    environment: dict[str, str] | None = None,
    *,
    otherwise: str = "",
) -> None:
    """Run Go in a folder; ``progress`` is told how far it is. ``otherwise`` is what helps a person without Go.

    Raises:
        ClusterError: there is no Go, or it fails; says how to go on.
    """
    go = _go(f"{what} must be built once", otherwise)
    started = time.monotonic()
    tail: list[str] = []
    count = 0
    ended = threading.Event()

    def report() -> None:
        while not ended.wait(5):
            progress(f"building {what}: {count} packages, {time.monotonic() - started:.0f} s")

    reporter = threading.Thread(target=report, daemon=True)
    progress(f"building {what}, once: this takes several minutes on two cores")
    reporter.start()
    with subprocess.Popen(  # noqa: S603 the Go tool
        [go, *arguments],
        cwd=folder,
        env={**os.environ, "CGO_ENABLED": "0", **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stderr or ():
            count += 1
            tail = [*tail[-20:], line]
    ended.set()
    reporter.join()
    if process.returncode != 0:
        message = (
            f"{what} could not be built with Go:\n{''.join(tail)}Check the network and the disk, then run it again"
        )
        raise ClusterError(message)
    progress(f"built {what} in {time.monotonic() - started:.0f} s")


def download(module: str, version: str, checksum: str, progress: Progress) -> Path:
    """A module's folder, which nobody may write to; ``checksum`` is the module's as `go.sum` has it.

    Raises:
        ClusterError: there is no Go, the module cannot be had, or it is not what it was.
    """
    asked = f"{module}@{version}"
    go = _go(f"{asked} is a Go module,")
    progress(f"fetching {asked}, once")
    with tempfile.TemporaryDirectory() as outside:
        ran = subprocess.run(  # noqa: S603 the Go tool
            [go, "mod", "download", "-json", asked],
            cwd=outside,
            env={**os.environ, "GOFLAGS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    told = json.loads(ran.stdout) if ran.stdout.startswith("{") else {"Error": ran.stderr.strip()}
    if "Error" in told:
        message = f"{asked} cannot be had: {told['Error']}. Check the network, then run it again"
        raise ClusterError(message)
    if told["Sum"] != checksum:
        message = f"{asked} is not what it was: its checksum is {told['Sum']}, and {checksum} is expected"
        raise ClusterError(message)
    return Path(told["Dir"])


def _go(why: str, otherwise: str = "") -> str:
    found = shutil.which("go")
    if found is None:
        message = f"{why} and Go is not on PATH. Install Go 1.25 or newer (https://go.dev/dl){otherwise}"
        raise ClusterError(message)
    return found
