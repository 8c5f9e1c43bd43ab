"""What the gateway has counted of an alias's stable version and its canary, and the measures made of it."""

import bisect
from dataclasses import dataclass, field

from serving.rollout.judge import Measure, Share

Buckets = tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Requests of one variant. ``bad`` failed, were refused for what they say or answered by somebody else.

    ``reviewed`` wait for people; the buckets are cumulative.
    """

    requests: int = 0
    bad: int = 0
    slow: int = 0
    reviewed: int = 0
    first_token: Buckets = ()
    confidence: Buckets = ()

    def since(self, before: "Observed") -> "Observed":
        """What came after an earlier look; a counter that fell began anew."""
        if self.requests < before.requests:
            return self
        return Observed(
            requests=self.requests - before.requests,
            bad=self.bad - before.bad,
            slow=self.slow - before.slow,
            reviewed=self.reviewed - before.reviewed,
            first_token=_since(self.first_token, before.first_token),
            confidence=_since(self.confidence, before.confidence),
        )


def _since(now: Buckets, before: Buckets) -> Buckets:
    earlier = dict(before)
    return tuple((bound, count - earlier.get(bound, 0)) for bound, count in now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is taken: margins above the stable version's shares, and the blueprint's own budget of failures."""

    failed: float = 0.02
    allowed_failed: float = 0.0
    slow: float = 0.05
    first_token: float = 0.10
    confidence: float = 0.10
    reviewed: float = 0.10
    least: int = 200
    most: int = 2000
    steps: tuple[int, ...] = field(default=(5, 25, 50, 100))


def measures(stable: Observed, canary: Observed, limits: Limits) -> tuple[Measure, ...]:
    """The measures of a step; those that nothing tells of are left out."""
    found = [
        Measure(
            name="failed, refused or answered by others",
            stable=Share(bad=stable.bad, of=stable.requests),
            canary=Share(bad=canary.bad, of=canary.requests),
            margin=limits.failed,
            allowed=limits.allowed_failed,
        ),
        Measure(
            name="slower than the objective",
            stable=Share(bad=stable.slow, of=stable.requests),
            canary=Share(bad=canary.slow, of=canary.requests),
            margin=limits.slow,
        ),
    ]
    if stable.reviewed or canary.reviewed:
        found.append(
            Measure(
                name="left to people",
                stable=Share(bad=stable.reviewed, of=stable.requests),
                canary=Share(bad=canary.reviewed, of=canary.requests),
                margin=limits.reviewed,
            )
        )
    later = _tail(stable.first_token, canary.first_token, 0.9, above=True)
    if later:
        found.append(Measure(name="first token later", stable=later[0], canary=later[1], margin=limits.first_token))
    unsure = _tail(stable.confidence, canary.confidence, 0.1, above=False)
    if unsure:
        found.append(Measure(name="less sure", stable=unsure[0], canary=unsure[1], margin=limits.confidence))
    return tuple(found)


#: fewer of the stable version say nothing about its worst tenth
ENOUGH = 50


def _tail(stable: Buckets, canary: Buckets, share: float, *, above: bool) -> tuple[Share, Share] | None:
    """How many of each lie above (or not above) the bound that cuts off the stable version's worst tenth."""
    if not stable or not canary or not canary[-1][1]:
        return None
    total = stable[-1][1]
    if total < ENOUGH:
        return Share(bad=0, of=total), Share(bad=0, of=0)
    bounds = [count / total for _, count in stable]
    index = bisect.bisect_left(bounds, share) if above else bisect.bisect_right(bounds, share) - 1
    if index < 0:
        return Share(bad=0, of=total), Share(bad=0, of=canary[-1][1])

    def of(buckets: Buckets) -> Share:
        count, all_of_them = buckets[index][1], buckets[-1][1]
        return Share(bad=all_of_them - count if above else count, of=all_of_them)

    return of(stable), of(canary)
