"""When there are replicas though nobody asks, and when there are none. Runs alone on a bare Python.

Hours are as ``{"days": [0, 1], "from": "08:00", "to": "18:00", "zone": "Europe/Berlin", "replicas": 2}``, Monday is 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


def floor(hours: Iterable[dict[str, Any]], at: datetime) -> int:
    """The replicas that there are at least at a time (which has a zone), whatever the load is."""
    found = [0]
    for one in hours:
        there = at.astimezone(ZoneInfo(one["zone"]))
        if there.weekday() in one["days"] and one["from"] <= there.strftime("%H:%M") < one["to"]:
            found.append(int(one["replicas"]))
    return max(found)


@dataclass(slots=True)
class Sleep:
    """Whether nobody has asked for ``after_s``; 0 for a server that never sleeps. Times in seconds of any clock."""

    after_s: float
    began_s: float
    _busy_s: float = field(init=False)
    _knocks: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Count from now: what was before is not known."""
        self._busy_s = self.began_s

    def look(self, now_s: float, in_flight: float, knocks: float | None, knocking: float) -> bool:
        """Whether it may sleep. ``knocks`` counts requests that found it asleep, None while nobody tells."""
        if not self.after_s:
            return False
        knocked = knocks is not None and self._knocks is not None and knocks != self._knocks
        if in_flight > 0 or knocking > 0 or knocked or knocks is None:
            self._busy_s = now_s
        self._knocks = knocks if knocks is not None else self._knocks
        return now_s - self._busy_s >= self.after_s


def wanted(least: int, most: int, target: int, floor_: int, *, asleep: bool) -> int:
    """What hours and sleep leave of what the load asks for: hours weigh more than sleep, bounds more than all."""
    awake = max(target, least)
    return min(max(0 if asleep else awake, floor_), most)
