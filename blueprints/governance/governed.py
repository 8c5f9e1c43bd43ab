"""What a plan says of governance: its phase is kept, risk and approvals stand on its namespace. Pure."""

from dataclasses import replace
from typing import TypeVar

from blueprints.governance import practices
from blueprints.governance.approvals import Approvals, Need, asked, needs
from blueprints.governance.practices import Judged, Situation
from blueprints.governance.purpose import Class
from blueprints.governed import Governed, WorkPlan
from blueprints.refusal import Reason, RefusedError
from components.ownership import PREFIX

_Plan = TypeVar("_Plan", bound=WorkPlan)


def govern(blueprint: Governed, plan: _Plan, approvals: Approvals) -> _Plan:
    """The plan with what auditors and packs read of it.

    Raises:
        RefusedError: the blueprint states a phase, and not all of it is there.
    """
    situation = look(blueprint, plan, approvals)
    if blueprint.phase is not None:
        missing = practices.missing(practices.judge(situation), blueprint.phase)
        if missing:
            raise RefusedError(tuple(_reason(one, blueprint.phase) for one in missing))
    notes = (*plan.namespace.annotations, *_notes(blueprint, situation.needs))
    return replace(plan, namespace=replace(plan.namespace, annotations=notes))


def look(blueprint: Governed, plan: WorkPlan, approvals: Approvals) -> Situation:
    """A workload, its plan, and the agreements it needs."""
    wanted = asked(blueprint, float(plan.cost.total))
    return Situation(blueprint=blueprint, plan=plan, needs=needs(wanted, approvals))


def _reason(one: Judged, phase: str) -> Reason:
    return Reason(one.seen.at, f"{one.seen.says}; the phase '{phase}' asks for it ({one.practice.id})")


def _notes(blueprint: Governed, wanted: tuple[Need, ...]) -> list[tuple[str, str]]:
    risk = blueprint.risk
    found = [(f"{PREFIX}/risk-class", risk.of.value), (f"{PREFIX}/risk-because", risk.why)]
    if risk.of is Class.HIGH:
        found.append((f"{PREFIX}/audit-log", "the volumes 'audit' of its one door"))
        found += [(f"{PREFIX}/human-review", blueprint.overseers)] if blueprint.overseers else []
    if blueprint.phase is not None:
        found.append((f"{PREFIX}/phase", blueprint.phase))
    if blueprint.review_on:
        found.append((f"{PREFIX}/review-on", blueprint.review_on))
    if blueprint.phase == "governed":
        found.append((f"{PREFIX}/approvals-needed", " ".join(need.role for need in wanted)))
        found += [
            (f"{PREFIX}/approved-by-{need.role}", f"{need.given.by} until {need.given.until}: {need.to}")
            for need in wanted
            if need.given is not None
        ]
    return found
