"""What AWS is, for decisions: pure data."""

from components.clouds.offer import Feature, Offer

OFFER = Offer(
    catalog="aws",
    zonal=True,
    system_machine="m7i.large",
    unsupported={
        Feature.FLEX_CAPACITY: "AWS has no flexible start: use a capacity block (reserved), on-demand or spot",
        Feature.TPU: "TPUs are Google's: choose a GPU or an accelerator of AWS",
        Feature.AMD: "AWS offers no AMD accelerators: choose another",
    },
)
