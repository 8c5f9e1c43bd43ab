"""A fleet of replicas under a shape of load, with a scaler, against one that had known everything before. Pure.

Requests arrive by chance, take a replica's slot for about as long as an answer takes, or wait in line where all slots
are taken. A replica is paid for from the moment it is asked for, and serves when it has loaded its weights.
"""

import math
import random
from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from serving.rehearsal.shapes import DAY_S, DAYS, Shape
from serving.scripts.foresight import Decider, Foresight, Policy

WINDOW_S = 300
#: how many of a window's requests may wait longer than they should
LATE_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Load for ``peak`` replicas at most, of ``slots`` requests each; times in seconds, ``wait_s`` the objective."""

    peak: int = 20
    slots: int = 32
    answer_s: float = 12.0
    start_s: float = 180.0
    wait_s: float = 2.0
    least: int = 1
    step_s: int = 15


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a week: the share of windows that met the objective, and cost as a multiple of the least that would have."""

    met: float
    cost: float
    most: int


def rehearse(shape: Shape, fleet: Fleet, seed: int = 1) -> Outcome:
    """Two weeks, of which the second counts: by then the scaler knows a week."""
    arrived = _arrivals(shape, fleet, seed)
    half = len(arrived) // 2
    policy = Policy(
        target=fleet.slots,
        answer_s=fleet.answer_s,
        least=fleet.least,
        most=math.ceil(1.5 * fleet.peak),
        lead_minutes=math.ceil((fleet.start_s + 60) / 60),
    )
    decider = Decider(Foresight(policy), step_s=fleet.step_s)
    ready, starting = math.ceil(shape(0) * fleet.peak) + 1, deque[float]()
    in_flight = shape(0) * fleet.peak * fleet.slots
    windows: dict[int, tuple[int, int]] = {}
    paid, most = 0, 0
    for step, came in enumerate(arrived):
        now = step * fleet.step_s
        while starting and starting[0] <= now:
            starting.popleft()
            ready += 1
        in_flight = _after(fleet, in_flight, came, ready)
        if step >= half:
            late = came if _wait_s(fleet, in_flight, ready) > fleet.wait_s else 0
            seen, slow = windows.get(now // WINDOW_S, (0, 0))
            windows[now // WINDOW_S] = (seen + came, slow + late)
            paid += ready + len(starting)
            most = max(most, ready)
        room = ready * fleet.slots
        wanted = decider.look(min(in_flight, room), max(0.0, in_flight - room), ready + len(starting))
        ready = _follow(wanted, ready, starting, now + fleet.start_s)
    good = sum(slow <= LATE_SHARE * seen for seen, slow in windows.values())
    return Outcome(good / len(windows), paid / _ideal(arrived, fleet, half), most)


def _follow(wanted: int, ready: int, starting: deque[float], until: float) -> int:
    """Do as the scaler says: start replicas, or end them, those that have not begun to serve first."""
    have = ready + len(starting)
    starting.extend([until] * (wanted - have))
    for _ in range(have - wanted):
        if starting:
            starting.pop()
        else:
            ready -= 1
    return ready


def _arrivals(shape: Shape, fleet: Fleet, seed: int) -> list[int]:
    """How many requests come in each step: a Poisson number, by its normal approximation where it is large."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    rate = fleet.peak * fleet.slots * 0.85 / fleet.answer_s * fleet.step_s
    means = (shape(step * fleet.step_s) * rate for step in range(DAYS * DAY_S // fleet.step_s))
    return [_poisson(mean, chance) for mean in means]


def _poisson(mean: float, chance: random.Random) -> int:
    if mean > 30:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, product = 0, chance.random()
    while product > math.exp(-mean):
        count, product = count + 1, product * chance.random()
    return count


def _after(fleet: Fleet, in_flight: float, came: int, ready: int) -> float:
    """Requests in flight a step later: as many leave as are served, and no more are served than there are slots."""
    room = ready * fleet.slots
    decay = math.exp(-fleet.step_s / fleet.answer_s)
    unhindered = in_flight * decay + came / fleet.step_s * fleet.answer_s * (1 - decay)
    if in_flight <= room and unhindered <= room:
        return unhindered
    return max(in_flight + came - room / fleet.answer_s * fleet.step_s, min(unhindered, room))


def _wait_s(fleet: Fleet, in_flight: float, ready: int) -> float:
    room = ready * fleet.slots
    return max(0.0, in_flight - room) * fleet.answer_s / room if room else math.inf


def _ideal(arrived: list[int], fleet: Fleet, half: int) -> int:
    """The least replica steps that serve all of the second half at once, by one who knew it before.

    Each replica is started in time, and kept over a gap that is shorter than a start.
    """
    levels: list[int] = []
    in_flight = float(arrived[0]) / fleet.step_s * fleet.answer_s
    for step, came in enumerate(arrived):
        in_flight = _after(fleet, in_flight, came, len(arrived))
        if step >= half:
            levels.append(max(fleet.least, math.ceil(max(in_flight, 1) / fleet.slots)))
    start = round(fleet.start_s / fleet.step_s)
    total = 0
    for level in range(1, max(levels) + 1):
        used = [step for step, needed in enumerate(levels) if needed >= level]
        total += start + 1 + sum(min(later - earlier, start + 1) for earlier, later in pairwise(used))
    return total
