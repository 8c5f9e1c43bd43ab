"""How a release goes through a fleet: ring after ring, judged by what sites report. Pure; a value at every point."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from judge import Measure, Share, Verdict, judge

#: a release whose counts are not clear after so many times the requests that are needed is taken back
PATIENCE = 50


@dataclass(frozen=True)
class Ring:
    """Sites that get a release together; the next ring waits ``soak_s`` at least."""

    name: str
    soak_s: float


@dataclass(frozen=True)
class Gates:
    """What a ring must show. Shares are of one; ``silent_s`` after its last report nobody waits for a site.

    ``margin`` is how many more requests may fail or be decided without a model, ``shift`` how many more may have an
    outcome than had it before.
    """

    least_requests: int
    margin: float
    shift: float
    rolled_back: float
    enough: float
    silent_s: float


@dataclass(frozen=True)
class Counts:
    """Requests of sites under one release: all, those that failed, those that no model decided, and by outcome."""

    asked: int = 0
    failed: int = 0
    stood_in: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict[str, int])

    @staticmethod
    def read(said: Mapping[str, Any]) -> "Counts":
        """From a report, which may say anything: no part is below nothing or above all."""
        asked = max(0, int(said.get("asked", 0)))

        def part(count: Any) -> int:
            return min(max(0, int(count)), asked)

        failed, stood_in = (part(said.get(name, 0)) for name in ("failed", "stood_in"))
        outcomes = {str(name): part(count) for name, count in dict(said.get("outcomes", {})).items()}
        return Counts(asked, failed, stood_in, outcomes)


def total(counts: Iterable[Counts]) -> Counts:
    """Of all together."""
    each = list(counts)
    outcomes: Counter[str] = Counter()
    for one in each:
        outcomes.update(one.outcomes)
    return Counts(
        sum(one.asked for one in each),
        sum(one.failed for one in each),
        sum(one.stood_in for one in each),
        dict(sorted(outcomes.items())),
    )


@dataclass(frozen=True)
class Seen:
    """A site by its last report: its ring's place, when it was heard, what it runs and how that goes.

    ``status`` is `trial`, `settled`, `rolled back` or `refused`; ``release`` is the one that this is said of.
    ``counts`` are of that release, ``before`` of the one it had before.
    """

    ring: int
    heard: float
    release: str
    status: str
    why: str = ""
    counts: Counts = field(default_factory=Counts)
    before: Counts = field(default_factory=Counts)


@dataclass(frozen=True)
class Rollout:
    """``ring`` is the last ring that is to have ``release``; the others have ``previous``.

    ``state`` is `running`, `paused`, `stopped` (all are to have ``previous``) or `done`.
    """

    release: str = ""
    previous: str = ""
    ring: int = 0
    state: str = "done"
    since: float = 0.0
    why: tuple[str, ...] = ()

    def wanted(self, ring: int) -> str:
        """The release that sites of a ring are to have; empty for none."""
        if self.state == "stopped":
            return self.previous
        return self.release if self.state == "done" or ring <= self.ring else self.previous

    def begun(self, release: str, now: float) -> "Rollout":
        """Another release begins with the first ring; what all had, or still have, is what they go back to."""
        stable = self.release if self.state == "done" else self.previous
        return Rollout(release, stable, 0, "running", now, ("it begins",))

    def looked_at(self, sites: Iterable[Seen], rings: Sequence[Ring], gates: Gates, now: float) -> "Rollout":
        """Stop, go on to the next ring, end, or wait; says why."""
        if self.state not in {"running", "paused"}:
            return self
        heard = [site for site in sites if now - site.heard <= gates.silent_s]
        told = [site for site in heard if site.ring <= self.ring and site.release == self.release]
        stop = self._bad(heard, told, gates)
        if stop:
            return replace(self, state="stopped", why=stop)
        verdict = judge(_measures(told, gates), least=gates.least_requests, most=PATIENCE * gates.least_requests)
        if verdict.verdict is Verdict.ROLL_BACK:
            return replace(self, state="stopped", why=verdict.reasons)
        waits = self._waits(heard, told, rings, gates, now)
        if not waits and verdict.verdict is Verdict.HOLD:
            waits = verdict.reasons
        if self.state == "paused" or waits:
            return replace(self, why=("paused", *waits) if self.state == "paused" else waits)
        if self.ring + 1 >= len(rings):
            return replace(self, state="done", why=("every ring has it",))
        return replace(self, ring=self.ring + 1, since=now, why=(f"{rings[self.ring].name} is fine",))

    def _bad(self, heard: list[Seen], told: list[Seen], gates: Gates) -> tuple[str, ...]:
        """Rings in which more sites went back than may."""
        for ring in range(self.ring + 1):
            there = [site for site in heard if site.ring == ring]
            back = [site for site in told if site.ring == ring and site.status in {"rolled back", "refused"}]
            if back and len(back) > gates.rolled_back * len(there):
                whys = sorted({site.why for site in back if site.why})[:3]
                return (f"{len(back)} of {len(there)} sites of the ring did not keep it", *whys)
        return ()

    def _waits(
        self, heard: list[Seen], told: list[Seen], rings: Sequence[Ring], gates: Gates, now: float
    ) -> tuple[str, ...]:
        ring = rings[self.ring]
        there = [site for site in heard if site.ring == self.ring]
        settled = [site for site in told if site.ring == self.ring and site.status == "settled"]
        if not there:
            return (f"no site of {ring.name} is heard",)
        if len(settled) < gates.enough * len(there):
            return (f"{len(settled)} of {len(there)} sites of {ring.name} have it and are fine",)
        if now - self.since < ring.soak_s:
            return (f"{ring.name} has it for {(now - self.since) / 3600:.1f} h of {ring.soak_s / 3600:g} h",)
        return ()

    def written(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @staticmethod
    def read(said: Mapping[str, Any]) -> "Rollout":
        """From JSON."""
        found: dict[str, Any] = {**said, "why": tuple(said["why"])}
        return Rollout(**found)


def _measures(told: list[Seen], gates: Gates) -> tuple[Measure, ...]:
    """How sites with the release do, against the same sites before it."""
    return measures(total(site.counts for site in told), total(site.before for site in told), gates)


def measures(now: Counts, before: Counts, gates: Gates) -> tuple[Measure, ...]:
    """The ways in which one release may be worse than the one before it."""

    def measure(name: str, bad: int, was: int, margin: float) -> Measure:
        stable, canary = Share(bad=was, of=before.asked), Share(bad=bad, of=now.asked)
        return Measure(name=name, stable=stable, canary=canary, margin=margin)

    found = [
        measure("requests that failed", now.failed, before.failed, gates.margin),
        measure("requests that no model decided", now.stood_in, before.stood_in, gates.margin),
    ]
    if before.asked:
        found += [
            measure(f"requests with '{name}'", count, before.outcomes.get(name, 0), gates.shift)
            for name, count in now.outcomes.items()
        ]
    return tuple(found)
