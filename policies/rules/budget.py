"""Budget: what costs money has an owner, a cost centre and a limit."""

from typing import Any

from pulumi_policy import Severity

from policies.facts.contract import PlaceFact, WorkloadFact
from policies.rule import Rule, Settings, StackRule

OWNER = "domicile.dev/owner"
COST_CENTRE = "domicile.dev/cost-centre"
BUDGET = "domicile.dev/monthly-budget-usd"


def _owned(workload: WorkloadFact, settings: Settings) -> list[str]:
    del settings
    if not workload.gpus:
        return []
    return [
        f"it uses {workload.gpus} GPUs and has no {name}"
        for name in (OWNER, COST_CENTRE)
        if name not in workload.labels
    ]


def _limited(place: PlaceFact, settings: Settings) -> list[str]:
    del settings
    if "app.kubernetes.io/part-of" not in place.labels:
        return []
    if BUDGET not in place.notes:
        return [f"it has no {BUDGET}"]
    text = str(place.notes[BUDGET])
    return [] if text.isdigit() and int(text) > 0 else [f"{BUDGET} is '{text}', which is no amount"]


def _gpu_total(facts: list[Any], settings: Settings) -> list[tuple[str, str]]:
    workloads = [one for one in facts if isinstance(one, WorkloadFact)]
    total = sum(one.gpus for one in workloads)
    if total <= settings["max_gpus"]:
        return []
    most = max(workloads, key=lambda one: one.gpus)
    return [(f"the stack uses {total} GPUs, {settings['max_gpus']} are allowed", most.urn)]


OWNED = Rule(
    id="budget-gpu-owner",
    title="Whatever uses GPUs names its owner and its cost centre",
    severity=Severity.MEDIUM,
    reads=WorkloadFact,
    problems=_owned,
    remedy=f"Set the labels {OWNER} and {COST_CENTRE}.",
)
LIMITED = Rule(
    id="budget-declared",
    title="A workload's namespace declares its monthly budget",
    severity=Severity.MEDIUM,
    reads=PlaceFact,
    problems=_limited,
    remedy=f"Set the annotation {BUDGET} to a whole number of USD.",
)
GPU_TOTAL = StackRule(
    id="budget-gpu-total",
    title="The stack stays within its number of GPUs",
    severity=Severity.HIGH,
    problems=_gpu_total,
    remedy="Ask for fewer replicas or a smaller model, or have max_gpus raised.",
    settings={"max_gpus": {"type": "integer", "default": 16}},
)
