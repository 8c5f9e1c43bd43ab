"""Writing for people and for programs."""

import json
import sys
from typing import Any

from rich.console import Console


def console() -> Console:
    """A console on standard output; rich obeys NO_COLOR and knows a terminal."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def as_json(value: Any) -> None:
    """Print JSON."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")
