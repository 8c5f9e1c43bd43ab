"""The catalog's tables: models, accelerators, offers and regions, each row with its source and date.

Blank means unknown and stays ``None``. Data lie beside this file in ``data/``.
"""

import csv
import functools
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Model:
    """A model with open weights. KV bytes are per token over all layers; None for encoders."""

    id: str
    kind: str
    params_b: float | None
    active_params_b: float | None
    layers: int | None
    kv_heads: int | None
    hidden_size: int | None
    bytes_per_param: dict[str, float]
    kv_bytes_per_token: dict[str, int]
    max_context: int
    licence: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A GPU. Dense TFLOPS; bandwidths in GB/s. ``product`` is the node label nvidia.com/gpu.product."""

    name: str
    product: str
    mem_gib: float
    mem_bw_gb_s: float
    bf16_tflops: float
    fp8_tflops: float | None
    power_w: int
    gpus_per_node: int
    intra_node_bw_gb_s: float
    mem_bw_efficiency: float
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An instance type in a region, on demand, USD per hour."""

    cloud: str
    instance_type: str
    accelerator: str
    count: int
    region: str
    ondemand_usd_hour: Decimal
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Region:
    """Where a region is, legally."""

    cloud: str
    region: str
    country: str
    jurisdiction: str
    in_eea: bool
    source: str
    as_of: str


@functools.cache
def models() -> dict[str, Model]:
    """Models by Hugging Face id."""
    return {row["hf_id"]: _model(row) for row in _rows("models")}


@functools.cache
def accelerators() -> dict[str, Accelerator]:
    """Accelerators by name."""
    found: dict[str, Accelerator] = {}
    for row in _rows("accelerators"):
        found[row["name"]] = Accelerator(
            row["name"],
            row["product"],
            float(row["mem_gib"]),
            float(row["mem_bw_gb_s"]),
            float(row["bf16_tflops"]),
            _float(row["fp8_tflops"]),
            int(row["power_w"]),
            int(row["gpus_per_node"]),
            float(row["intra_node_bw_gb_s"]),
            float(row["mem_bw_efficiency"]),
            row["source"],
            row["as_of"],
        )
    return found


@functools.cache
def offers() -> tuple[Offer, ...]:
    """Every instance offer."""
    return tuple(
        Offer(
            row["cloud"],
            row["instance_type"],
            row["accelerator"],
            int(row["count"]),
            row["region"],
            Decimal(row["ondemand_usd_hour"]),
            row["source"],
            row["as_of"],
        )
        for row in _rows("offers")
    )


@functools.cache
def regions() -> tuple[Region, ...]:
    """Every cloud region."""
    return tuple(
        Region(
            row["cloud"],
            row["region"],
            row["country"],
            row["jurisdiction"],
            row["in_eea"] == "1",
            row["source"],
            row["as_of"],
        )
        for row in _rows("regions")
    )


def accelerator_by_product(product: str) -> Accelerator | None:
    """The accelerator behind a node label; None for one the catalog does not know."""
    return next((one for one in accelerators().values() if one.product == product), None)


def _model(row: dict[str, str]) -> Model:
    return Model(
        row["hf_id"],
        row["kind"],
        _float(row["params_b"]),
        _float(row["active_params_b"]),
        int(row["layers"]) if row["layers"] else None,
        int(row["kv_heads"]) if row["kv_heads"] else None,
        int(row["hidden_size"]) if row["hidden_size"] else None,
        {
            name: float(row[f"bytes_per_param_{name}"])
            for name in ("bf16", "fp8", "int4")
            if row[f"bytes_per_param_{name}"]
        },
        {
            name: int(float(row[f"kv_bytes_per_token_{name}"]))
            for name in ("bf16", "fp8")
            if row[f"kv_bytes_per_token_{name}"]
        },
        int(row["max_context"]) if row["max_context"] else 0,
        row["licence"],
        row["source"],
        row["as_of"],
    )


def _float(text: str) -> float | None:
    return float(text) if text else None


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
