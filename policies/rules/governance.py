"""Governance: those who must agree to a workload have, and dates that it has set itself have not passed."""

import re
from collections.abc import Iterator
from datetime import date

from policies import evaluate
from policies.facts.kubernetes import NamespaceFact
from policies.rule import Problem, Rule, Settings, Severity

NEEDED, GIVEN = "domicile.dev/approvals-needed", "domicile.dev/approved-by-"
ENDS, AGAIN = "domicile.dev/expires", "domicile.dev/review-on"
_UNTIL = re.compile(r" until (\d{4}-\d\d-\d\d)\b")


def _agreed(place: NamespaceFact, settings: Settings) -> Iterator[Problem]:
    for role in str(place.notes.get(NEEDED, "")).split():
        said = str(place.notes.get(f"{GIVEN}{role}", ""))
        until = _UNTIL.search(said)
        path = f"metadata.annotations.{GIVEN}{role}"
        if not said:
            yield Problem(f"{role} has not agreed", path)
        elif until is None or not _holds(until[1], settings):
            end = f"ended on {until[1]}" if until else f"does not say until when: '{said}'"
            yield Problem(f"the agreement of {role} {end}", path)


def _dates(place: NamespaceFact, settings: Settings) -> Iterator[Problem]:
    for name, what in ((ENDS, "it was to end"), (AGAIN, "it was to be looked at again")):
        day = str(place.notes.get(name, ""))
        if day and not _holds(day, settings):
            yield Problem(f"{what} by {day}", f"metadata.annotations.{name}")


def _holds(day: str, settings: Settings) -> bool:
    """Whether a day is there and has not passed."""
    try:
        return evaluate.today(settings) <= date.fromisoformat(day)
    except ValueError:
        return False


APPROVALS = Rule(
    id="ai-approvals",
    title="Those who must agree have agreed, and still do",
    severity=Severity.HIGH,
    reads=NamespaceFact,
    problems=_agreed,
    remedy="Add the approval to the file `approvals/` beside the blueprint, or a later last day of it.",
    refs=("ISO 42001 A.3.2", "NIST AI RMF GOVERN 2.1"),
)
DATES = Rule(
    id="ai-dates-kept",
    title="Trials end, and workloads are looked at again, when they said so",
    severity=Severity.MEDIUM,
    reads=NamespaceFact,
    problems=_dates,
    remedy="Take the trial down or decide on it; look at the workload and set the next day.",
    refs=("ISO 42001 A.6.2.6", "NIST AI RMF GOVERN 1.5"),
)
RULES = (APPROVALS, DATES)
