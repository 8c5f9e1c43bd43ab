"""What a platform asks for beyond what every target has, and where it says so. Pure."""

from collections.abc import Iterator

from blueprints.platform.model import Platform, Pool, Warehouse
from blueprints.refusal import Reason
from catalog import hardware
from components.clouds.offer import Feature, Offer
from components.gpu_pool.spec import CapacityKind

Path = tuple[str | int, ...]
KINDS = {
    CapacityKind.FLEX: Feature.FLEX_CAPACITY,
    CapacityKind.SPOT: Feature.SPOT_CAPACITY,
    CapacityKind.RESERVED: Feature.RESERVED_CAPACITY,
}
VENDORS = {"aws": Feature.NEURON, "google": Feature.TPU, "amd": Feature.AMD}


def refused(blueprint: Platform, offer: Offer) -> list[Reason]:
    """Why the target does not have what is asked for, in its own words."""
    return [
        Reason(path, offer.unsupported[feature]) for feature, path in asked(blueprint) if feature in offer.unsupported
    ]


def asked(blueprint: Platform) -> Iterator[tuple[Feature, Path]]:
    """Every feature that is asked for, with the place."""
    for index, pool in enumerate(blueprint.pools):
        yield from _of_pool(pool, ("pools", index))
    stores = blueprint.stores
    for index, objects in enumerate(stores.objects):
        yield Feature.OBJECT_STORES, ("stores", "objects", index)
        if objects.locked_days is not None:
            yield Feature.LOCKED_OBJECTS, ("stores", "objects", index, "locked_days")
        if objects.replica_region:
            kind = Feature.REPLICAS if objects.locked_days is None else Feature.LOCKED_REPLICAS
            yield kind, ("stores", "objects", index, "replica_region")
    if stores.models is not None and stores.models.parallel:
        yield Feature.PARALLEL_MODELS, ("stores", "models", "parallel")
    if isinstance(stores.warehouse, Warehouse):
        yield Feature.WAREHOUSE, ("stores", "warehouse")
    if blueprint.network.public_ingress:
        yield Feature.PUBLIC_INGRESS, ("network", "public_ingress")


def _of_pool(pool: Pool, at: Path) -> Iterator[tuple[Feature, Path]]:
    for number, kind in enumerate(pool.kinds):
        if kind in KINDS:
            yield KINDS[kind], (*at, "capacity", number)
    if pool.sharing.mig_profile:
        yield Feature.MIG, (*at, "sharing", "mig_profile")
    if pool.sharing.time_slices > 1:
        yield Feature.TIME_SLICES, (*at, "sharing", "time_slices")
    if pool.multi_node:
        yield Feature.MULTI_NODE, (*at, "multi_node")
    if pool.nodes.least == 0:
        yield Feature.SCALE_TO_ZERO, (*at, "nodes", "least")
    accelerator = hardware.accelerator(pool.accelerator)
    if accelerator is not None and accelerator.vendor in VENDORS:
        yield VENDORS[accelerator.vendor], (*at, "accelerator")
