"""Starting programs: where they are, with which Python, and how they end."""

import contextlib
import contextvars
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.monitor import Engine, Monitor
from engine.program import host, nodejs
from engine.project import Runtime
from engine.server import serve

Line = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run. ``python`` is the interpreter whose environment has the packages of a program in Python."""

    path: Path
    root: Path
    project: str
    stack: str
    python: Path = Path(sys.executable)
    config: dict[str, str] | None = None
    secret_keys: tuple[str, ...] = ()
    parallel: int = 16
    runtime: Runtime = "python"


class Running:
    """A program in its own process and process group."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, program: Program, monitor: Monitor, engine: Engine, line: Line, *, preview: bool) -> int:
        """Run the program to its end; ``line`` takes what it prints, as (severity, text). Returns its exit code."""
        with serve(monitor, engine, parallel=max(program.parallel, 16) + 8) as address:
            monitor.listens(address)
            command, told = _command(program, address, preview=preview)
            environment = {**os.environ, **told}
            environment.pop("PULUMI_CONFIG_PASSPHRASE", None)
            process = subprocess.Popen(  # noqa: S603 the interpreter the project names
                command,
                cwd=program.root,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._process = process
            readers = [
                threading.Thread(target=_relay, args=(process.stdout, "info", line), daemon=True),
                threading.Thread(target=_relay, args=(process.stderr, "error", line), daemon=True),
            ]
            for reader in readers:
                reader.start()
            try:
                return process.wait()
            finally:
                self.kill()
                if process.stdin:
                    process.stdin.close()
                for reader in readers:
                    reader.join()

    def kill(self) -> None:
        """End the program and everything it has started."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run_in_process(program: Program, monitor: Monitor, engine: Engine, *, preview: bool) -> int:
    """Run a trusted program in a thread of this process, without sockets: for tests and benchmarks."""
    specification = _specification(program, monitor, engine, preview=preview)
    result: list[int] = []

    def body() -> None:
        path = list(sys.path)
        sys.path.insert(0, str(program.path.parent))
        try:
            result.append(host.run(specification))
        finally:
            sys.path[:] = path

    thread = threading.Thread(target=contextvars.Context().run, args=(body,))
    thread.start()
    thread.join()
    code = result[0] if result else 1
    if code:
        _forget()
    return code


def _forget() -> None:
    """Let go of what a failed program has left waiting, without a word about each of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        gc.collect()


def _command(program: Program, address: str, *, preview: bool) -> tuple[list[str], dict[str, str]]:
    """What is run, and what it is told by variables."""
    if program.runtime == "nodejs":
        return nodejs.command(program, address, preview=preview)
    specification = _specification(program, address, address, preview=preview)
    return [str(program.python), str(Path(host.__file__)), json.dumps(specification)], {"PYTHONUNBUFFERED": "1"}


def _specification(program: Program, monitor: object, engine: object, *, preview: bool) -> dict[str, Any]:
    return {
        "program": str(program.path),
        "args": [],
        "root": str(program.root),
        "project": program.project,
        "stack": program.stack,
        "config": program.config or {},
        "secret_keys": list(program.secret_keys),
        "monitor": monitor,
        "engine": engine,
        "parallel": program.parallel,
        "dry_run": preview,
    }


def _relay(stream: IO[bytes] | None, severity: str, line: Line) -> None:
    if stream is None:
        return
    with stream:
        for raw in stream:
            text = raw.decode(errors="replace").rstrip()
            if text:
                line(severity, text)
