"""A rollout's course: which share the canary has, what was judged, and what comes next. Pure; a value at every point.

It is written down after every change, so that whoever goes on later goes on where it stood.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from serving.rollout.judge import Judgement, Verdict, judge
from serving.rollout.observed import Buckets, Limits, Observed, measures

State = Literal["running", "promoted", "rolled back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One rollout of one alias, or of the answers (`ANSWERS`).

    ``percent`` is the canary's share now, ``step`` its place among the limits' steps.
    """

    alias: str
    step: int = 0
    percent: int = 0
    state: State = "running"
    reasons: tuple[str, ...] = ()
    stable: Observed = field(default_factory=Observed)
    canary: Observed = field(default_factory=Observed)

    @property
    def called(self) -> str:
        """What is rolled out, for people."""
        return self.alias.removeprefix(":")

    def begun(self, stable: Observed, canary: Observed, limits: Limits) -> "Release":
        """The first step: what was counted before does not count."""
        return replace(self, step=0, percent=limits.steps[0], stable=stable, canary=canary)

    def looked_at(self, stable: Observed, canary: Observed, limits: Limits) -> tuple["Release", Judgement]:
        """Judge what the step has seen of the canary against all the stable version did since; go on, back, or stay."""
        made = measures(stable.since(self.stable), canary.since(self.canary), limits)
        found = judge(made, least=limits.least, most=limits.most)
        match found.verdict:
            case Verdict.HOLD:
                return replace(self, reasons=found.reasons), found
            case Verdict.ROLL_BACK:
                return replace(self, percent=0, state="rolled back", reasons=found.reasons), found
            case Verdict.PROMOTE:
                return self._further(canary, limits, found.reasons), found

    def _further(self, canary: Observed, limits: Limits, reasons: tuple[str, ...]) -> "Release":
        step = self.step + 1
        if step >= len(limits.steps) or limits.steps[self.step] >= 100:
            return replace(self, state="promoted", reasons=reasons)
        return replace(self, step=step, percent=limits.steps[step], reasons=reasons, canary=canary)

    def written(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @staticmethod
    def read(text: dict[str, Any]) -> "Release":
        """From JSON."""
        return Release(
            alias=text["alias"],
            step=text["step"],
            percent=text["percent"],
            state=text["state"],
            reasons=tuple(text["reasons"]),
            stable=_observed(text["stable"]),
            canary=_observed(text["canary"]),
        )


def _observed(text: dict[str, Any]) -> Observed:
    def buckets(name: str) -> Buckets:
        return tuple((float(bound), int(count)) for bound, count in text[name])

    return Observed(
        requests=text["requests"],
        bad=text["bad"],
        slow=text["slow"],
        reviewed=text.get("reviewed", 0),
        first_token=buckets("first_token"),
        confidence=buckets("confidence"),
    )
