"""What a check runs in: no credential in sight, nothing of the person's home, and limits on what it may use.

A pull request's program is a stranger's. It can still read what any process may read; keep secrets off the machine.
"""

import atexit
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import warnings
from types import FrameType

from engine.errors import EngineError

#: what programs need to find their tools and their language; everything else may be a secret
KEPT = re.compile(r"^(PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TERM|COLUMNS|NO_COLOR|VIRTUAL_ENV|PYTHON\w*|SYSTEMROOT|CI)$")
MEMORY = 16 << 30
FILE = 1 << 30
PROCESSES = 4096


class TimeoutReachedError(EngineError):
    """The check took longer than it may."""


def enter(seconds: int) -> dict[str, str]:
    """Forget the environment and set limits for this process and all it starts; gives the environment that was.

    A check that takes longer than ``seconds`` of time or of computing ends.
    """
    before = dict(os.environ)
    for name in before:
        if not KEPT.match(name):
            del os.environ[name]
    home = tempfile.mkdtemp(prefix="domicile-home-")
    os.environ["HOME"] = home
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    limits = (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, PROCESSES),
    )
    for kind, wanted in limits:
        hard = resource.getrlimit(kind)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (most, hard))
    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGXCPU, _too_long)
    signal.alarm(seconds)
    if not sys.warnoptions:
        warnings.simplefilter("ignore", RuntimeWarning)
    return before


def _too_long(number: int, frame: FrameType | None) -> None:
    del frame
    what = "time" if number == signal.SIGALRM else "computing time"
    message = f"the check used up its {what}: give it more with --timeout, or judge fewer stacks at once"
    raise TimeoutReachedError(message)
