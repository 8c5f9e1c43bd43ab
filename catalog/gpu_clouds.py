"""Clouds that rent GPUs as Kubernetes clusters: which label of their nodes names the accelerator, and its price."""

from decimal import Decimal

from catalog import hardware, tables
from catalog.hardware import Offer

#: what NVIDIA's feature discovery calls it, where a cloud has no label of its own
PRODUCT_LABEL = "nvidia.com/gpu.product"


def label(cloud: str, product: str) -> tuple[str, str] | None:
    """The label and the value by which nodes with an accelerator are chosen; None where the cloud has no name for it.

    An accelerator goes by its product, such as ``NVIDIA-L40S``; a blank cloud is nobody's: a cluster of one's own.
    """
    if not cloud:
        return PRODUCT_LABEL, product
    known = hardware.accelerator(product)
    for row in tables.rows("gpu-clouds"):
        if row["cloud"] == cloud and row["accelerator"] in ("", known.name if known else None):
            return row["label"], row["value"] or product
    return None


def offer(cloud: str, region: str, product: str) -> tuple[Decimal, Offer] | None:
    """The price of one accelerator for an hour in a region of a cloud, and the cheapest offer it is of."""
    known = hardware.accelerator(product)
    priced = [
        (one.ondemand / Decimal(str(one.count)), one)
        for one in hardware.offers()
        if known and (one.cloud, one.region, one.accelerator) == (cloud, region, known.name) and one.ondemand
    ]
    return min(priced, key=lambda found: (found[0], found[1].instance_type), default=None)
