"""What a workload does by the phase it is in: each practice is looked for, what would bring it is known. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from blueprints.governance.approvals import Need
from blueprints.governed import PHASES, Governed, Phase, WorkPlan
from blueprints.scored.model import Scored
from blueprints.served.batching import Batching
from blueprints.served.chatting import Chatting
from blueprints.served.gateway import HIGH_AVAILABILITY
from blueprints.served.model import Served
from blueprints.served.resolve import ServedPlan
from blueprints.trained.model import Trained
from blueprints.written import DataClass
from catalog import models

Area = Literal["placement", "data", "cost", "operations", "governance"]
AREAS: tuple[Area, ...] = ("placement", "data", "cost", "operations", "governance")
#: what a workload should cost at most, of what it may
ROOM = 0.9
SENSITIVE = {DataClass.CONFIDENTIAL, DataClass.RESTRICTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A workload, its plan, and the agreements it needs."""

    blueprint: Governed
    plan: WorkPlan
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found. Where it is not ``met``, ``says`` is what to do, ``at`` where, ``change`` what would do it."""

    met: bool
    says: str
    at: tuple[str, ...] = ()
    change: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Practice:
    """Something that is done from a phase on; ``look`` gives None where it does not concern a workload."""

    id: str
    area: Area
    phase: Phase
    title: str
    look: Callable[[Situation], Seen | None]


@dataclass(frozen=True, slots=True)
class Judged:
    """A practice and what was seen of it."""

    practice: Practice
    seen: Seen


def judge(situation: Situation) -> tuple[Judged, ...]:
    """Every practice that concerns a workload."""
    seen = ((one, one.look(situation)) for one in PRACTICES)
    return tuple(Judged(one, found) for one, found in seen if found is not None)


def reached(judged: tuple[Judged, ...]) -> Phase:
    """The last phase of which, and of all before, everything is done."""
    found: Phase = PHASES[0]
    for phase in PHASES:
        if any(one.practice.phase == phase and not one.seen.met for one in judged):
            return found
        found = phase
    return found


def missing(judged: tuple[Judged, ...], phase: Phase) -> tuple[Judged, ...]:
    """What is still to do to be in a phase."""
    upto = PHASES[: PHASES.index(phase) + 1]
    found = [one for one in judged if one.practice.phase in upto and not one.seen.met]
    return tuple(sorted(found, key=lambda one: PHASES.index(one.practice.phase)))


def _done(says: str) -> Seen:
    return Seen(met=True, says=says)


def _lacks(says: str, at: tuple[str, ...], change: tuple[tuple[str, Any], ...] = ()) -> Seen:
    return Seen(met=False, says=says, at=at, change=change)


def _available(one: Situation) -> Seen | None:
    answering = isinstance(one.blueprint, Scored | Served) and not isinstance(one.blueprint, Batching)
    if not answering or (isinstance(one.plan, ServedPlan) and not one.plan.servers):
        return None
    percent = one.blueprint.availability_percent
    if percent > HIGH_AVAILABILITY:
        return _done(f"{percent:g} % available: two of everything that answers")
    return _lacks(
        f"{percent:g} % allows one of everything: an update is an outage",
        ("availability_percent",),
        (("availability_percent", 99.5),),
    )


def _zones(one: Situation) -> Seen | None:
    if isinstance(one.blueprint, Batching) or not one.plan.replicated:
        return None
    alone = sorted({each.pool for each in one.plan.replicated if len(each.zones) < 2})
    if not alone:
        return _done("replicas stand in two zones")
    return _lacks(f"pool {', '.join(alone)} has one zone: give it nodes in another", ("target",))


def _redacted(one: Situation) -> Seen | None:
    blueprint = one.blueprint
    if not isinstance(blueprint, Served) or blueprint.data.class_ not in SENSITIVE:
        return None
    if blueprint.answers.redact:
        return _done(f"{', '.join(blueprint.answers.redact)} are replaced before a model sees them")
    text = f"{blueprint.data.class_} data reach models as they are: say what is redacted"
    return _lacks(text, ("answers", "redact"), (("answers.redact", ["email", "phone", "iban"]),))


def _not_logged(one: Situation) -> Seen:
    blueprint = one.blueprint
    path = ("answers", "log_texts") if isinstance(blueprint, Served) else ("log_values",)
    logged = blueprint.answers.log_texts if isinstance(blueprint, Served) else getattr(blueprint, "log_values", False)
    if isinstance(blueprint, Served) and blueprint.access.gateway == "envoy":
        return _done("the proxies' lines have no texts; the cluster keeps what pods print")
    if not logged:
        return _done("the audit log has digests, not what was asked")
    return _lacks("what is asked stands in the audit log: turn it off", path, ((".".join(path), False),))


def _retention(one: Situation) -> Seen:
    if "retention_days" in one.blueprint.data.model_fields_set:
        return _done(f"kept for {one.blueprint.data.retention_days} days")
    return _lacks("how long data are kept was not stated", ("data", "retention_days"))


def _capped(one: Situation) -> Seen:
    if one.blueprint.budget.when_exceeded == "refuse":
        return _done(f"no plan above {one.blueprint.budget.monthly_usd:,} USD a month")
    text = "a plan above the budget is a warning only"
    return _lacks(text, ("budget", "when_exceeded"), (("budget.when_exceeded", "refuse"),))


def _teams(one: Situation) -> Seen | None:
    blueprint = one.blueprint
    if not isinstance(blueprint, Served):
        return None
    without = [team.name for team in blueprint.access.teams if team.monthly_usd is None]
    if not without:
        return _done("every team has a budget at the gateway")
    return _lacks(f"{', '.join(without)} may spend all of it: give each team monthly_usd", ("access", "teams"))


def _room(one: Situation) -> Seen:
    usd, limit = float(one.plan.cost.total), one.blueprint.budget.monthly_usd
    if usd <= ROOM * limit:
        return _done(f"the plan takes {usd / limit:.0%} of the budget")
    text = f"the plan takes {usd / limit:.0%} of the budget: the next model or rise in price is refused"
    return _lacks(text, ("budget", "monthly_usd"))


def _fallback(one: Situation) -> Seen | None:
    blueprint = one.blueprint
    if isinstance(blueprint, Scored):
        return _done(f"without the model {len(blueprint.rules)} rules decide, then '{blueprint.otherwise}'")
    if isinstance(blueprint, Trained):
        return _done("a run that loses its nodes goes on from its last checkpoint")
    if not isinstance(blueprint, Chatting):
        return None
    if blueprint.fallback.kind != "refuse":
        return _done(f"a {blueprint.fallback.kind} answers when the model cannot")
    text = "when the model cannot answer, nobody does"
    smaller = {"kind": "smaller-model", "model": "Qwen/Qwen3-4B"}
    return _lacks(text, ("fallback",), (("fallback", smaller),))


def _watched(one: Situation) -> Seen:
    if one.plan.monitoring.operator:
        return _done("the cluster's Prometheus takes its alerts and rules")
    text = "alerts are made, and nothing in the cluster is said to take them: install the Prometheus operator"
    return _lacks(text, ("target", "capabilities", "prometheus_operator"))


def _lasting(one: Situation) -> Seen:
    ends = one.blueprint.ends if isinstance(one.blueprint, Served) else ""
    if not ends:
        return _done("it has no last day")
    return _lacks(f"it is a trial that ends on {ends}: what follows it is another kind", ("trial", "last_day"))


def _licensed(one: Situation) -> Seen | None:
    if isinstance(one.blueprint, Scored):
        return _done(f"{one.blueprint.model.name}: {one.blueprint.model.licence}")
    known = {name: models.find(name) for name in one.blueprint.models_used}
    own = {name: model.licence for name, model in known.items() if model is not None}
    if not own:
        return None
    blank = sorted(name for name, licence in own.items() if not licence)
    if blank:
        return _lacks(f"the licence of {', '.join(blank)} is not known: read it, choose another", ("models",))
    return _done("; ".join(f"{name}: {licence}" for name, licence in sorted(own.items())))


def _purpose(one: Situation) -> Seen:
    purpose = one.blueprint.purpose
    if purpose.says:
        return _done(f"{purpose.says} ({one.blueprint.risk.of} risk: {one.blueprint.risk.why})")
    return _lacks("what it is for is not stated: no class of risk can be trusted", ("purpose", "says"))


def _people(one: Situation) -> Seen:
    blueprint = one.blueprint
    if blueprint.overseers:
        return _done(f"{blueprint.overseers} looks at what it does")
    if isinstance(blueprint, Served):
        text = "nobody looks at answers: let people see a sample"
        return _lacks(text, ("review", "sample_percent"), (("review.sample_percent", 2),))
    return _lacks("people look at no outcome: let one of them wait for people", ("outcomes",))


def _identities(one: Situation) -> Seen | None:
    blueprint = one.blueprint
    if not isinstance(blueprint, Served | Scored):
        return None
    identities = blueprint.access.identities
    if identities:
        return _done(f"people and programs prove who they are to {identities[0].issuer}")
    text = "whoever has a key may ask: name the identity provider whose tokens are taken"
    return _lacks(text, ("access", "identities"))


def _approved(one: Situation) -> Seen:
    open_ = [f"{need.role} ({need.to})" for need in one.needs if need.given is None]
    if open_:
        return _lacks(f"these have not agreed: {'; '.join(open_)}", ("approvals",))
    return _done(f"agreed: {', '.join(need.role for need in one.needs)}")


def _looked_at_again(one: Situation) -> Seen:
    if one.blueprint.review_on:
        return _done(f"looked at again by {one.blueprint.review_on}")
    return _lacks("nobody has said when it is looked at again", ("review_on",))


PRACTICES = (
    Practice("two-of-everything", "placement", "foundation", "One may fail", _available),
    Practice("two-zones", "placement", "scale", "A zone may fail", _zones),
    Practice("redaction", "data", "foundation", "Models do not see who is meant", _redacted),
    Practice("no-texts-in-logs", "data", "foundation", "Logs do not have what was asked", _not_logged),
    Practice("retention-stated", "data", "foundation", "Data end", _retention),
    Practice("budget-refuses", "cost", "foundation", "The budget holds", _capped),
    Practice("teams-have-budgets", "cost", "scale", "Who spends is known, and has an end", _teams),
    Practice("room-in-the-budget", "cost", "scale", "There is room for the next change", _room),
    Practice("goes-on", "operations", "foundation", "It goes on", _lasting),
    Practice("fallback", "operations", "foundation", "Something answers when the model does not", _fallback),
    Practice("alerts-arrive", "operations", "scale", "Alerts arrive", _watched),
    Practice("licences-known", "governance", "foundation", "Models may be used", _licensed),
    Practice("purpose-stated", "governance", "foundation", "What it is for is known", _purpose),
    Practice("people-look", "governance", "governed", "People look at what it does", _people),
    Practice("identities", "governance", "governed", "Who asks is known", _identities),
    Practice("approvals", "governance", "governed", "Those who answer for it agreed", _approved),
    Practice("review-date", "governance", "governed", "It is looked at again", _looked_at_again),
)
