"""Ending the processes the engine has started."""

import subprocess

GRACE_S = 5.0


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and kill it when it does not; one that has ended already is left alone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
