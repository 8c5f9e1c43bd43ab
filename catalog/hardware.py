"""Accelerators, and the instances clouds offer them in, with their prices."""

import functools
import os
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from catalog import tables
from catalog.tables import Row, known, money, number

OVERLAYS = "DOMICILE_CATALOG_OVERLAYS"


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One accelerator. Dense TFLOPS, bandwidths in GB/s, memory in GiB; ``product`` is its node label's value.

    ``fp8_tflops`` and ``fp4_tflops`` are None without such arithmetic.
    """

    name: str
    vendor: str
    product: str
    aliases: tuple[str, ...]
    generation: str
    mem_gib: float
    mem_bw_gb_s: float
    bf16_tflops: float
    fp8_tflops: float | None
    fp4_tflops: float | None
    power_w: float | None
    gpus_per_node: int
    intra_node_bw_gb_s: float
    source: str
    as_of: str
    notes: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An instance type in a region, USD per hour; a price that is not known is None.

    ``count`` is below one for a slice of an accelerator. ``location`` is region, local_zone, wavelength or country.
    ``spot_estimate`` is derived from a discount, not read from a price list.
    """

    cloud: str
    instance_type: str
    accelerator: str
    count: float
    mem_gib_each: float
    vcpu: int
    memory_gib: float
    region: str
    location: str
    ondemand: Decimal | None
    spot: Decimal | None
    spot_estimate: Decimal | None
    reserved_1y: Decimal | None
    source: str
    as_of: str
    notes: str


@functools.cache
def accelerators() -> dict[str, Accelerator]:
    """Accelerators by name."""
    return {row["name"]: _accelerator(row) for row in tables.rows("accelerators")}


@functools.cache
def accelerator(name: str) -> Accelerator | None:
    """The accelerator of a name, an alias or a node label's value; None when the catalog does not know it."""
    wanted = _plain(name)
    for one in accelerators().values():
        if wanted in (_plain(one.name), _plain(one.product), *map(_plain, one.aliases)):
            return one
    return None


@functools.cache
def offers() -> tuple[Offer, ...]:
    """Every offer; prices of a newer overlay replace those of the catalog."""
    newer = {
        (row["cloud"], row["instance_type"], row["region"]): row for file in overlays() for row in tables.read(file)
    }
    found: list[Offer] = []
    for row in tables.rows("offers"):
        replaced = newer.pop((row["cloud"], row["instance_type"], row["region"]), None)
        found.append(_offer({**row, **replaced} if replaced and replaced["as_of"] >= row["as_of"] else row))
    return (*found, *(_offer(row) for row in newer.values()))


def overlays() -> list[Path]:
    """The overlay files, oldest first: in DOMICILE_CATALOG_OVERLAYS, else beside the catalog's data."""
    folder = Path(os.environ.get(OVERLAYS) or tables.DATA / "overlays")
    return sorted(folder.glob("*.csv"), key=lambda file: file.name)


def _accelerator(row: Row) -> Accelerator:
    return Accelerator(
        name=row["name"],
        vendor=row["vendor"],
        product=row["product"],
        aliases=tuple(row["aliases"].split()),
        generation=row["generation"],
        mem_gib=float(row["mem_gib"]),
        mem_bw_gb_s=float(row["mem_bw_gb_s"]),
        bf16_tflops=float(row["bf16_tflops"]),
        fp8_tflops=known(row["fp8_tflops"], float),
        fp4_tflops=known(row["fp4_tflops"], float),
        power_w=known(row["power_w"], float),
        gpus_per_node=int(row["gpus_per_node"]),
        intra_node_bw_gb_s=float(row["intra_node_bw_gb_s"]),
        source=row["source"],
        as_of=row["as_of"],
        notes=row["notes"],
    )


def _offer(row: Row) -> Offer:
    return Offer(
        row["cloud"],
        row["instance_type"],
        row["accelerator"],
        float(row["count"]),
        number(row["mem_gib_each"]),
        int(number(row["vcpu"])),
        number(row["memory_gib"]),
        row["region"],
        row["location"],
        money(row["ondemand"]),
        money(row["spot"]),
        money(row["spot_estimate"]),
        money(row["reserved_1y"]),
        row["source"],
        row["as_of"],
        row["notes"],
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().removeprefix("nvidia"))
