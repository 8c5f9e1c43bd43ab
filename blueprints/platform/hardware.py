"""The hardware of a platform: which instance a pool has, and what workloads find in it. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from blueprints.platform.model import Platform, Pool
from blueprints.refusal import Reason
from catalog import hardware
from catalog.hardware import Accelerator
from catalog.inventory import Accelerator as Installed
from catalog.inventory import Inventory
from catalog.inventory import Pool as Nodes
from planning.cost import HOURS_PER_MONTH

SHARES = 7


@dataclass(frozen=True, slots=True)
class Choice:
    """What a pool's nodes are. ``usd_hour`` is on demand; None where no price is known."""

    accelerator: Accelerator
    instance_type: str
    per_node: int
    cpus: int
    memory_gib: float
    usd_hour: Decimal | None
    nodes: int
    zones: tuple[str, ...]


def rented(pool: Pool, at: tuple[str | int, ...], cloud: str, region: str, zones: tuple[str, ...]) -> Choice | Reason:
    """The instance of a cloud with a pool's accelerators: the cheapest that is offered in the region."""
    accelerator = hardware.accelerator(pool.accelerator)
    if accelerator is None:
        known = ", ".join(sorted(hardware.accelerators()))
        return Reason((*at, "accelerator"), f"the catalog does not know '{pool.accelerator}'; it knows {known}")
    here = [
        one
        for one in hardware.offers()
        if (one.cloud, one.region, one.location, one.accelerator) == (cloud, region, "region", accelerator.name)
    ]
    fitting = [one for one in here if one.count == pool.per_node]
    if not fitting:
        return Reason((*at, "accelerator" if not here else "per_node"), _elsewhere(pool, accelerator, cloud, region))
    best = min(fitting, key=lambda one: (one.ondemand is None, one.ondemand or Decimal(0), one.vcpu, one.instance_type))
    return Choice(
        accelerator,
        best.instance_type,
        pool.per_node,
        best.vcpu,
        best.memory_gib,
        best.ondemand,
        pool.nodes.most,
        zones,
    )


def _elsewhere(pool: Pool, accelerator: Accelerator, cloud: str, region: str) -> str:
    ways = sorted(
        {
            (one.region == region, one.region, f"{one.count:g}")
            for one in hardware.offers()
            if (one.cloud, one.location, one.accelerator) == (cloud, "region", accelerator.name)
        },
        reverse=True,
    )
    counts = sorted({count for here, _, count in ways if here}, key=float)
    if counts:
        return f"{region} has no instance with {pool.per_node} {accelerator.name}; it has them with {', '.join(counts)}"
    places = sorted({place for _, place, _ in ways})
    near = f"it is in {', '.join(places[:8])}" if places else "it is in none of this cloud's regions"
    return f"{accelerator.name} is not offered in {region}, as far as the catalog knows; {near}"


def owned(pool: Pool, at: tuple[str | int, ...], inventory: Inventory) -> Choice | Reason:
    """The nodes of an inventory with a pool's accelerators."""
    accelerator = hardware.accelerator(pool.accelerator)
    for nodes in inventory.pools:
        has = nodes.accelerator
        if has is None or accelerator is None or hardware.accelerator(has.product) is not accelerator:
            continue
        if has.count != pool.per_node:
            continue
        if nodes.count < pool.nodes.most:
            text = f"the inventory's pool '{nodes.name}' has {nodes.count} nodes, {pool.nodes.most} are asked for"
            return Reason((*at, "nodes", "most"), text)
        price = (
            Decimal(str(nodes.monthly_usd_per_node / float(HOURS_PER_MONTH))) if nodes.monthly_usd_per_node else None
        )
        zones = tuple(nodes.zones) or (f"{inventory.region}-a",)
        return Choice(
            accelerator, nodes.instance_type, has.count, nodes.cpus, nodes.memory_gib, price, pool.nodes.most, zones
        )
    found = ", ".join(
        f"{one.name} ({one.accelerator.count} x {one.accelerator.product})"
        for one in inventory.pools
        if one.accelerator
    )
    text = f"the inventory has no nodes with {pool.per_node} x {pool.accelerator}; it has {found or 'no accelerators'}"
    return Reason((*at, "accelerator"), text)


def slices(profile: str, accelerator: Accelerator) -> int:
    """How many slices of a MIG profile, such as `1g.10gb`, one accelerator gives: seven shares, and its memory."""
    shares, memory = profile.removesuffix("gb").split("g.")
    return min(SHARES // int(shares), round(accelerator.mem_gib / int(memory)))


def inventory_of(
    blueprint: Platform, place: tuple[str, str], labels: tuple[str, ...], choices: dict[str, Choice]
) -> Inventory:
    """What a workload finds on the platform in a region and country: its pools at their largest.

    ``labels`` are those whose value is the pool's name.
    """
    region, country = place
    # time slices share an accelerator's memory: nobody can be told how much of it is theirs
    serving = {
        pool.name: pool.sharing.mig_profile
        for pool in blueprint.pools
        if pool.purpose == "inference" and pool.sharing.time_slices == 1
    }
    pools = [
        Nodes(
            name=name,
            count=choice.nodes,
            zones=[zone if zone[:1].isalpha() else f"{region}-{zone}" for zone in choice.zones],
            instance_type=choice.instance_type,
            accelerator=Installed(
                product=choice.accelerator.product,
                memory_gib=int(choice.accelerator.mem_gib),
                count=choice.per_node,
                mig={profile: slices(profile, choice.accelerator) * choice.per_node}
                if (profile := serving[name])
                else {},
            ),
            cpus=choice.cpus,
            memory_gib=int(choice.memory_gib),
            labels=dict.fromkeys(labels, name),
            terms="leased",
            monthly_usd_per_node=float(choice.usd_hour * HOURS_PER_MONTH) if choice.usd_hour else None,
        )
        for name, choice in choices.items()
        if name in serving
    ]
    return Inventory(region=region, country=country, pools=pools)
