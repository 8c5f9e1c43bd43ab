"""The command line as a process."""

import os
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

COMMAND = [sys.executable, "-m", "cli.main"]


def domicile(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "120", **environment},
    )
