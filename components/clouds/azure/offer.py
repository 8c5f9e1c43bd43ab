"""What Azure is, for decisions: pure data."""

from components.clouds.offer import Feature, Offer

OFFER = Offer(
    catalog="azure",
    zonal=False,
    system_machine="Standard_D4ds_v5",
    unsupported={
        Feature.LOCKED_REPLICAS: "Azure does not replicate blobs whose versions are locked: leave out one of the two",
        Feature.FLEX_CAPACITY: "Azure has no flexible start: use reserved, on-demand or spot",
        Feature.NEURON: "Inferentia and Trainium are Amazon's: choose a GPU",
        Feature.TPU: "TPUs are Google's: choose a GPU",
    },
)
