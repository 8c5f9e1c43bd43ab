"""Budget: what costs money has an owner, a limit, and a reason to be there."""

import functools
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from policies import evaluate, values
from policies.facts.kubernetes import NamespaceFact, WorkloadFact
from policies.facts.stated import StatedFact
from policies.facts.tagged import TaggedFact
from policies.resource import Resource, base_type, tag_property
from policies.rule import TEXTS, Problem, Rule, Settings, Severity, StackRule
from policies.tables import rows
from policies.values import section

BUDGET = "domicile.dev/monthly-budget-usd"
REFS = ("ISO 42001 A.4.5", "NIST AI RMF GOVERN 1.6")


def _tagged(fact: TaggedFact, settings: Settings) -> Iterator[Problem]:
    resource = fact.resource
    missing = resource.lacking(settings["required"])
    if missing:
        yield Problem(f"it has no {', '.join(missing)}", tag_property(resource.type))
    for name, pattern in settings["values"].items():
        said = resource.tag(name)
        if said is not None and not _fits(pattern, said):
            at = f"{tag_property(resource.type)}.{name}"
            yield Problem(f"{name} is '{said}', which is not of the form {pattern}", at)


@functools.lru_cache(4096)
def _fits(pattern: str, said: str) -> bool:
    return re.fullmatch(pattern, said) is not None


def _add_tags(resource: Resource, settings: Settings) -> dict[str, Any] | None:
    """The properties with the tags that are missing and have a default."""
    at = tag_property(resource.type)
    missing = {name: text for name, text in settings["defaults"].items() if at and not resource.tag(name)}
    if not missing:
        return None
    return {**resource.props, at: {**section(resource.props, at), **missing}}


def _limited(place: NamespaceFact, settings: Settings) -> Iterator[Problem]:
    del settings
    if "app.kubernetes.io/part-of" not in place.labels:
        return
    at = f"metadata.annotations.{BUDGET}"
    if BUDGET not in place.notes:
        yield Problem(f"it has no {BUDGET}", "metadata.annotations")
        return
    text = str(values.known(place.notes[BUDGET], at))
    if not text.isdigit() or int(text) == 0:
        yield Problem(f"{BUDGET} is '{text}', which is no amount", at)


def _owned(workload: WorkloadFact, settings: Settings) -> Iterator[Problem]:
    del settings
    gpus = workload.gpus
    for name in ("owner", "cost-centre"):
        if gpus and not workload.resource.tag(name):
            yield Problem(f"it uses {gpus} GPUs and has no {name}", "metadata.labels")


def _gpu_total(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    found = [fact for one in resources if (fact := WorkloadFact.of(one)) is not None]
    counted = [(one.gpus, one.resource.urn) for one in found]
    total = sum(count for count, _ in counted)
    if total > settings["max_gpus"]:
        yield Problem(f"the stack uses {total} GPUs, {settings['max_gpus']} are allowed", "", max(counted)[1])


@functools.cache
def prices() -> dict[str, tuple[str, Decimal]]:
    """The accelerator and the price an hour, in USD on demand, of each instance type that has one."""
    return {row["instance_type"]: (row["accelerator"], Decimal(row["usd_hour"])) for row in rows("accelerated")}


def machines(props: Any) -> Iterator[tuple[str, str]]:
    """Every instance type with accelerators that stands anywhere in properties, with its place."""
    for path, _, value in values.leaves(props):
        if isinstance(value, str) and value in prices():
            yield path, value


def _approved(fact: StatedFact, settings: Settings) -> Iterator[Problem]:
    limit = Decimal(str(settings["approval_above_usd_hour"]))
    for path, name in machines(fact.resource.props):
        accelerator, price = prices()[name]
        if price <= limit:
            continue
        reason = _no_approval(fact.resource, (name, accelerator), settings)
        if reason:
            yield Problem(f"{name} ({accelerator}) costs {price:,.2f} USD an hour, and {reason}", path)


def _no_approval(resource: Resource, names: tuple[str, ...], settings: Settings) -> str:
    """Why a machine is not approved; empty when it is, by a tag or by the configuration."""
    now = evaluate.today(settings)
    tagged, until = resource.tag("gpu-approval"), resource.tag("gpu-approval-expires")
    ends = [(f"the approval {tagged}", until)] if tagged and until else []
    ends += [
        (f"the approval of {one['owner']}", str(one["expires"]))
        for one in settings["approvals"]
        if one["accelerator"] in names
    ]
    if any(date.fromisoformat(day) >= now for _, day in ends):
        return ""
    return f"{ends[0][0]} expired on {ends[0][1]}" if ends else "nobody has approved it"


def _alerts(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    """Where accelerators are rented, somebody hears of their cost."""
    del settings
    rented = [one for one in resources if one.cloud not in ("", "kubernetes")]
    clouds = {one.cloud for one in rented if any(True for _ in machines(one.props))}
    watched = {one.cloud for one in resources if _alerting(one)}
    for cloud in sorted(clouds - watched):
        yield Problem(f"accelerators on {cloud}, and no budget there that alerts anyone")


_BUDGETS = {
    "aws:budgets/budget:Budget": ("notifications",),
    "gcp:billing/budget:Budget": ("thresholdRules",),
    "azure-native:consumption:Budget": ("notifications",),
}


def _alerting(resource: Resource) -> bool:
    return all(values.present(resource.props, key) for key in _BUDGETS.get(base_type(resource.type), ("_",)))


TAGS = Rule(
    id="budget-tags",
    title="Whatever can be tagged says whose it is and who pays",
    severity=Severity.MEDIUM,
    reads=TaggedFact,
    problems=_tagged,
    remedy="Add the tags, or the provider's default tags.",
    refs=REFS,
    settings={
        "required": {**TEXTS, "default": ["owner", "cost-centre", "workload", "data-class"]},
        "values": {"type": "object", "default": {"data-class": "[a-z][a-z0-9_-]*"}},
        "defaults": {"type": "object", "default": {}, "description": "What `remediate` adds."},
    },
    repairs=_add_tags,
)
OWNED = Rule(
    id="budget-gpu-owner",
    title="Whatever uses GPUs names its owner and its cost centre",
    severity=Severity.MEDIUM,
    reads=WorkloadFact,
    problems=_owned,
    remedy="Set the labels domicile.dev/owner and domicile.dev/cost-centre.",
    refs=REFS,
)
LIMITED = Rule(
    id="budget-declared",
    title="A workload's namespace declares its monthly budget",
    severity=Severity.MEDIUM,
    reads=NamespaceFact,
    problems=_limited,
    remedy=f"Set the annotation {BUDGET} to a whole number of USD.",
    refs=REFS,
)
GPU_TOTAL = StackRule(
    id="budget-gpu-total",
    title="The stack stays within its number of GPUs",
    severity=Severity.HIGH,
    problems=_gpu_total,
    remedy="Ask for fewer replicas or a smaller model, or have max_gpus raised.",
    refs=REFS,
    settings={"max_gpus": {"type": "integer", "default": 16}},
)
APPROVAL = Rule(
    id="budget-approval",
    title="Expensive accelerators are approved, and the approval is of today",
    severity=Severity.HIGH,
    reads=StatedFact,
    problems=_approved,
    remedy="Set the tags gpu-approval and gpu-approval-expires, or add the approval to the configuration.",
    refs=REFS,
    settings={
        "approval_above_usd_hour": {"type": "number", "default": 30},
        "approvals": {"type": "array", "default": [], "items": {"type": "object"}},
    },
)
ALERTS = StackRule(
    id="budget-alerts",
    title="Where accelerators are rented, a budget alerts somebody",
    severity=Severity.MEDIUM,
    problems=_alerts,
    remedy="Add the cloud's budget with a notification.",
    refs=REFS,
)
RULES = (TAGS, OWNED, LIMITED, GPU_TOTAL, APPROVAL, ALERTS)
