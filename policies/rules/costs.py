"""What is paid for: machines that run against the budget that is declared, and what is paid for and not used."""

from collections.abc import Iterator
from decimal import Decimal

from policies import values
from policies.facts.kubernetes import AutoscalerFact, ServingFact
from policies.resource import Resource, base_type
from policies.rule import TEXTS, Problem, Settings, Severity, StackRule
from policies.rules.budget import REFS, machines, prices
from policies.values import each, section

HOURS_PER_MONTH = 730
#: how many machines of a kind run at least, by the properties that say so; the first that is set counts, else one
_COUNTS: dict[str, tuple[str, ...]] = {
    "aws:ec2/instance:Instance": (),
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": (),
    "aws:eks/nodeGroup:NodeGroup": ("scalingConfig.desiredSize", "scalingConfig.minSize"),
    "gcp:compute/instance:Instance": (),
    "gcp:container/nodePool:NodePool": (
        # a pool that scales tells how many there are just now, too: what runs all month is the least
        "autoscaling.totalMinNodeCount",
        "autoscaling.minNodeCount",
        "nodeCount",
        "initialNodeCount",
    ),
    "azure-native:compute:VirtualMachine": (),
    "azure-native:compute:VirtualMachineScaleSet": ("sku.capacity",),
    "azure-native:containerservice:AgentPool": ("minCount", "count"),
}
#: where a cloud's budget says its amount, and the period that makes it a month's
_AMOUNTS = {
    "aws:budgets/budget:Budget": ("limitAmount", "timeUnit", "MONTHLY"),
    "gcp:billing/budget:Budget": ("amount.specifiedAmount.units", "budgetFilter.calendarPeriod", "MONTH"),
    "azure-native:consumption:Budget": ("amount", "timeGrain", "Monthly"),
}


def _running(resource: Resource) -> Iterator[tuple[Decimal, str]]:
    """What each machine with accelerators of a resource costs a month, and its place."""
    counts = _COUNTS.get(base_type(resource.type))
    if counts is None:
        return
    told = [count for path in counts if (count := values.get(resource.props, path)) is not None]
    for path, name in machines(resource.props):
        yield prices()[name][1] * HOURS_PER_MONTH * Decimal(str(told[0] if told else 1)), path


def _declared(resource: Resource) -> Decimal | None:
    """The amount a month that a cloud's budget limits; None where it is none of a month, or names no amount."""
    amount, period, monthly = _AMOUNTS.get(base_type(resource.type), ("", "", ""))
    if not amount or str(values.get(resource.props, period) or monthly).lower() != monthly.lower():
        return None
    found = values.get(resource.props, amount)
    return None if found is None else Decimal(str(found))


def _monthly(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    """Machines with accelerators that run all month, at the price on demand, against the budgets beside them."""
    costs = [(usd, one.urn, path) for one in resources for usd, path in _running(one)]
    declared = [amount for one in resources if (amount := _declared(one)) is not None]
    limit = Decimal(str(settings["monthly_usd"])) if settings["monthly_usd"] else sum(declared, Decimal(0))
    total = sum((usd for usd, _, _ in costs), Decimal(0))
    if costs and limit and total > limit:
        _, urn, path = max(costs)
        text = f"accelerators that run all month cost {total:,.2f} USD on demand, {limit:,.2f} USD are budgeted"
        yield Problem(text, path, urn)


_ADDRESSES = {
    "aws:ec2/eip:Eip": ("instance", "networkInterface"),
    "gcp:compute/address:Address": ("users",),
    "gcp:compute/globalAddress:GlobalAddress": ("users",),
    "azure-native:network:PublicIPAddress": ("ipConfiguration", "natGateway", "linkedPublicIPAddress"),
}
_DISKS = {
    "aws:ebs/volume:Volume": ("attachments",),
    "gcp:compute/disk:Disk": ("users",),
    "gcp:compute/regionDisk:RegionDisk": ("users",),
    "azure-native:compute:Disk": ("managedBy",),
}


def _unused(resources: list[Resource], kinds: dict[str, tuple[str, ...]], what: str) -> Iterator[Problem]:
    used = {urn for one in resources for urns in one.needs.values() for urn in urns}
    for one in resources:
        attached = kinds.get(base_type(one.type))
        if attached is None or one.urn in used or any(values.present(one.props, key) for key in attached):
            continue
        if one.props.get("addressType") != "INTERNAL":
            yield Problem(f"{what} that nothing uses is paid for all the same", "", one.urn)


def _idle(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    del settings
    return _unused(resources, _ADDRESSES, "an address")


def _idle_disks(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    del settings
    mounted = " ".join(
        str(handle) for one in resources for _, handle in each(one.props, "spec.csi.volumeHandle") if one.cloud
    )
    spare = [one for one in resources if not (one.cloud and one.name in mounted)]
    return _unused(spare, _DISKS, "a disk")


def _nights(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    """Accelerators that wait all night for nobody, outside production."""
    scaled = {fact.target: fact for one in resources if (fact := AutoscalerFact.of(one)) is not None}
    for one in resources:
        serving = ServingFact.of(one)
        if serving is None or (one.tag("environment") or "production") in settings["always_on"] or not serving.gpus:
            continue
        scaler = scaled.get(str(section(one.props, "metadata").get("name", one.name)))
        least = scaler.bounds[0] if scaler is not None else None
        if least is None or least > 0:
            yield Problem("its accelerators never rest: nothing scales it to zero", "spec.replicas", one.urn)


MONTHLY = StackRule(
    id="budget-monthly-cost",
    title="Accelerators that run all month fit the budget that is declared",
    severity=Severity.HIGH,
    problems=_monthly,
    remedy="Run fewer or smaller machines, scale them down at night, or have the budget raised.",
    refs=REFS,
    settings={
        "monthly_usd": {
            "type": "number",
            "default": 0,
            "description": "The stack's budget a month; 0 takes the sum of its clouds' budgets.",
        }
    },
)
IDLE = StackRule(
    id="budget-idle-address",
    title="No address waits unused",
    severity=Severity.LOW,
    problems=_idle,
    remedy="Attach it or delete it.",
    refs=REFS,
)
IDLE_DISKS = StackRule(
    id="budget-idle-disk",
    title="No disk waits unused",
    severity=Severity.LOW,
    problems=_idle_disks,
    remedy="Attach it, or keep a snapshot and delete it.",
    refs=REFS,
)
NIGHTS = StackRule(
    id="budget-nights",
    title="Outside production, accelerators are given back when nobody asks",
    severity=Severity.LOW,
    problems=_nights,
    remedy="Scale to zero (KEDA: minReplicaCount 0), or name the environment in always_on.",
    refs=REFS,
    settings={"always_on": {**TEXTS, "default": ["production", "prod"]}},
)
RULES = (MONTHLY, IDLE, IDLE_DISKS, NIGHTS)
