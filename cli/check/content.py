"""Files from outside, read with a bound."""

import json
from pathlib import Path
from typing import Any

from engine.errors import ProjectError
from engine.values import Props, is_map

MAX_BYTES = 64_000_000


def measure(file: Path) -> None:
    """Refuse a file that is too large.

    Raises:
        ProjectError: it is.
        OSError: it cannot be looked at.
    """
    if file.stat().st_size > MAX_BYTES:
        message = f"{file}: larger than {MAX_BYTES // 1_000_000} MB"
        raise ProjectError(message)


def json_object(file: Path, no_json: str, no_object: str) -> Props:
    """Read a JSON object; the texts say what was expected where there is none.

    Raises:
        ProjectError: the file cannot be read, or is something else.
    """
    try:
        measure(file)
        content: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{file}: {' '.join(str(error).split())[:300]}: {no_json}"
        raise ProjectError(message) from error
    if not is_map(content):
        message = f"{file}: {no_object}"
        raise ProjectError(message)
    return content
