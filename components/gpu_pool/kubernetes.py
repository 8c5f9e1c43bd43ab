"""A GPU pool of an attached cluster: nodes that are there, and who goes first on them."""

from collections.abc import Mapping

import pulumi_kubernetes as k8s
from pulumi import Output, ResourceOptions

from components.core import Component, manifest
from components.gpu_pool.contract import GpuPoolArgs

PRIORITY = {"inference": 100_000, "training": 1_000}


class KubernetesGpuPool(Component):
    """See the module."""

    TOKEN = "domicile:gpu_pool/kubernetes:GpuPool"  # noqa: S105 a type token
    pool: Output[str]
    labels: Output[Mapping[str, str]]

    def __init__(self, name: str, args: GpuPoolArgs, opts: ResourceOptions | None = None) -> None:
        """Adopt the pool: its nodes carry the label of NVIDIA's feature discovery."""
        super().__init__(name, args, opts)
        spec = args.spec
        k8s.scheduling.v1.PriorityClass(
            f"{name}-priority",
            metadata=manifest({"name": spec.name, "labels": spec.ownership.labels(f"pool-{spec.name}")}),
            value=PRIORITY.get(spec.purpose, 10_000),
            preemption_policy="PreemptLowerPriority" if spec.purpose == "inference" else "Never",
            description=f"{spec.purpose} on {spec.product}",
            opts=self.child(),
        )
        self.pool = Output.from_input(spec.name)
        self.labels = Output.from_input({"nvidia.com/gpu.product": spec.product})
        self.finish()
