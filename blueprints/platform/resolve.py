"""From a platform's blueprint to a plan: every decision, or every reason against. Pure."""

import ipaddress
from dataclasses import dataclass
from decimal import Decimal

from blueprints.governed import admission, signatures, unsigned
from blueprints.platform import features, hardware, needs, stores
from blueprints.platform.hardware import Choice
from blueprints.platform.model import Platform, Pool
from blueprints.platform.stores import Stores
from blueprints.refusal import Reason, RefusedError
from blueprints.written import DataClass
from catalog import places
from catalog.inventory import Inventory
from components.audit.spec import AuditSpec
from components.budget.spec import BudgetSpec
from components.clouds.choose import offer_for
from components.clouds.offer import Offer
from components.cluster.spec import ClusterSpec
from components.gpu_pool.spec import GpuPoolSpec, Sharing
from components.identity.spec import IdentitySpec
from components.keys.spec import KeysSpec
from components.network.addresses import Addresses, divide
from components.network.spec import NetworkSpec
from components.ownership import Ownership
from components.targets import KubernetesTarget
from planning.cost import HOURS_PER_MONTH, Cost, CostLine


@dataclass(frozen=True, slots=True)
class PlatformPlan:
    """Everything that will be made; ``inventory`` is what workloads find there.

    ``vectors_at`` is where vectors are that no store of their own keeps: `sql`, or an address outside.
    """

    name: str
    region: str
    country: str
    key: str
    cost: Cost
    warnings: tuple[str, ...]
    inventory: Inventory
    keys: KeysSpec
    replica_keys: tuple[KeysSpec, ...]
    network: NetworkSpec
    audit: AuditSpec
    cluster: ClusterSpec
    pools: tuple[GpuPoolSpec, ...]
    stores: Stores
    vectors_at: str
    identities: tuple[IdentitySpec, ...]
    budget: BudgetSpec


@dataclass(frozen=True, slots=True)
class _Place:
    region: str
    country: str
    zones: tuple[str, ...]


def resolve(blueprint: Platform, inventory: Inventory | None) -> PlatformPlan:
    """Decide everything; ``inventory`` is that of an attached cluster.

    Raises:
        RefusedError: it cannot be planned; carries every reason.
    """
    offer = offer_for(blueprint.target)
    reasons = features.refused(blueprint, offer)
    place = _place(blueprint, offer, inventory, reasons)
    addresses = _addresses(blueprint, offer, place, reasons)
    choices = _choices(blueprint, offer, place, inventory, reasons)
    reasons += [*_classes(blueprint), *needs.refused(blueprint), *unsigned(blueprint.target)]
    reasons += stores.replicas_refused(blueprint, offer.catalog, place.region)
    if isinstance(blueprint.target, KubernetesTarget) and blueprint.target.objects is None:
        text = "a platform needs an S3-compatible service for its audit log and its buckets: name its endpoint"
        reasons.append(Reason(("target", "objects"), text))
    bill = _bill(blueprint, choices)
    warnings = _money(blueprint, bill, choices, reasons)
    if reasons or addresses is None:
        raise RefusedError(tuple(reasons))
    return _plan(blueprint, offer, place, addresses, choices=choices, bill=bill, warnings=warnings)


def _place(blueprint: Platform, offer: Offer, inventory: Inventory | None, reasons: list[Reason]) -> _Place:
    allowed = blueprint.data.jurisdictions
    if inventory is not None:
        zones = tuple(dict.fromkeys(zone for pool in inventory.pools for zone in pool.zones))
        place = _Place(inventory.region, inventory.country, zones or (f"{inventory.region}-a",))
    else:
        region = str(getattr(blueprint.target, "region", ""))
        known = places.regions().get((offer.catalog, region))
        if known is None:
            near = ", ".join(name for its, name in places.regions() if its == offer.catalog)
            reasons.append(Reason(("target", "region"), f"there is no region '{region}'; there are {near}"))
            return _Place(region, "", ())
        place = _Place(region, known.country, places.zones(offer.catalog, region)[: blueprint.network.zones])
    if place.country not in allowed:
        text = (
            f"{place.region} is in {place.country or 'a country not known'}, the data must stay in {', '.join(allowed)}"
        )
        reasons.append(Reason(("data", "jurisdictions"), f"{text}: choose another region, or add it if the law allows"))
    return place


def _addresses(blueprint: Platform, offer: Offer, place: _Place, reasons: list[Reason]) -> Addresses | None:
    network = blueprint.network
    try:
        whole, services = ipaddress.IPv4Network(network.cidr), ipaddress.IPv4Network(network.services)
    except ValueError as error:
        reasons.append(Reason(("network", "cidr"), f"{error}: write a network such as 10.20.0.0/16"))
        return None
    if whole.overlaps(services):
        text = f"{services} overlaps the network's {whole}: give services a range of their own"
        reasons.append(Reason(("network", "services"), text))
    try:
        return divide(network.cidr, (place.zones if offer.zonal else (place.region,)) or ("none",))
    except ValueError as error:
        reasons.append(Reason(("network", "cidr"), str(error)))
        return None


def _choices(
    blueprint: Platform, offer: Offer, place: _Place, inventory: Inventory | None, reasons: list[Reason]
) -> dict[str, Choice]:
    found: dict[str, Choice] = {}
    for index, pool in enumerate(blueprint.pools):
        at = ("pools", index)
        if pool.name in found:
            reasons.append(Reason((*at, "name"), f"'{pool.name}' is the name of another pool"))
            continue
        if "reserved" in pool.capacity and not pool.reservation:
            reasons.append(Reason((*at, "reservation"), "capacity `reserved` needs the reservation's id"))
        if inventory is not None:
            choice = hardware.owned(pool, at, inventory)
        else:
            choice = hardware.rented(pool, at, offer.catalog, place.region, place.zones)
        if isinstance(choice, Reason):
            reasons.append(choice)
        else:
            found[pool.name] = choice
    return found


def _classes(blueprint: Platform) -> list[Reason]:
    known = blueprint.data.classes
    return [
        Reason(("stores", "objects", index, "data_class"), f"'{one.data_class}' has no key: add it to data.classes")
        for index, one in enumerate(blueprint.stores.objects)
        if one.data_class and one.data_class not in known
    ]


def _bill(blueprint: Platform, choices: dict[str, Choice]) -> Cost:
    """What the pools cost at their least: what is there when nothing runs."""
    lines: list[CostLine] = []
    for pool in blueprint.pools:
        choice = choices.get(pool.name)
        if choice is None:
            continue
        nodes = pool.nodes.least
        usd = None if choice.usd_hour is None else choice.usd_hour * HOURS_PER_MONTH * nodes
        most = "unknown" if choice.usd_hour is None else f"{choice.usd_hour * HOURS_PER_MONTH * pool.nodes.most:,.2f}"
        basis = f"{nodes} to {pool.nodes.most} x {choice.instance_type}, at most {most} USD a month on demand"
        lines.append(CostLine(f"pool {pool.name}", usd, basis))
    basis = "the catalog has no price of the control plane, system nodes, network and stores without accelerators"
    lines.append(CostLine("control plane, system nodes, network, stores", None, basis))
    return Cost(tuple(lines))


def _money(blueprint: Platform, bill: Cost, choices: dict[str, Choice], reasons: list[Reason]) -> tuple[str, ...]:
    limit = Decimal(blueprint.budget.monthly_usd)
    if bill.total > limit:
        text = f"the pools cost {bill.total:,.2f} USD a month at their least, the budget is {limit:,} USD"
        reasons.append(Reason(("budget", "monthly_usd"), f"{text}: raise it, or let pools shrink to fewer nodes"))
    most = sum(
        (choices[pool.name].usd_hour or Decimal(0)) * HOURS_PER_MONTH * pool.nodes.most
        for pool in blueprint.pools
        if pool.name in choices
    )
    if most > limit:
        return (f"with every pool at its most the platform costs {most:,.2f} USD a month, over the budget's {limit:,}",)
    return ()


def _plan(
    blueprint: Platform,
    offer: Offer,
    place: _Place,
    addresses: Addresses,
    *,
    choices: dict[str, Choice],
    bill: Cost,
    warnings: tuple[str, ...],
) -> PlatformPlan:
    data, name, region = blueprint.data, blueprint.name, place.region
    # what has no class of its own is kept like the most sensitive
    key = max(data.classes, key=[str(one) for one in DataClass].index)
    ownership = Ownership(
        workload=name,
        owner=blueprint.owner.team,
        cost_centre=blueprint.owner.cost_centre,
        data_class=key,
        jurisdictions=tuple(data.jurisdictions),
    )
    network = blueprint.network
    kept = stores.decide(blueprint, ownership, region)
    pools = tuple(_pool(pool, choices[pool.name], ownership) for pool in blueprint.pools)
    return PlatformPlan(
        name=name,
        region=region,
        country=place.country,
        key=key,
        cost=bill,
        warnings=warnings,
        inventory=hardware.inventory_of(blueprint, (region, place.country), offer.pool_labels, choices),
        keys=KeysSpec(
            name=name,
            ownership=ownership,
            region=region,
            data_classes=tuple(dict.fromkeys(data.classes)),
            external=str(getattr(blueprint.target, "keys", "")),
        ),
        replica_keys=stores.replica_keys(blueprint, kept, ownership),
        network=NetworkSpec(
            name=name,
            ownership=ownership,
            region=region,
            cidr=network.cidr,
            services=network.services,
            zones=addresses.zones,
            egress=network.egress,
            public_ingress=network.public_ingress,
            log_days=network.log_days,
        ),
        audit=AuditSpec(name=name, ownership=ownership, region=region, retention_days=data.audit_retention_days),
        cluster=ClusterSpec(
            name=name,
            ownership=ownership,
            region=region,
            zones=place.zones,
            services=network.services,
            system_machine=offer.system_machine,
            system_nodes=max(2, len(place.zones)),
            admins=tuple(getattr(blueprint.target, "admins", ())),
            log_days=network.log_days,
        ),
        pools=pools,
        stores=kept,
        vectors_at=needs.vectors_at(blueprint),
        identities=needs.identities(blueprint, ownership, region),
        budget=BudgetSpec(
            name=name,
            ownership=ownership,
            region=region,
            monthly_usd=blueprint.budget.monthly_usd,
            contact=blueprint.owner.contact,
            gpus=sum(one.most * one.per_node for one in pools),
            start=blueprint.budget.start,
            admission=admission(blueprint.target),
            signatures=signatures(blueprint.target),
        ),
    )


def _pool(pool: Pool, choice: Choice, ownership: Ownership) -> GpuPoolSpec:
    return GpuPoolSpec(
        name=pool.name,
        ownership=ownership,
        purpose=pool.purpose,
        accelerator=choice.accelerator.name,
        vendor=choice.accelerator.vendor,
        product=choice.accelerator.product,
        instance_type=choice.instance_type,
        per_node=choice.per_node,
        zones=choice.zones,
        least=pool.nodes.least,
        most=pool.nodes.most,
        capacity=pool.kinds,
        sharing=Sharing(
            mig_profile=(profile := pool.sharing.mig_profile),
            slices=hardware.slices(profile, choice.accelerator) if profile else 0,
            time_slices=pool.sharing.time_slices,
        ),
        multi_node=pool.multi_node,
        reservation=pool.reservation,
    )
