"""From a fleet, its sites and what they would run to a plan: rings, variants, the hub, the bill. Pure."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from blueprints import governed
from blueprints.fleet.model import Fleet
from blueprints.fleet.sites import Row
from blueprints.governed import WorkPlan
from blueprints.images import IMAGES
from blueprints.refusal import Reason, RefusedError
from blueprints.scored.model import Scored
from blueprints.scored.resolve import ScoredPlan
from blueprints.served.resolve import PROCESSORS
from catalog.inventory import Inventory
from components.ownership import Ownership
from planning import cost
from planning.capacity import Placed
from planning.cost import Cost, CostLine
from serving.fleet.spec import NAME as HUB
from serving.fleet.spec import GatesSpec, HubSpec, RingSpec, SiteSpec
from serving.monitoring.spec import MonitoringSpec

#: releases that are kept, and what a report takes
RELEASES, REPORT_BYTES, REPORTS_A_DAY = 6, 4000, 30
MOST_GIB = 16_384
REMEDY = "raise it, or take fewer sites"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Sites that run the same: the workload's blueprint with their changes, and its plan."""

    name: str
    content: dict[str, Any]
    folder: str
    plan: ScoredPlan
    models: tuple[tuple[str, int, str], ...]
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """A site: its ring, what it runs, and what its agent is told."""

    ring: str
    variant: str
    agent: SiteSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan(WorkPlan):
    """Everything that will be made, what it costs, and the reasons."""

    hub: HubSpec
    storage_class: str
    variants: tuple[Variant, ...]
    sites: tuple[SitePlan, ...]

    @property
    def products(self) -> dict[str, int]:
        """None: the hub has none, and what sites have is in their variants' plans."""
        return {}

    @property
    def replicated(self) -> tuple[Placed, ...]:
        """None: there is one hub."""
        return ()

    @property
    def rings(self) -> dict[str, int]:
        """How many sites a ring has."""
        return dict(Counter(site.ring for site in self.sites))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What sites with the same changes run: the workload, its content with the changes, where it was read, its plan."""

    sites: tuple[str, ...]
    content: dict[str, Any]
    folder: str
    blueprint: Scored
    plan: ScoredPlan


def resolve(fleet: Fleet, hardware: Inventory, rows: tuple[Row, ...], kinds: tuple[Kind, ...]) -> FleetPlan:
    """Decide everything; ``kinds`` are what sites run, each site in one.

    Raises:
        RefusedError: it cannot be planned; carries every reason.
    """
    workload, rings = kinds[0].blueprint, _rings(fleet, rows)
    reasons = [*_refused(fleet, hardware, rows, workload), *_empty(fleet, rings)]
    storage = _storage_gib(fleet, rows, kinds)
    if storage > MOST_GIB:
        text = f"the hub would keep {storage:,} GiB, a volume has {MOST_GIB:,}: keep it for fewer days"
        reasons.append(Reason(("keep_days",), text))
    variants = tuple(_variant(kind) for kind in kinds)
    bill = _bill(variants, storage)
    # a fleet has no data of its own: class and countries are its workload's
    own = workload.model_copy(update={"name": fleet.name, "owner": fleet.owner, "budget": fleet.budget})
    warnings = governed.money(own, bill, REMEDY, reasons)
    if reasons:
        raise RefusedError(tuple(reasons))
    gates, of = _gates(fleet), {site: variant.name for variant in variants for site in variant.sites}
    return FleetPlan(
        name=fleet.name,
        cluster=fleet.target.cluster,
        region=hardware.region,
        country=hardware.country,
        cost=bill,
        budget_usd=fleet.budget.monthly_usd,
        warnings=warnings,
        assumed=(),
        namespace=governed.namespace(own, gpus=0, cpu=4, memory_gib=8, pods=10),
        hub=_hub(fleet, rings, own.ownership, gates, storage),
        monitoring=MonitoringSpec(
            ownership=own.ownership,
            door="",
            servers=(),
            aliases=(),
            availability_percent=workload.availability_percent,
            backups=False,
            hub=HUB,
            keda=False,
            operator=fleet.target.capabilities.prometheus_operator,
        ),
        storage_class=fleet.site.storage_class,
        variants=variants,
        sites=tuple(
            SitePlan(ring=rings[row.name], variant=of[row.name], agent=_agent(fleet, row, workload, gates))
            for row in rows
        ),
    )


def _refused(fleet: Fleet, hardware: Inventory, rows: tuple[Row, ...], workload: Scored) -> Iterator[Reason]:
    countries = workload.data.jurisdictions
    if hardware.country not in countries:
        text = (
            f"sites tell the hub what they do, it stands in {hardware.country}, and the data must stay in "
            f"{', '.join(countries)}: choose another target"
        )
        yield Reason(("target",), text)
    known = {ring.name for ring in fleet.rings}
    for row in rows:
        if row.ring and row.ring not in known:
            text = f"{row.where}: ring: there is no ring '{row.ring}'; choose {', '.join(sorted(known))}"
            yield Reason(("sites",), text)


def _empty(fleet: Fleet, rings: Mapping[str, str]) -> Iterator[Reason]:
    taken = set(rings.values())
    for index, ring in enumerate(fleet.rings):
        if ring.name not in taken:
            text = f"no site is left for '{ring.name}': there are {len(rings)} sites"
            yield Reason(("rings", index, "name"), text)


def _hub(fleet: Fleet, rings: Mapping[str, str], ownership: Ownership, gates: GatesSpec, storage_gib: int) -> HubSpec:
    target, places = fleet.target, {ring.name: index for index, ring in enumerate(fleet.rings)}
    return HubSpec(
        ownership=ownership,
        image=IMAGES["gateway"],
        keys=tuple(fleet.release_keys),
        rings=tuple(RingSpec(name=ring.name, soak_s=round(ring.soak_hours * 3600)) for ring in fleet.rings),
        sites=tuple(sorted((site, places[ring]) for site, ring in rings.items())),
        gates=gates,
        keep_days=fleet.keep_days,
        storage_gib=storage_gib,
        storage_class=target.storage_class,
        hostname=fleet.hostname,
        ingress_class=target.ingress_class,
        gateway_api=target.capabilities.gateway_api,
    )


def _rings(fleet: Fleet, rows: tuple[Row, ...]) -> dict[str, str]:
    """Each site's ring: its own word, else it is dealt, by its name's digest, so that rings have sites of all kinds."""
    found = {row.name: row.ring for row in rows if row.ring}
    left = sorted(
        (row.name for row in rows if not row.ring), key=lambda name: hashlib.sha256(name.encode()).hexdigest()
    )
    count = len(left)
    for ring in fleet.rings:
        last = ring is fleet.rings[-1]
        named = ring.sites if ring.sites is not None else math.ceil((ring.percent or 0) / 100 * count)
        taken, left = (left, []) if last else (left[:named], left[named:])
        found |= dict.fromkeys(taken, ring.name)
    return found


def _variant(kind: Kind) -> Variant:
    """Named for its first site."""
    return Variant(
        name=f"like-{kind.sites[0]}",
        content=kind.content,
        folder=kind.folder,
        plan=kind.plan,
        models=tuple((one.name, one.version, one.digest) for one in kind.blueprint.versions),
        sites=kind.sites,
    )


def _storage_gib(fleet: Fleet, rows: tuple[Row, ...], kinds: tuple[Kind, ...]) -> int:
    models = {(one.name, one.version): one.mib for kind in kinds for one in kind.blueprint.versions}
    reports = len(rows) * REPORTS_A_DAY * REPORT_BYTES * fleet.keep_days / 1024**3
    return math.ceil(RELEASES * sum(models.values()) / 1024 + reports) + 5


def _bill(variants: tuple[Variant, ...], storage_gib: int) -> Cost:
    lines: list[CostLine] = []
    for variant in variants:
        count, each = len(variant.sites), variant.plan.cost.total
        basis = f"{count} sites of {each:,.2f} USD"
        lines.append(CostLine(f"sites {variant.name}", Decimal(count) * each, basis))
    lines += [cost.volumes(storage_gib), CostLine(PROCESSORS, None, "the catalog has no price of processors")]
    return Cost(tuple(lines))


def _gates(fleet: Fleet) -> GatesSpec:
    gates = fleet.gates
    return GatesSpec(
        least_requests=gates.least_requests,
        margin=gates.margin_percent / 100,
        shift=gates.shift_percent / 100,
        rolled_back=gates.rolled_back_percent / 100,
        enough=gates.enough_percent / 100,
        silent_s=round(gates.silent_hours * 3600),
    )


def _agent(fleet: Fleet, row: Row, workload: Scored, gates: GatesSpec) -> SiteSpec:
    return SiteSpec(
        site=row.name,
        fleet=fleet.name,
        namespace=row.namespace or workload.name,
        keys=tuple(fleet.release_keys),
        gates=gates,
        ready_s=fleet.site.ready_minutes * 60,
        trial_s=round(fleet.site.trial_hours * 3600),
        correct=fleet.site.drift == "correct",
        window=row.window,
        zone=row.zone,
    )
