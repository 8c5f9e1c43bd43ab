"""Today's AWS prices, offerings and quotas, read with boto3 into a dated overlay file.

The Pricing API answers from us-east-1 for every region. What is read replaces prices of the same instance type and
region in the catalog, as long as it is newer.
"""

import csv
import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import hardware, tables

PRICING_REGION = "us-east-1"
FIELDS: tuple[str, ...] = (
    "cloud",
    "instance_type",
    "accelerator",
    "count",
    "mem_gib_each",
    "vcpu",
    "memory_gib",
    "region",
    "location",
    "ondemand",
    "spot",
    "spot_estimate",
    "reserved_1y",
    "source",
    "as_of",
    "notes",
)
SOURCE = "AWS Price List Query API"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What was read. ``quotas`` are (region, name, value) of running accelerator instances."""

    file: Path
    offers: int
    notes: tuple[str, ...]
    quotas: tuple[tuple[str, str, float], ...]


def aws(regions: tuple[str, ...], into: Path, session: Any = None) -> Refreshed:
    """Read prices and offerings of the catalog's instance types in regions; write ``aws-<date>.csv``.

    Raises:
        OSError: AWS or the folder cannot be reached; names which and the way out.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    found: Any = session or boto3.Session()
    known = {row["instance_type"]: row for row in tables.rows("offers") if row["cloud"] == "aws"}
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    quotas: list[tuple[str, str, float]] = []
    try:
        pricing = found.client("pricing", region_name=PRICING_REGION)
        for region in regions:
            offered = _offered(found.client("ec2", region_name=region), sorted(known))
            for kind in sorted(offered):
                price = _on_demand(pricing, kind, region)
                if price is None:
                    notes.append(f"{kind} is offered in {region}, its price was not found")
                    continue
                rows.append(
                    {
                        **known[kind],
                        "region": region,
                        "location": "region",
                        "ondemand": price,
                        "spot": "",
                        "spot_estimate": "",
                        "reserved_1y": "",
                        "source": SOURCE,
                        "as_of": today,
                        "notes": "",
                    }
                )
            try:
                quotas += quotas_of(found.client("service-quotas", region_name=region), region)
            except ClientError as error:
                notes.append(f"the quotas in {region} could not be read: {error.response['Error']['Code']}")
    except (BotoCoreError, ClientError) as error:
        message = f"AWS cannot be read: {error}. The catalog is as it was; check credentials, region and network"
        raise OSError(message) from error
    into.mkdir(parents=True, exist_ok=True)
    file = into / f"aws-{today}.csv"
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    hardware.offers.cache_clear()
    return Refreshed(file, len(rows), tuple(notes), tuple(quotas))


def _offered(ec2: Any, wanted: list[str]) -> set[str]:
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(LocationType="region")
    offered = {one["InstanceType"] for page in pages for one in page["InstanceTypeOfferings"]}
    return offered & set(wanted)


def _on_demand(pricing: Any, kind: str, region: str) -> str | None:
    """The on-demand price of a Linux instance on shared hardware, USD an hour."""
    wanted = {
        "instanceType": kind,
        "regionCode": region,
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
    }
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    answer = pricing.get_products(ServiceCode="AmazonEC2", Filters=filters, MaxResults=10)
    for text in answer["PriceList"]:
        product: Any = json.loads(text)
        for term in product.get("terms", {}).get("OnDemand", {}).values():
            for dimension in term["priceDimensions"].values():
                usd = dimension["pricePerUnit"].get("USD", "0")
                if dimension["unit"] == "Hrs" and float(usd) > 0:
                    return f"{float(usd):.10g}"
    return None


def quotas_of(quotas: Any, region: str) -> list[tuple[str, str, float]]:
    """The quotas of running accelerator instances: region, name and number of processors."""
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="ec2")
    found = [one for page in pages for one in page["Quotas"]]
    families = ("G and VT", "P instances", "Inf instances", "Trn instances")
    return [
        (region, one["QuotaName"], float(one["Value"]))
        for one in found
        if one["QuotaName"].startswith("Running On-Demand") and any(family in one["QuotaName"] for family in families)
    ]
