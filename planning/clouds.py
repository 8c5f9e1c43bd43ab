"""Options in clouds and GPU clouds."""

import math
from dataclasses import dataclass

from catalog import hardware, places
from catalog.hardware import Offer
from catalog.places import Place
from planning import constraints, demand
from planning.demand import HOURS_PER_MONTH, Fit, Replicas
from planning.law import Territory
from planning.option import (
    AVAILABILITY,
    CLOUDS,
    COMPLEXITY,
    LOCK_IN,
    OWN_CHIPS,
    SPOT_AVAILABILITY,
    WITHOUT_SPARE,
    Option,
    Rejected,
)
from planning.workload import Workload

_Way = tuple[str, str, int, str]
LOCATIONS = ("region", "country")
_UNCONFIRMED = "availability varies"
_NO_REGIONS = "the price list names no regions, so whether it is offered here is not known; name it in targets"


def clouds(workload: Workload, territory: Territory) -> tuple[list[Option], list[Rejected], list[Option]]:
    """Options in clouds and GPU clouds: those that do, what does not, and those that are only too seldom available."""
    found: dict[_Way, Option] = {}
    standby: dict[_Way, Option] = {}
    reasons: dict[str, list[str]] = {}
    regional: dict[tuple[str, str], list[str]] = {}
    fits: dict[str, tuple[list[Fit], list[str]]] = {}
    asked = _Asked(workload, _Counts(workload), constraints.users(workload), reasons, found, standby)
    for cloud, region in places.regions():
        regional[cloud, region] = constraints.region_reasons(workload, territory, cloud, region)
    for offer in hardware.offers():
        place = (offer.cloud, offer.region)
        if offer.location not in LOCATIONS or place not in regional or regional[place]:
            continue
        if unconfirmed(workload, offer):
            country = places.regions()[place].country
            reasons[f"{offer.cloud} {offer.region} ({country})"] = [_NO_REGIONS]
            continue
        if offer.accelerator not in fits:
            fits[offer.accelerator] = demand.fits(workload, hardware.accelerators()[offer.accelerator])
            if fits[offer.accelerator][1]:
                reasons[offer.accelerator] = fits[offer.accelerator][1]
        for fit in fits[offer.accelerator][0]:
            _consider(asked, offer, fit)
    there = {(offer.cloud, offer.region) for offer in hardware.offers() if offer.location in LOCATIONS}
    for place, why in regional.items():
        if place not in there:
            why.append("the catalog has no offer with a price there")
    rejected = [
        Rejected(f"{cloud} {region} ({places.regions()[cloud, region].country})", tuple(dict.fromkeys(why)))
        for (cloud, region), why in regional.items()
        if why
    ]
    rejected += [Rejected(what, tuple(dict.fromkeys(why))) for what, why in reasons.items()]
    return list(found.values()), rejected, list(standby.values())


class _Counts:
    """Instances a fit needs, by how many replicas one instance holds; worked out once."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._replicas: dict[int, Replicas] = {}
        self._instances: dict[tuple[int, float], tuple[float, float, int]] = {}

    def replicas(self, fit: Fit) -> Replicas:
        """Replicas of a week."""
        if id(fit) not in self._replicas:
            self._replicas[id(fit)] = demand.replicas(self._workload, fit)
        return self._replicas[id(fit)]

    def instances(self, fit: Fit, each: float) -> tuple[float, float, int]:
        """Instances at the quietest, on average and at the peak."""
        found = self._instances.get((id(fit), each))
        if found is None:
            found = self._instances[id(fit), each] = instances(self.replicas(fit), each)
        return found


def instances(replicas: Replicas, each: float) -> tuple[float, float, int]:
    """Instances of ``each`` replicas at the quietest, on average and at the peak."""
    least, mean = demand.spread((math.ceil(one / each), hours) for one, hours in replicas.by_level)
    return least, mean, math.ceil(replicas.peak / each)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the options of one decision have in common; ``standby`` takes those that fail by availability alone.

    Of instances that serve one way in one region only the cheapest is kept: the others are worse in nothing else.
    """

    workload: Workload
    counts: _Counts
    people: tuple[Place, ...]
    reasons: dict[str, list[str]]
    found: dict[_Way, Option]
    standby: dict[_Way, Option]


def _consider(asked: _Asked, offer: Offer, fit: Fit) -> None:
    workload, counts, people, reasons = asked.workload, asked.counts, asked.people, asked.reasons
    each = per_instance(offer, fit)
    if each == 0:
        return
    known = places.regions()[offer.cloud, offer.region]
    network = constraints.network_ms(known.place, people)
    first, whole = fit.first_ms + network, fit.whole_ms + network
    slow = constraints.floor_reason(workload, network, first, whole)
    where = f"{offer.cloud} {offer.region} ({known.country})"
    if slow:
        reasons.setdefault(where, []).append(slow)
        return
    quiet, mean, most = counts.instances(fit, each)
    replicas = counts.replicas(fit).peak
    kind = "cloud" if offer.cloud in CLOUDS else "gpu-cloud"
    chips = offer.accelerator.startswith(("Inferentia", "Trainium", "TPU"))
    for purchase in workload.purchases:
        price = monthly(offer, purchase, quiet, mean, most)
        if price is None:
            continue
        availability = AVAILABILITY[kind] if purchase != "spot" else SPOT_AVAILABILITY
        if demand.spare(workload) == 0:
            availability = min(availability, WITHOUT_SPARE)
        enough = constraints.enough(availability, workload)
        kept, way = asked.found if enough else asked.standby, (offer.cloud, offer.region, id(fit), purchase)
        if not enough:
            reasons.setdefault(f"{where}, {purchase}", []).append(constraints.seldom(availability, workload))
        if way in kept and (kept[way].expected, kept[way].instance) <= (price[1], offer.instance_type):
            continue
        kept[way] = Option(
            kind,
            offer.cloud,
            offer.region,
            known.country,
            fit.label,
            purchase,
            *price,
            first,
            whole,
            availability,
            COMPLEXITY[kind] + (OWN_CHIPS if chips else 0.0),
            LOCK_IN["own-chips" if chips else kind],
            replicas,
            fit.gpus * replicas,
            offer.instance_type,
            offer.accelerator,
            fit,
            offer,
        )


def unconfirmed(workload: Workload, offer: Offer) -> bool:
    """Whether nobody says that the offer is there, and the workload does not ask for its cloud by name."""
    return _UNCONFIRMED in offer.notes and offer.cloud not in workload.targets


def per_instance(offer: Offer, fit: Fit) -> float:
    """How many replicas one instance holds; a share of one where a replica spans instances that are whole nodes."""
    if fit.gpus == 0:
        return offer.vcpu // demand.TABULAR_VCPUS if offer.count <= 1 else 0
    if offer.count < 1:
        return 1 if fit.slice_gib is not None and fit.slice_gib <= offer.mem_gib_each else 0
    whole = offer.count == hardware.accelerators()[offer.accelerator].gpus_per_node
    if fit.gpus > offer.count:
        return offer.count / fit.gpus if whole and fit.gpus % offer.count == 0 else 0
    return int(offer.count) // fit.gpus


def monthly(offer: Offer, purchase: str, quiet: float, mean: float, most: float) -> tuple[float, float, float] | None:
    """USD a month at the quietest, as the load goes, and at the peak; None when there is no such price."""
    on_demand = float(offer.ondemand) if offer.ondemand is not None else None
    if purchase == "on-demand":
        return _hours(on_demand, quiet, mean, most)
    if purchase == "spot":
        spot = offer.spot if offer.spot is not None else offer.spot_estimate
        return _hours(float(spot) if spot is not None else None, quiet, mean, most)
    if offer.reserved_1y is None:
        return None
    reserved = float(offer.reserved_1y)
    beyond = on_demand if on_demand is not None else reserved
    base = quiet * reserved * HOURS_PER_MONTH
    return base, base + (mean - quiet) * beyond * HOURS_PER_MONTH, base + (most - quiet) * beyond * HOURS_PER_MONTH


def _hours(usd: float | None, *instances: float) -> tuple[float, float, float] | None:
    if usd is None:
        return None
    low, expected, high = (one * usd * HOURS_PER_MONTH for one in instances)
    return low, expected, high
