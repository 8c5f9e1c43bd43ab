"""Whether a canary may get more requests, must give them back, or has to be watched longer. Pure.

Each measure is a share of the canary's requests that is bad, and how large it may be: what the stable version has, and
a margin. A canary is worse when even the favourable end of its share's confidence interval is above that, fine when
even the unfavourable end is not; in between, and without requests, nobody knows yet. It is promoted when all is fine.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

#: standard deviations: to be called worse takes more than to be called fine, since several things are looked at often
WORSE_Z, FINE_Z = 3.3, 1.64


class Verdict(StrEnum):
    """What is to be done."""

    PROMOTE = "promote"
    HOLD = "hold"
    ROLL_BACK = "roll back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many bad ones of so many."""

    bad: int
    of: int

    def bounds(self, z: float) -> tuple[float, float]:
        """Wilson's interval of the share, ``z`` standard deviations wide; all is possible where there is nothing."""
        if not self.of:
            return 0.0, 1.0
        share, spread = self.bad / self.of, z * z / self.of
        middle = (share + spread / 2) / (1 + spread)
        half = z * math.sqrt(share * (1 - share) / self.of + z * z / (4 * self.of * self.of)) / (1 + spread)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One way to be worse. ``margin`` is how much worse than stable is still taken, ``allowed`` what always is."""

    name: str
    stable: Share
    canary: Share
    margin: float
    allowed: float = 0.0

    @property
    def limit(self) -> float:
        """The largest share that is taken."""
        stable = self.stable.bad / self.stable.of if self.stable.of else 0.0
        return max(self.allowed, stable + self.margin)

    @property
    def worse(self) -> bool:
        """It is above the limit, beyond doubt about either version."""
        highest = max(self.allowed, self.stable.bounds(WORSE_Z)[1] + self.margin)
        return self.canary.bounds(WORSE_Z)[0] > min(highest, 1.0)

    @property
    def fine(self) -> bool:
        """It is not, beyond doubt."""
        return self.canary.of > 0 and self.canary.bounds(FINE_Z)[1] <= self.limit

    def told(self) -> str:
        """The measure in words."""
        canary = f"{self.canary.bad} of {self.canary.of}"
        return (
            f"{self.name}: {canary}, at most {self.limit:.1%} is taken (stable {self.stable.bad} of {self.stable.of})"
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(measures: tuple[Measure, ...], *, least: int, most: int) -> Judgement:
    """Judge a canary by its requests of this step.

    ``least`` requests are needed to promote it; one that is not shown to be fine after ``most`` is taken back.
    """
    worse = tuple(one.told() for one in measures if one.worse)
    if worse:
        return Judgement(Verdict.ROLL_BACK, worse)
    seen = max((one.canary.of for one in measures), default=0)
    unclear = tuple(one.told() for one in measures if not one.fine)
    if seen < least or not seen:
        return Judgement(Verdict.HOLD, (f"{seen} requests of the {least} that are needed",))
    if not unclear:
        return Judgement(Verdict.PROMOTE, tuple(one.told() for one in measures))
    if seen >= most:
        return Judgement(Verdict.ROLL_BACK, (f"not shown to be as good after {seen} requests", *unclear))
    return Judgement(Verdict.HOLD, unclear)
