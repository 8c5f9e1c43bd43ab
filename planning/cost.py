"""What a placement costs a month, each line with its source and date."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from catalog import facts
from catalog.inventory import Inventory

HOURS_PER_MONTH = Decimal(730)
REFERENCE = ("aws", "eu-central-1")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of a bill. ``usd`` is None when the price is not known."""

    item: str
    usd: Decimal | None
    basis: str


@dataclass(frozen=True, slots=True)
class Cost:
    """A month's bill in USD."""

    lines: tuple[CostLine, ...]

    @property
    def total(self) -> Decimal:
        """The sum of what is known."""
        return sum((line.usd for line in self.lines if line.usd is not None), Decimal(0))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The items without a price."""
        return tuple(line.item for line in self.lines if line.usd is None)


def gpus(item: str, inventory: Inventory, pool_name: str, count: int) -> CostLine:
    """The cost of GPUs in a pool: by the inventory's own price, else what the same GPUs cost on demand in a cloud."""
    pool = next(pool for pool in inventory.pools if pool.name == pool_name)
    if pool.accelerator is None:
        return CostLine(item, None, f"pool '{pool_name}' has no GPUs")
    if pool.monthly_usd_per_node is not None:
        share = Decimal(count) / Decimal(pool.accelerator.count)
        usd = Decimal(str(pool.monthly_usd_per_node)) * share
        return CostLine(
            item, _cents(usd), f"{count} of {pool.accelerator.count} GPUs of a node, price of the inventory"
        )
    known = facts.accelerator_by_product(pool.accelerator.product)
    offers = [
        offer
        for offer in facts.offers()
        if known and offer.accelerator == known.name and (offer.cloud, offer.region) == REFERENCE
    ]
    if not offers:
        return CostLine(item, None, f"no price is known for {pool.accelerator.product} in {REFERENCE[1]}")
    best = min(offers, key=lambda offer: (offer.ondemand_usd_hour / offer.count, offer.instance_type))
    usd = best.ondemand_usd_hour / best.count * count * HOURS_PER_MONTH
    basis = (
        f"{count} GPUs at the on-demand price of {best.cloud} {best.instance_type} in {best.region} "
        f"({best.ondemand_usd_hour} USD/h for {best.count}, as of {best.as_of})"
    )
    return CostLine(item, _cents(usd), basis)


def _cents(usd: Decimal) -> Decimal:
    return usd.quantize(CENT, ROUND_HALF_UP)
