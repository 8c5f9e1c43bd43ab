"""What Google Cloud is, for decisions: pure data."""

from components.clouds.offer import Feature, Offer

OFFER = Offer(
    catalog="gcp",
    zonal=False,
    system_machine="e2-standard-4",
    pool_labels=("cloud.google.com/compute-class",),
    unsupported={
        Feature.NEURON: "Inferentia and Trainium are Amazon's: choose a GPU or a TPU",
        Feature.AMD: "Google Cloud offers no AMD accelerators: choose another",
    },
)

#: the node pool's name of an accelerator; TPUs come with their machine type. Source: GKE, "About GPUs"
ACCELERATOR_TYPES = {
    "A100-40GB": "nvidia-tesla-a100",
    "A100-80GB": "nvidia-a100-80gb",
    "B200": "nvidia-b200",
    "GB200": "nvidia-gb200",
    "H100": "nvidia-h100-80gb",
    "H100-80GB": "nvidia-h100-80gb",
    "H200": "nvidia-h200-141gb",
    "L4": "nvidia-l4",
    "RTX-PRO-6000": "nvidia-rtx-pro-6000",
    "T4": "nvidia-tesla-t4",
    "V100": "nvidia-tesla-v100",
}
