"""What the rest of a platform needs of a GPU pool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.gpu_pool.spec import GpuPoolSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuPoolArgs:
    """The spec, the cluster it belongs to, its subnets, and the key of its disks."""

    spec: GpuPoolSpec
    cluster: Input[str]
    nodes: Input[Sequence[str]]
    key: Input[str]


class GpuPool(Protocol):
    """Nodes with accelerators; ``labels`` are what workloads select them by."""

    pool: Output[str]
    labels: Output[Mapping[str, str]]


class HasGpuPool(Protocol):
    """A kit that can make one on its cluster."""

    def gpu_pool(self, name: str, args: GpuPoolArgs) -> GpuPool:
        """Make a pool that scales from its least, tries its kinds of capacity in order, and takes no other pods."""
        ...
