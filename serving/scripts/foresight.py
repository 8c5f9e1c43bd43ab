"""How much load there will be when a replica that is started now is ready.

The load is requests in flight, minute by minute. Simple forecasts (it stays, it goes on rising, as a day ago, as a week
ago) are judged by what they would have said before: the one that has erred least in a day is believed, and so much is
added that nearly all its errors of the day would have been covered. Errors while the load climbs are kept apart, so
that a climb is paid for only while there is one. Runs alone on a bare Python; `serving.monitoring.foresight` says the
same as rules for Prometheus.
"""

import bisect
import math
from collections import deque
from dataclasses import dataclass

DAY, WEEK = 1_440, 10_080
#: what is remembered: a week, and a day's leave to compare it with
KEPT = WEEK + DAY
#: what is tried; how much worse too little is than too much
FORECASTS = ("stays", "rises", "leaps", "day", "week")
LATE_IS_WORSE = 3.0
#: how many standard deviations of arrivals by chance are no climb
CHANCE = 2.0
#: within how many seconds requests that wait are to be worked off
DRAIN_S = 60.0
#: the share of a day's errors that is covered, and of those while the load climbs
COVERED, COVERED_CLIMBING = 0.978, 0.99
#: with no errors known yet
AT_FIRST = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Between which bounds, and when. ``target`` is how many requests in flight a replica is for.

    ``answer_s`` is about how long one is in flight that does not wait, ``lead_minutes`` until a started replica serves.
    """

    target: float
    answer_s: float
    least: int
    most: int
    lead_minutes: int
    hold_minutes: int = 5
    covered: float = COVERED
    covered_climbing: float = COVERED_CLIMBING


class Errors:
    """What a forecast missed by in the last day, in order of size."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._cost = 0.0
        self._queue: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, missed: float) -> None:
        """Take in one: positive where there was more load than was said."""
        self._cost += _cost(missed)
        self._queue.append(missed)
        bisect.insort(self._sorted, missed)
        if len(self._queue) > DAY:
            gone = self._queue.popleft()
            self._cost -= _cost(gone)
            del self._sorted[bisect.bisect_left(self._sorted, gone)]

    @property
    def cost(self) -> float:
        """What they have cost on average; endless where there is none yet."""
        return self._cost / len(self._queue) if self._queue else math.inf

    def covering(self, share: float) -> float | None:
        """What has to be added so that this share of them would have been covered; None while there are none."""
        if not self._sorted:
            return None
        return max(0.0, self._sorted[int(share * (len(self._sorted) - 1))])


def _cost(missed: float) -> float:
    return LATE_IS_WORSE * missed if missed > 0 else -missed


class Foresight:
    """The load of the past, and what is expected of it."""

    def __init__(self, policy: Policy, past: list[float] | None = None) -> None:
        """Begin with what is remembered, oldest first."""
        self.policy = policy
        self.past: list[float] = []
        self._said: deque[tuple[bool, dict[str, float]]] = deque()
        self._errors = {rising: {name: Errors() for name in FORECASTS} for rising in (False, True)}
        for level in past or ():
            self.minute(level)

    def minute(self, level: float) -> None:
        """Take in a minute's load, and compare it with what was said of it."""
        self.past.append(level)
        if len(self.past) > KEPT:
            del self.past[0]
        if len(self._said) >= self.policy.lead_minutes:
            rising, said = self._said.popleft()
            for name, expected in said.items():
                self._errors[rising][name].add(level - expected)
        self._said.append((self._climbs(), self._forecasts()))

    def expected(self) -> float:
        """The load to be ready for when a replica that is started now is; 0 while nothing was seen."""
        if not self._said:
            return 0.0
        rising, forecasts = self._said[-1]
        errors = self._errors[rising]
        best = min(forecasts, key=lambda name: errors[name].cost)
        margin = errors[best].covering(self.policy.covered_climbing if rising else self.policy.covered)
        said = forecasts[best]
        return said + (AT_FIRST * said if margin is None else margin)

    def _climbs(self) -> bool:
        """Whether the last two minutes stand out above the ten before by more than chance: errors are others then."""
        before, now = self.past[-12:-2], self.past[-2:]
        if len(before) < 4:
            return False
        mean = sum(before) / len(before)
        return sum(now) / len(now) - mean > CHANCE * math.sqrt(mean + 1)

    def _forecasts(self) -> dict[str, float]:
        now = sum(self.past[-2:]) / len(self.past[-2:])
        found = {"stays": now, "rises": self._rising(now, 10), "leaps": self._rising(now, 4)}
        for name, ago in (("day", DAY), ("week", WEEK)):
            if len(self.past) > ago + 15:
                found[name] = self._as_before(ago)
        return found

    def _rising(self, now: float, minutes: int) -> float:
        """The straight line through the last minutes, gone on."""
        values = self.past[-minutes:]
        count = len(values)
        if count < 4:
            return now
        middle = (count - 1) / 2
        mean = sum(values) / count
        slope = sum((index - middle) * value for index, value in enumerate(values)) / sum(
            (index - middle) ** 2 for index in range(count)
        )
        return max(0.0, mean + slope * (middle + self.policy.lead_minutes))

    def _as_before(self, ago: int) -> float:
        """The most there was then until as long after, as much more or less as the last quarter of an hour was."""
        at = len(self.past) - 1 - ago
        before, lately = sum(self.past[at - 14 : at + 1]), sum(self.past[-15:])
        ratio = min(max(lately / before if before > 0 else 1.0, 0.6), 1.6)
        return max(self.past[at + 1 : at + 1 + self.policy.lead_minutes]) * ratio


class Decider:
    """How many replicas there should be, looked at again and again."""

    def __init__(self, foresight: Foresight, *, step_s: float) -> None:
        """``step_s`` is the time between two looks."""
        self.foresight = foresight
        self._step_s = step_s
        self._waiting = 0.0
        self._in_minute = max(1, round(60 / step_s))
        self._seen: list[float] = []
        self._wanted: deque[int] = deque(maxlen=max(1, round(foresight.policy.hold_minutes * 60 / step_s)))

    def look(self, running: float, waiting: float, current: int, *, unknown: bool = False) -> int:
        """The replicas that are wanted now. Where a pod did not answer, none is taken away."""
        policy = self.foresight.policy
        in_flight = self._offered(running, waiting)
        self._seen.append(in_flight)
        if len(self._seen) >= self._in_minute:
            self.foresight.minute(sum(self._seen) / len(self._seen))
            self._seen.clear()
        load = max(self.foresight.expected() or in_flight * (1 + AT_FIRST), in_flight)
        self._wanted.append(min(max(math.ceil(load / policy.target - 1e-9), policy.least), policy.most))
        wanted = max(self._wanted)
        return min(max(wanted, current), policy.most) if unknown else wanted

    def _offered(self, running: float, waiting: float) -> float:
        """The requests that would be in flight if none had to wait.

        A line that grows is load beyond what runs; one that stands is worked off within ``DRAIN_S``, not at once.
        """
        answer_s = self.foresight.policy.answer_s
        grown, self._waiting = (waiting - self._waiting) / self._step_s, waiting
        return max(running, running + answer_s * (grown + waiting / DRAIN_S))
