"""Options on hardware a team has."""

import functools
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from catalog import hardware, places, prices
from planning import constraints, demand
from planning.demand import HOURS_PER_MONTH, Fit
from planning.law import Territory
from planning.option import COMPLEXITY, LOCK_IN, Option, Rejected
from planning.workload import Site, Workload

REFERENCE = ("aws", "eu-central-1")


def sites(workload: Workload, territory: Territory) -> tuple[list[Option], list[Rejected], list[Option]]:
    """Options on hardware there is: those that do, those that do not, and those that carry part of the load."""
    found: list[Option] = []
    rejected: list[Rejected] = []
    partial: list[Option] = []
    edges = [one for one in workload.sites if one.kind == "edge"]
    for site in workload.sites:
        share = demand.scaled(workload, 1 / len(edges)) if site.kind == "edge" else workload
        reasons = constraints.targeted(workload, "owned") + constraints.capable(workload, "owned")
        reasons += territory.against(site.country)
        options, why = _on_site(share, site)
        if reasons or not options:
            rejected.append(Rejected(f"owned {site.name} ({site.country})", tuple(dict.fromkeys([*reasons, *why]))))
            continue
        full = [one for one in options if not one.unpriced.startswith("part")]
        low = [one for one in full if constraints.enough(one.availability, workload)]
        found += low
        if full and not low:
            text = constraints.seldom(site.availability_percent, workload)
            rejected.append(Rejected(f"owned {site.name} ({site.country})", (text,)))
        if not full:
            rejected.append(Rejected(f"owned {site.name} ({site.country})", tuple(dict.fromkeys(why))))
        partial += [one for one in options if one not in low]
    if edges:
        some = [*(one for one in found if one.site and one.site.kind == "edge"), *partial]
        found, rejected = _together(found, rejected, edges)
        whole = any(one.site and one.site.kind == "edge" for one in found)
        partial = [one for one in partial if one.site not in edges] if whole else _together(some, [], edges)[0]
    return found, rejected, partial


def _together(found: list[Option], rejected: list[Rejected], edges: list[Site]) -> tuple[list[Option], list[Rejected]]:
    """Edge sites serve their own people: all of them do, or the edge is no answer."""
    own = {one.site.name: one for one in found if one.site and one.site.kind == "edge"}
    rest = [one for one in found if not one.site or one.site.kind != "edge"]
    if len(own) < len(edges):
        missing = [one.name for one in edges if one.name not in own]
        if own:
            rejected = [*rejected, Rejected("owned edge sites", (f"{', '.join(missing)} cannot carry its share",))]
        return rest, rejected
    options = [own[one.name] for one in edges]
    first = options[0]
    countries = ", ".join(dict.fromkeys(one.country for one in options))
    return [
        *rest,
        replace(
            first,
            region="edge: " + ", ".join(one.region for one in options)
            if len(options) < 5
            else f"{len(options)} edge sites",
            country=countries,
            low=sum(one.low for one in options),
            expected=sum(one.expected for one in options),
            high=sum(one.high for one in options),
            first_ms=max(one.first_ms for one in options),
            whole_ms=max(one.whole_ms for one in options),
            availability=min(one.availability for one in options),
            replicas=sum(one.replicas for one in options),
            gpus=sum(one.gpus for one in options),
        ),
    ], rejected


def _on_site(workload: Workload, site: Site) -> tuple[list[Option], list[str]]:
    known = hardware.accelerator(site.accelerator) if site.accelerator else None
    if site.accelerator and known is None:
        return [], [f"the catalog does not know the accelerator '{site.accelerator}'"]
    if known is None and workload.work != "tabular":
        return [], [f"{site.name} has no accelerators"]
    fits, why = ([demand.tabular(workload)], []) if known is None else demand.fits(workload, known, site.gpus_per_node)
    network = (
        1.0
        if site.kind == "edge"
        else constraints.network_ms(places.countries()[site.country].place, constraints.users(workload))
    )
    options: list[Option] = []
    for fit in fits:
        if fit.gpus > site.gpus_per_node:
            why = [
                *why,
                f"a replica of {fit.label} takes {fit.gpus} accelerators in one node, there are {site.gpus_per_node}",
            ]
            continue
        first, whole = fit.first_ms + network, fit.whole_ms + network
        slow = constraints.floor_reason(workload, network, first, whole)
        if slow:
            why = [*why, slow]
            continue
        room = (
            site.cpus_per_node // demand.TABULAR_VCPUS if fit.gpus == 0 else site.gpus_per_node // fit.gpus
        ) * site.nodes
        replicas = demand.replicas_at_peak(workload, fit)
        part = ""
        if replicas > room:
            text = f"{fit.label}: {replicas} replicas are needed at the busiest, there is room for {room}"
            why = [*why, text]
            part = "part of the load"
            replicas = room
        usd, unpriced = _site_usd(site, fit, replicas, known)
        options.append(
            Option(
                "owned",
                "owned",
                site.name,
                site.country,
                fit.label,
                "owned",
                usd,
                usd,
                usd,
                first,
                whole,
                site.availability_percent,
                COMPLEXITY["owned"],
                LOCK_IN["owned"],
                replicas,
                fit.gpus * replicas,
                accelerator=known.name if known else "",
                fit=fit,
                site=site,
                unpriced=part or unpriced,
            )
        )
    return options, why


def _site_usd(site: Site, fit: Fit, replicas: int, known: hardware.Accelerator | None) -> tuple[float, str]:
    if site.usd_month is not None:
        if fit.gpus == 0:
            share = replicas * demand.TABULAR_VCPUS / (site.cpus_per_node * site.nodes)
        else:
            share = replicas * fit.gpus / (site.gpus_per_node * site.nodes)
        return site.usd_month * min(1.0, share), ""
    gpus = fit.gpus * replicas
    reference = reference_offer(known.name) if known else None
    if reference:
        cloud, region = REFERENCE
        return float(
            reference[0]
        ) * gpus * HOURS_PER_MONTH, f"{site.name} names no cost: it counts as on demand in {cloud} {region}"
    watts = (known.power_w or 0.0) * gpus if known else 0.0
    power = watts / 1000 * _pue() * _usd_kwh() * HOURS_PER_MONTH
    return power, f"{site.name} names no cost: only the power of its accelerators is counted"


@functools.cache
def reference_offer(accelerator: str) -> tuple[Decimal, hardware.Offer] | None:
    """USD an hour of one accelerator on demand in the reference region, and the offer; None where there is none."""
    found = [
        (one.ondemand / Decimal(str(one.count)), one.instance_type, one)
        for one in hardware.offers()
        if one.accelerator == accelerator
        and (one.cloud, one.region) == REFERENCE
        and one.count >= 1
        and one.ondemand is not None
    ]
    if not found:
        return None
    each, _, best = min(found, key=lambda one: one[:2])
    return each, best


def _figure(item: str) -> float:
    found = prices.owned(item)
    return float(found.value) if found and found.value is not None else 0.0


_pue: Callable[[], float] = functools.partial(_figure, "pue")
_usd_kwh: Callable[[], float] = functools.partial(_figure, "electricity_usd_kwh")
