"""Rollouts: good releases get through, bad ones do not, and without traffic nobody decides."""

import json
import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.rollout.judge import Judgement, Measure, Share, Verdict, judge
from serving.rollout.observed import Limits, Observed
from serving.rollout.release import Release

BOUNDS = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
SURE = tuple(number / 20 for number in range(1, 21))
LIMITS = Limits(allowed_failed=0.005)


@dataclass(frozen=True)
class Version:
    """How a version behaves: shares, and the middle and spread of its times."""

    failed: float = 0.003
    slow: float = 0.01
    first_s: float = 0.4
    spread: float = 0.35
    sure: float = 0.85
    #: requests after which it begins to fail, 0 for at once
    after: int = 0
    then: "Version | None" = None


GOOD = {
    "the same": Version(),
    "a little faster": Version(first_s=0.35),
    "much faster": Version(first_s=0.15),
    "never fails": Version(failed=0.0),
    "never slow": Version(slow=0.0),
    "surer": Version(sure=0.93),
    "a hair slower": Version(first_s=0.42),
    "a hair less sure": Version(sure=0.84),
    "fails a hair more": Version(failed=0.005),
    "slow a hair more": Version(slow=0.015),
    "steadier": Version(spread=0.2),
    "faster and surer": Version(first_s=0.3, sure=0.9),
    "fails a little more, within the budget": Version(failed=0.004),
    "slower by 5 %": Version(first_s=0.42, spread=0.34),
    "a little less steady": Version(spread=0.38),
    "slow half as often": Version(slow=0.005),
    "fails half as often": Version(failed=0.0015),
    "faster but a hair less sure": Version(first_s=0.3, sure=0.845),
    "surer but a hair slower": Version(first_s=0.41, sure=0.9),
    "all a hair better": Version(failed=0.002, slow=0.008, first_s=0.39, sure=0.86),
}
BAD = {
    "always fails": Version(failed=1.0),
    "fails every other": Version(failed=0.5),
    "fails one in ten": Version(failed=0.1),
    "fails one in twenty": Version(failed=0.05),
    "fails one in twenty-five": Version(failed=0.04),
    "always slow": Version(slow=1.0),
    "slow half the time": Version(slow=0.5),
    "slow one in five": Version(slow=0.2),
    "slow one in ten": Version(slow=0.1),
    "twice as late": Version(first_s=0.8),
    "half as late again": Version(first_s=0.6),
    "four times as late": Version(first_s=1.6),
    "unsteady": Version(spread=0.9),
    "unsure": Version(sure=0.5),
    "less sure": Version(sure=0.7),
    "talks nonsense surely never": Version(sure=0.2),
    "late and unsure": Version(first_s=0.7, sure=0.7),
    "fails after a while": Version(after=600, then=Version(failed=0.2)),
    "gets slower after a while": Version(after=600, then=Version(first_s=1.2)),
    "gets unsure after a while": Version(after=600, then=Version(sure=0.5)),
}


class World:
    """Requests that come and are counted."""

    def __init__(self, canary: Version, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 the same requests every time
        self.versions = {"stable": Version(), "canary": canary}
        self.seen = {name: {"requests": 0, "bad": 0, "slow": 0} for name in self.versions}
        self.first = {name: [0] * (len(BOUNDS) + 1) for name in self.versions}
        self.sure = {name: [0] * (len(SURE) + 1) for name in self.versions}
        self.lost = 0

    def requests(self, count: int, percent: int) -> None:
        for _ in range(count):
            name = "canary" if self.chance.random() * 100 < percent else "stable"
            version, seen = self.versions[name], self.seen[name]
            if version.then and seen["requests"] >= version.after:
                version = version.then
            seen["requests"] += 1
            seen["bad"] += self.chance.random() < version.failed
            seen["slow"] += self.chance.random() < version.slow
            self._count(self.first[name], BOUNDS, self.chance.lognormvariate(0, version.spread) * version.first_s)
            self._count(self.sure[name], SURE, min(1.0, max(0.0, self.chance.gauss(version.sure, 0.07))))

    @staticmethod
    def _count(buckets: list[int], bounds: tuple[float, ...], value: float) -> None:
        for index, bound in enumerate(bounds):
            buckets[index] += value <= bound
        buckets[-1] += 1

    def observed(self, name: str) -> Observed:
        infinite = float("inf")
        return Observed(
            **self.seen[name],
            first_token=tuple(zip((*BOUNDS, infinite), self.first[name], strict=True)),
            confidence=tuple(zip((*SURE, infinite), self.sure[name], strict=True)),
        )


def rolled_out(canary: Version, seed: int) -> tuple[Release, World]:
    world = World(canary, seed)
    world.requests(500, 0)
    release = Release(alias="chat").begun(world.observed("stable"), world.observed("canary"), LIMITS)
    for _ in range(2000):
        world.requests(200, release.percent)
        release, _ = release.looked_at(world.observed("stable"), world.observed("canary"), LIMITS)
        release = Release.read(json.loads(json.dumps(release.written())))
        if release.state != "running":
            return release, world
    return release, world


@pytest.mark.parametrize("name", GOOD)
def test_a_good_release_is_promoted(name: str) -> None:
    for seed in range(5):
        release, _ = rolled_out(GOOD[name], seed)
        assert release.state == "promoted", release.reasons


@pytest.mark.parametrize("name", BAD)
def test_a_bad_release_is_rolled_back(name: str) -> None:
    for seed in range(5):
        release, _ = rolled_out(BAD[name], seed)
        assert release.state == "rolled back", release.reasons
        assert release.percent == 0
        assert release.reasons


def test_a_bad_release_is_seen_by_few() -> None:
    for name in ("always fails", "fails every other", "always slow", "four times as late", "unsure"):
        release, world = rolled_out(BAD[name], 1)
        assert release.step == 0
        assert world.seen["canary"]["requests"] <= 60


def test_without_traffic_nobody_decides() -> None:
    release = Release(alias="chat").begun(Observed(), Observed(), LIMITS)
    for _ in range(100):
        release, found = release.looked_at(Observed(requests=100), Observed(), LIMITS)
        assert found.verdict is Verdict.HOLD
    assert (release.state, release.percent) == ("running", 5)


def test_a_counter_that_began_anew_is_no_drop() -> None:
    before, after = Observed(requests=900, bad=5), Observed(requests=40, bad=1)
    assert after.since(before) == after


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_never_worse_and_fine_at_once(a: int, b: int, c: int, d: int) -> None:
    one = Measure(
        name="x", stable=Share(bad=min(a, b), of=b), canary=Share(bad=min(c, d), of=d), margin=0.02, allowed=0.005
    )
    assert not (one.worse and one.fine)
    found = judge((one,), least=10, most=400)
    assert isinstance(found, Judgement)
    if found.verdict is Verdict.PROMOTE:
        assert one.fine
        assert d >= 10


@given(st.integers(1, 400), st.integers(1, 400))
def test_more_bad_ones_are_never_judged_better(bad: int, more: int) -> None:
    order = [Verdict.PROMOTE, Verdict.HOLD, Verdict.ROLL_BACK]

    def verdict(count: int) -> int:
        stable = Share(bad=3, of=1000)
        measure = Measure(name="x", stable=stable, canary=Share(bad=min(count, 1000), of=1000), margin=0.02)
        return order.index(judge((measure,), least=100, most=5000).verdict)

    assert verdict(bad) <= verdict(bad + more)
