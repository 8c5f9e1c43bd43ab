"""Shapes of load over two weeks: requests in flight as a share of the most, by time of day and week.

Drawn after what is published of services of each kind (office hours, evenings, batches at night, bursts of minutes);
no trace of anybody's users is in here.
"""

import math
import random
from collections.abc import Callable

DAY_S = 86_400
DAYS = 14
Shape = Callable[[float], float]


def _bump(hour: float, centre: float, width: float) -> float:
    """A bell over the clock."""
    apart = abs(hour - centre)
    return math.exp(-((min(apart, 24 - apart) / width) ** 2) / 2)


def _hour(at_s: float) -> float:
    return at_s % DAY_S / 3600


def _weekend(at_s: float) -> bool:
    return int(at_s // DAY_S) % 7 >= 5


def office(at_s: float) -> float:
    """People at work: up at half past eight, down at half past five, little at the weekend."""
    hour = _hour(at_s)
    if _weekend(at_s):
        return 0.05 + 0.05 * _bump(hour, 14, 4)
    inside = 1 / (1 + math.exp(-(hour - 8.3) / 0.35)) / (1 + math.exp((hour - 17.6) / 0.5))
    return 0.05 + 0.95 * inside * (0.85 + 0.15 * _bump(hour, 11, 1.2))


def lunch(at_s: float) -> float:
    """The same with a dip at noon, and more on Mondays."""
    monday = int(at_s // DAY_S) % 7 == 0
    return office(at_s) * (1 - 0.35 * _bump(_hour(at_s), 12.7, 0.5)) * (1.0 if monday else 0.85)


def evening(at_s: float) -> float:
    """People at home: most in the evening, more at the weekend."""
    hour = _hour(at_s)
    return 0.9 * (0.15 + 0.75 * _bump(hour, 20.5, 2.5) + 0.3 * _bump(hour, 12.5, 2)) * (1 if _weekend(at_s) else 0.85)


def _around_the_world(at_s: float) -> float:
    hour = _hour(at_s)
    return 0.2 + 0.5 * _bump(hour, 4, 2.5) + 0.6 * _bump(hour, 11, 2.5) + 0.7 * _bump(hour, 18, 2.5)


def _night(at_s: float) -> float:
    hour = _hour(at_s)
    return 0.9 if hour >= 22 or hour < 4 else 0.12


def _hourly(at_s: float) -> float:
    return 0.8 if at_s % 3600 < 480 else 0.35


def _growth(at_s: float) -> float:
    return (0.25 + 0.65 * at_s / (DAYS * DAY_S)) * (0.6 + 0.5 * evening(at_s))


def _event(chance: random.Random) -> Shape:
    """Twice as many within minutes, three times a week, unannounced."""
    events = [(chance.uniform(0, DAYS) * DAY_S, chance.uniform(1200, 3600)) for _ in range(6)]

    def shape(at_s: float) -> float:
        more = sum(min(1.0, (at_s - begin) / 240) for begin, long in events if begin <= at_s < begin + long)
        return 0.4 * (0.6 + 0.5 * evening(at_s)) + 0.45 * min(1.0, more)

    return shape


def _bursts(chance: random.Random) -> Shape:
    """Office hours in which every two minutes are a tenth more or less, now and then a quarter."""
    return _gusts(chance, 100)


def _gusts(chance: random.Random, evenness: float) -> Shape:
    pairs = [chance.gammavariate(evenness, 1 / evenness) for _ in range(DAYS * 720)]
    return lambda at_s: (0.1 + 0.6 * office(at_s)) * pairs[int(at_s // 120) % len(pairs)]


def _sessions(chance: random.Random, hours: float) -> Shape:
    """A team that works with it three times a working day, an hour and a half each, so much earlier or later."""
    sessions = [
        day * DAY_S + (start + chance.uniform(-hours, hours)) * 3600
        for day in range(DAYS)
        if day % 7 < 5
        for start in (9.5, 13, 16)
    ]

    def shape(at_s: float) -> float:
        inside = (min((at_s - start) / 900, 1, (start + 5400 - at_s) / 900) for start in sessions)
        return 0.05 + 0.6 * max(0.0, *inside)

    return shape


def _wandering(chance: random.Random) -> Shape:
    """A random walk of minutes: what comes next is in nothing that was."""
    walk, level = list[float](), 0.0
    for _ in range(DAYS * 1440):
        level = 0.97 * level + chance.gauss(0, 0.06)
        walk.append(math.exp(level - 0.03))
    return lambda at_s: (0.1 + 0.6 * office(at_s)) * walk[int(at_s // 60) % len(walk)]


def _coins(chance: random.Random) -> Shape:
    """Twelve times as much or as little at the full hour, by the toss of a coin."""
    hours = [9 <= index % 24 < 19 and chance.random() < 0.7 for index in range(DAYS * 24)]
    return lambda at_s: 0.65 if hours[int(at_s // 3600) % len(hours)] else 0.05


def shapes(seed: int = 1) -> dict[str, Shape]:
    """The ten shapes by name; what is left to chance in them follows from the seed."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    return {
        "steady": lambda _at_s: 0.7,
        "office hours": office,
        "office hours with a lunch": lunch,
        "evenings": evening,
        "around the world": _around_the_world,
        "batch at night": _night,
        "jobs every hour": _hourly,
        "growth": _growth,
        "bursts": _bursts(chance),
        "events": _event(chance),
    }


def hard(seed: int = 1) -> dict[str, Shape]:
    """Shapes that hold little or nothing to foresee: nobody meets an objective there without paying for it."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    return {
        "a random walk": _wandering(chance),
        "coins": _coins(chance),
        "gusts": _gusts(chance, 12),
        "sessions, five minutes early or late": _sessions(chance, 1 / 12),
        "sessions at any time": _sessions(chance, 0.5),
    }
