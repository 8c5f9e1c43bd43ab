"""Which share of an alias's requests its canary gets now: `rollout.json`, read again whenever it has changed.

No restart is needed for another share, so none is lost to one. A file that is not there or cannot be read means none.
"""

import json
import os
from pathlib import Path

_known: tuple[float, dict[str, int]] = (0.0, {})


def shares() -> dict[str, int]:
    """The percents by alias."""
    global _known  # noqa: PLW0603 what was read last, with its time
    file = Path(os.environ.get("DOMICILE_ROLLOUT", "/rollout/rollout.json"))
    try:
        changed = file.stat().st_mtime_ns
        if changed != _known[0]:
            _known = (changed, {alias: int(percent) for alias, percent in json.loads(file.read_bytes()).items()})
    except (OSError, ValueError):
        return _known[1] if file.exists() else {}
    return _known[1]
