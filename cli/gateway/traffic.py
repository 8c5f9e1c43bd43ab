"""What `domicile load` sends and what became of it. Pure: times in seconds."""

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from serving.gateway.spec import Alias
from serving.rehearsal.shapes import DAY_S, shapes

Outcome = Literal["answered", "refused", "failed"]
#: a day of a working week, which a run plays in its own time
PLAYED_DAY = 1


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that has ended. ``first_s`` is when its first token came, 0 for none; ``tokens`` are the answer's."""

    outcome: Outcome
    first_s: float
    whole_s: float
    tokens: int
    fell_back: bool = False
    why: str = ""


def names() -> tuple[str, ...]:
    """The shapes of load, as the command line writes them."""
    return tuple(name.replace(" ", "-") for name in shapes())


def arrivals(shape: str, peak: float, seconds: float, seed: int) -> Iterator[float]:
    """When requests come: at random, as often as the shape says; ``peak`` a second where the shape is 1."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    level = shapes(seed)[shape.replace("-", " ")]
    at = 0.0
    while True:
        # thinning: candidates at the most there can be, kept as the shape allows
        at += chance.expovariate(2 * peak)
        if at >= seconds:
            return
        if chance.random() * 2 <= level((PLAYED_DAY + at / seconds) * DAY_S):
            yield at


@dataclass(frozen=True, slots=True)
class Objectives:
    """What answers are held to; 0 for none. Shares are of requests."""

    first_token_s: float
    per_token_s: float
    availability: float
    in_time: float

    @classmethod
    def of(cls, alias: Alias, availability_percent: float, in_time_percent: float) -> "Objectives":
        """An alias's."""
        return cls(alias.first_token_s, alias.per_token_s, availability_percent / 100, in_time_percent / 100)

    def slow(self, sent: Sent) -> bool:
        """Whether an answer took longer than its objective allows, as the gateway counts it."""
        if not self.first_token_s:
            return False
        each = self.per_token_s * max(sent.tokens - 1, 1)
        return sent.first_s > self.first_token_s or sent.whole_s - sent.first_s > each


@dataclass(slots=True)
class Tally:
    """What became of requests so far."""

    objectives: Objectives
    sent: int = 0
    unsent: int = 0
    slow: int = 0
    tokens: int = 0
    fell_back: int = 0
    ended: Counter[Outcome] = field(default_factory=Counter[Outcome])
    reasons: Counter[str] = field(default_factory=Counter[str])
    firsts: list[float] = field(default_factory=list[float])
    paces: list[float] = field(default_factory=list[float])

    def add(self, one: Sent) -> None:
        """Count a request that has ended."""
        self.ended[one.outcome] += 1
        if one.why:
            self.reasons[one.why] += 1
        if one.outcome != "answered":
            return
        self.tokens += one.tokens
        self.fell_back += one.fell_back
        self.slow += self.objectives.slow(one)
        self.firsts.append(one.first_s)
        if one.tokens > 1:
            self.paces.append((one.whole_s - one.first_s) / (one.tokens - 1))

    @property
    def in_flight(self) -> int:
        """Requests whose answer is not there yet."""
        return self.sent - self.ended.total()

    @property
    def available(self) -> float | None:
        """The share of requests that did not fail; what a limit refused is not counted. None for no requests."""
        counted = self.ended["answered"] + self.ended["failed"]
        return self.ended["answered"] / counted if counted else None

    @property
    def in_time(self) -> float | None:
        """The share of answers that were not slow; None for no answers."""
        answered = self.ended["answered"]
        return 1 - self.slow / answered if answered else None

    @property
    def met(self) -> bool:
        """Whether the objectives were met: without any answer they were not."""
        if self.available is None or self.in_time is None:
            return False
        return self.available >= self.objectives.availability and self.in_time >= self.objectives.in_time


def quantiles(found: list[float], shares: Sequence[float]) -> list[float]:
    """The values that so large shares of the values do not exceed; 0 for none."""
    ordered = sorted(found) or [0.0]
    return [ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in shares]
