"""Where a model is trained, which may be elsewhere than where it serves."""

from catalog import hardware, places
from catalog.hardware import Offer
from planning import constraints, demand
from planning.clouds import unconfirmed
from planning.law import Territory
from planning.option import AVAILABILITY, CLOUDS, COMPLEXITY, LOCK_IN, Option, Rejected
from planning.workload import Workload


def best_training(workload: Workload, territory: Territory, rejected: list[Rejected]) -> Option | None:
    """The cheapest place to train, which may be another than the one that serves."""
    best: Option | None = None
    why: dict[str, list[str]] = {}
    patient = _patient(workload)
    regional = {place: constraints.region_reasons(patient, territory, *place) for place in places.regions()}
    runs = {name: demand.training(workload, one) for name, one in hardware.accelerators().items()}
    for offer in hardware.offers():
        place, run = (offer.cloud, offer.region), runs[offer.accelerator]
        if offer.location != "region" or offer.count < 1 or place not in regional:
            continue
        if unconfirmed(workload, offer):
            continue
        if regional[place]:
            country = places.regions()[place].country
            why.setdefault(f"{offer.cloud} {offer.region} ({country})", regional[place])
            continue
        if isinstance(run, str):
            why.setdefault(offer.accelerator, [run])
            continue
        one = _training_option(workload, offer, run)
        if one and (best is None or (one.expected, one.key) < (best.expected, best.key)):
            best = one
    if best is None:
        rejected += [Rejected(what, tuple(reasons)) for what, reasons in why.items()]
    return best


def _patient(workload: Workload) -> Workload:
    """The workload as its training sees it: nobody waits, and no site's uplink is in the way."""
    cut = (
        [one for one in workload.sites if one.uplink == "none"] if workload.work in ("training", "fine-tuning") else []
    )
    return workload.model_copy(update={"work": "batch", "sites": cut})


def _training_option(workload: Workload, offer: Offer, run: demand.Run) -> Option | None:
    price = offer.spot if "spot" in workload.purchases and offer.spot is not None else offer.ondemand
    if price is None:
        return None
    instances = -(-run.gpus // int(offer.count))
    if instances > 1 and offer.count < hardware.accelerators()[offer.accelerator].gpus_per_node:
        return None
    gpus = instances * int(offer.count)
    usd = run.gpu_hours_month / run.gpus * instances * float(price)
    country = places.regions()[offer.cloud, offer.region].country
    kind = "cloud" if offer.cloud in CLOUDS else "gpu-cloud"
    what = f"training on {gpus} x {offer.accelerator} for {run.hours:.1f} h"
    return Option(
        kind,
        offer.cloud,
        offer.region,
        country,
        what,
        "spot" if price is offer.spot else "on-demand",
        usd,
        usd,
        usd,
        0.0,
        run.hours * 3.6e6,
        AVAILABILITY[kind],
        COMPLEXITY[kind],
        LOCK_IN[kind],
        1,
        gpus,
        offer.instance_type,
        offer.accelerator,
        offer=offer,
    )
