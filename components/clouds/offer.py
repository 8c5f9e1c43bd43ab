"""What a kind of target can do, for decisions: pure data. What it cannot, it says in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from components.ownership import PREFIX


class Feature(StrEnum):
    """What a platform may ask for beyond what every target has."""

    FLEX_CAPACITY = "capacity: flex"
    SPOT_CAPACITY = "capacity: spot"
    RESERVED_CAPACITY = "capacity: reserved"
    MIG = "sharing: mig"
    TIME_SLICES = "sharing: time_slices"
    MULTI_NODE = "multi_node"
    SCALE_TO_ZERO = "nodes: least 0"
    NEURON = "an accelerator of AWS"
    TPU = "an accelerator of Google"
    AMD = "an accelerator of AMD"
    OBJECT_STORES = "stores.objects"
    LOCKED_OBJECTS = "stores.objects: locked_days"
    REPLICAS = "stores.objects: replica_region"
    LOCKED_REPLICAS = "stores.objects: replica_region with locked_days"
    WAREHOUSE = "stores.warehouse"
    PARALLEL_MODELS = "stores.models: parallel"
    PUBLIC_INGRESS = "network.public_ingress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """``catalog`` is the cloud's name in the catalog; ``zonal`` tells that subnets belong to zones.

    ``pool_labels`` are labels whose value is the pool's name: pods select a pool by them.
    """

    catalog: str
    zonal: bool
    system_machine: str
    unsupported: Mapping[Feature, str]
    pool_labels: tuple[str, ...] = (f"{PREFIX}/pool",)
