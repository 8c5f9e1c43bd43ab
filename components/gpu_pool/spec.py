"""What a GPU pool is: which accelerators, how they are obtained, and how they are shared."""

from dataclasses import dataclass
from enum import StrEnum

from components.ownership import PREFIX, Ownership


class CapacityKind(StrEnum):
    """How nodes are obtained, in the order a pool tries. It is no price."""

    RESERVED = "reserved"
    ON_DEMAND = "on-demand"
    FLEX = "flex"
    SPOT = "spot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How one accelerator serves several pods: a MIG profile and how many it gives, or time slices."""

    mig_profile: str = ""
    slices: int = 0
    time_slices: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuPoolSpec:
    """``product`` is the node label's value; ``reservation`` names reserved capacity. Nodes scale from ``least``."""

    name: str
    ownership: Ownership
    purpose: str
    accelerator: str
    vendor: str
    product: str
    instance_type: str
    per_node: int
    zones: tuple[str, ...]
    least: int
    most: int
    capacity: tuple[CapacityKind, ...]
    sharing: Sharing
    multi_node: bool
    reservation: str = ""
    disk_gib: int = 500

    @property
    def labels(self) -> dict[str, str]:
        """Labels of its nodes, the same on every cloud: workloads select on these and on nothing else."""
        return {
            f"{PREFIX}/pool": self.name,
            f"{PREFIX}/purpose": self.purpose,
            f"{PREFIX}/accelerator": self.accelerator,
            "nvidia.com/gpu.product": self.product,
        }

    @property
    def taint(self) -> tuple[str, str, str]:
        """Key, value and effect of the taint that keeps other pods away."""
        return (self.resource, "present", "NoSchedule")

    @property
    def resource(self) -> str:
        """The extended resource its accelerators are requested by."""
        return {"nvidia": "nvidia.com/gpu", "aws": "aws.amazon.com/neuron", "google": "google.com/tpu"}.get(
            self.vendor, "amd.com/gpu"
        )
