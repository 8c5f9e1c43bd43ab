"""Whether the catalog is whole, and what of it is old."""

import datetime as dt

from catalog import hardware, models, places, prices, tables

OLD_DAYS = 365
ZONES_WITHOUT_COUNTRY = ("local_zone", "wavelength")


def problems() -> list[str]:
    """Everything that is wrong; empty when nothing is."""
    return [*_offers(), *_regions(), *_others(), *_sources()]


def old(today: dt.date | None = None) -> list[str]:
    """How many rows of each table are dated more than a year before ``today``, or have no date."""
    limit = ((today or dt.datetime.now(tz=dt.UTC).date()) - dt.timedelta(days=OLD_DAYS)).isoformat()
    found: list[str] = []
    for name in ("offers", "services", "onprem", "hosted"):
        late = [row for row in tables.rows(name) if row["as_of"][:10] < limit[: len(row["as_of"][:10])]]
        if late:
            found.append(f"{len(late)} of {len(tables.rows(name))} rows of {name} are from before {limit}")
    return found


def _offers() -> list[str]:
    found: list[str] = []
    for one in hardware.offers():
        name = f"offer {one.cloud} {one.instance_type} in {one.region}"
        amounts = (one.ondemand, one.spot, one.spot_estimate, one.reserved_1y)
        found += [f"{name}: a price of {usd}" for usd in amounts if usd is not None and usd <= 0]
        if one.accelerator not in hardware.accelerators():
            found.append(f"{name}: no accelerator '{one.accelerator}'")
        if one.location not in ZONES_WITHOUT_COUNTRY and (one.cloud, one.region) not in places.regions():
            found.append(f"{name}: no such region")
        if one.count <= 0:
            found.append(f"{name}: {one.count} accelerators")
    return found


def _regions() -> list[str]:
    found: list[str] = []
    for one in places.regions().values():
        name = f"region {one.cloud} {one.region}"
        if one.country and one.country not in places.countries():
            found.append(f"{name}: no country '{one.country}'")
        if not one.country and not one.partition.startswith("aws-"):
            found.append(f"{name}: no country")
    return found


def _others() -> list[str]:
    found = [
        f"hosted {one.id}: a negative price"
        for one in prices.hosted()
        if min(one.input_usd_per_mtok, one.output_usd_per_mtok) < 0
    ]
    found += [
        f"hosted {one.id}: serves '{one.same_weights_as}', which is no model"
        for one in prices.hosted()
        if one.same_weights_as and one.same_weights_as not in models.models()
    ]
    found += [f"service {one.cloud} {one.item}: a negative price" for one in prices.services() if one.usd < 0]
    for one in hardware.accelerators().values():
        if min(one.mem_gib, one.mem_bw_gb_s, one.bf16_tflops, one.gpus_per_node) <= 0:
            found.append(f"accelerator {one.name}: a figure is not positive")
    for one in models.models().values():
        if one.params_b is not None and one.dense_b + one.routed_b + one.embed_b > one.params_b * 1.05:
            found.append(f"model {one.id}: its parts are more than the whole")
    return found


def _sources() -> list[str]:
    found: list[str] = []
    for name in (
        "accelerators",
        "offers",
        "models",
        "hosted",
        "services",
        "regions",
        "countries",
        "onprem",
        "quantization",
        "calibration",
    ):
        found += [
            f"{name}, row {index}: no {column}"
            for index, row in enumerate(tables.rows(name), start=2)
            for column in ("source", "as_of")
            if not row.get(column)
        ]
    return found
