"""What things cost beside accelerators: hosted models, services of clouds, owned hardware."""

import functools
from dataclasses import dataclass
from decimal import Decimal

from catalog import tables
from catalog.tables import money


@dataclass(frozen=True, slots=True)
class Hosted:
    """A model behind somebody's API, USD per million tokens. ``same_weights_as`` names the open model it serves."""

    id: str
    provider: str
    mode: str
    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_input_usd_per_mtok: Decimal | None
    same_weights_as: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Service:
    """The price of a cloud's service, USD per ``unit``."""

    category: str
    cloud: str
    region: str
    item: str
    unit: str
    usd: Decimal
    source: str
    as_of: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Owned:
    """A figure for owned hardware; None where none was found."""

    item: str
    applies_to: str
    value: Decimal | None
    unit: str
    source: str
    as_of: str
    confidence: str


@functools.cache
def hosted() -> tuple[Hosted, ...]:
    """Hosted models with a price."""
    return tuple(
        Hosted(
            row["id"],
            row["provider"],
            row["mode"],
            Decimal(row["input_usd_per_mtok"]),
            money(row["output_usd_per_mtok"]) or Decimal(0),
            money(row["cached_input_usd_per_mtok"]),
            row["same_weights_as"],
            row["source"],
            row["as_of"],
        )
        for row in tables.rows("hosted")
    )


@functools.cache
def services() -> tuple[Service, ...]:
    """Prices of services."""
    return tuple(
        Service(
            row["category"],
            row["cloud"],
            row["region"],
            row["item"],
            row["unit"],
            Decimal(row["price_usd"]),
            row["source"],
            row["as_of"],
            row["confidence"],
        )
        for row in tables.rows("services")
    )


@functools.cache
def service(category: str, cloud: str, region: str, words: str) -> Service | None:
    """The price of an item whose name contains ``words``: of the region, else of the cloud's first listed one."""
    fitting = [
        one
        for one in services()
        if (one.category, one.cloud) == (category, cloud) and words.lower() in one.item.lower()
    ]
    return next((one for one in fitting if one.region == region), fitting[0] if fitting else None)


@functools.cache
def owned(item: str, applies_to: str = "") -> Owned | None:
    """A figure for owned hardware, of ``applies_to`` or of anything; None when the catalog has none."""
    found = [
        Owned(
            row["item"],
            row["applies_to"],
            money(row["value"]),
            row["unit"],
            row["source"],
            row["as_of"],
            row["confidence"],
        )
        for row in tables.rows("onprem")
        if row["item"] == item and (not applies_to or row["applies_to"] == applies_to)
    ]
    return found[0] if found else None
