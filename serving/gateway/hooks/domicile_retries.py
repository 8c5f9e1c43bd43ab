"""How many requests may be tried again: a share of those that come, so that a model in trouble is not asked twice.

In each minute that share of an alias's requests, and `SPARE` more, may be. When they are used up, new requests go
straight to who answers instead.
"""

import time
from collections import defaultdict
from dataclasses import dataclass

SPARE, MINUTE_S = 10, 60


@dataclass(slots=True)
class Counted:
    """What one alias had in a minute."""

    minute: int = 0
    asked: int = 0
    tried: int = 0


class Retries:
    """The tries that aliases have left in this process."""

    def __init__(self, percent: int) -> None:
        """``percent`` of an alias's requests may be tried again."""
        self._percent = percent
        self._counted: defaultdict[str, Counted] = defaultdict(Counted)

    def asked(self, alias: str) -> bool:
        """Count a request; whether it may be tried again."""
        counted = self._now(alias)
        counted.asked += 1
        return counted.tried * 100 < counted.asked * self._percent + SPARE * 100

    def tried(self, alias: str) -> None:
        """Count a further try."""
        self._now(alias).tried += 1

    def _now(self, alias: str) -> Counted:
        counted, minute = self._counted[alias], int(time.monotonic() // MINUTE_S)
        if counted.minute != minute:
            counted.minute, counted.asked, counted.tried = minute, 0, 0
        return counted
