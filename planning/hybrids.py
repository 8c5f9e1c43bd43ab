"""A base with a cloud beside it: owned hardware that bursts, or a place whose failure another takes over."""

import math
from dataclasses import replace

from planning import clouds, constraints, demand, sizing
from planning.option import COMPLEXITY, Option, Rejected
from planning.workload import Workload


def hybrids(workload: Workload, beside: list[Option], bases: list[Option]) -> tuple[list[Option], list[Rejected]]:
    """A base, and a cloud beside it for what it cannot carry: bursts, or taking over when it fails."""
    if not bases or not workload.burst:
        return [], []
    reasons = constraints.capable(workload, "hybrid")
    if not beside:
        reasons.append("no cloud may take what the base cannot carry")
    if reasons:
        return [], [Rejected("a base with a cloud beside it", tuple(reasons))]
    found: list[Option] = []
    near = cheapest(beside)
    for base in bases:
        for cloud in near:
            if (cloud.target, cloud.region) != (base.target, base.region):
                made = _burst(workload, base, cloud)
                if made and made.availability >= workload.objectives.availability_percent:
                    found.append(made)
    return found, []


def cheapest(in_clouds: list[Option]) -> list[Option]:
    """For each region the cheapest on-demand option."""
    best: dict[tuple[str, str], Option] = {}
    for one in in_clouds:
        if one.purchase == "on-demand":
            at = (one.target, one.region)
            if at not in best or (one.expected, one.key) < (best[at].expected, best[at].key):
                best[at] = one
    return sorted(best.values(), key=lambda one: (one.expected, one.key))[:10]


def _burst(workload: Workload, base: Option, cloud: Option) -> Option | None:
    if cloud.fit is None or cloud.offer is None:
        return None
    carried = math.inf
    if base.site and base.fit:
        carried = max(0, base.replicas - demand.spare(workload)) * base.fit.requests_per_s * sizing.UTILISATION
    each = clouds.per_instance(cloud.offer, cloud.fit)

    def instances(rate: float) -> int:
        over = rate - carried
        return math.ceil(sizing.needed(over, cloud.fit.requests_per_s) / each) if over > 1e-9 and cloud.fit else 0

    least, mean = demand.spread((instances(rate), hours) for rate, hours in demand.levels(workload))
    usd = float(cloud.offer.ondemand or 0) * demand.HOURS_PER_MONTH
    standing = 1 if base.availability < workload.objectives.availability_percent else 0
    most = max(instances(demand.peak(workload)), standing)
    failing = (100 - base.availability) * (100 - cloud.availability) / 100
    mean = max(mean, float(standing))
    return replace(
        base,
        kind="hybrid",
        region=f"{base.region} + {cloud.target} {cloud.region}",
        country=base.country if base.country == cloud.country else f"{base.country}, {cloud.country}",
        what=f"{base.what}, the rest on {cloud.accelerator}",
        purchase=f"{base.purchase}, then {cloud.purchase}",
        low=base.low + max(least, standing) * usd,
        expected=base.expected + mean * usd,
        high=base.high + most * usd,
        first_ms=max(base.first_ms, cloud.first_ms),
        whole_ms=max(base.whole_ms, cloud.whole_ms),
        availability=100 - failing,
        complexity=COMPLEXITY["hybrid"],
        lock_in=(base.lock_in + cloud.lock_in) / 2,
        replicas=base.replicas + int(most * each),
        gpus=base.gpus + int(most * each * cloud.fit.gpus),
        offer=cloud.offer,
        second=cloud,
        unpriced="",
    )
