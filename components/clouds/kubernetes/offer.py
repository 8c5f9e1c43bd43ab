"""What an attached cluster is, for decisions: pure data. Its hardware is in the inventory it names."""

from components.clouds.offer import Feature, Offer

_OWNED = "the nodes of an attached cluster are there or not: their capacity is owned, write `capacity: [on-demand]`"
_SHARED = "how an attached cluster's GPUs are shared is its operator's: name the MIG slices in the inventory"

OFFER = Offer(
    catalog="",
    zonal=False,
    system_machine="",
    pool_labels=(),
    unsupported={
        Feature.FLEX_CAPACITY: _OWNED,
        Feature.SPOT_CAPACITY: _OWNED,
        Feature.RESERVED_CAPACITY: _OWNED,
        Feature.MIG: _SHARED,
        Feature.TIME_SLICES: _SHARED,
        Feature.SCALE_TO_ZERO: "the nodes of an attached cluster do not go away: write the number there are",
        Feature.NEURON: "Inferentia and Trainium are Amazon's: choose a GPU",
        Feature.TPU: "TPUs are Google's: choose a GPU",
        Feature.REPLICAS: "copies of an attached service's buckets are its operator's: replicate them there",
        Feature.LOCKED_REPLICAS: "copies of an attached service's buckets are its operator's: replicate them there",
        Feature.PARALLEL_MODELS: "the parallel file system of an attached cluster is its storage class: name that one",
        Feature.PUBLIC_INGRESS: "the way into an attached cluster is its operator's: use the workload's hostname",
    },
)
