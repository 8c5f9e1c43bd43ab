"""A GPU pool on Azure: an agent pool for each kind of capacity; the autoscaler tries them in order."""

from collections.abc import Mapping
from typing import Any

import pulumi_azure_native as azure
import pulumi_kubernetes as k8s
from pulumi import Output, ResourceOptions

from components.clouds.azure.group import Group
from components.core import Component, first, manifest
from components.gpu_pool import device_plugin
from components.gpu_pool.contract import GpuPoolArgs
from components.gpu_pool.spec import CapacityKind

#: MIG profiles as agent pools name them
MIG = {"1g.10gb": "MIG1g", "2g.20gb": "MIG2g", "3g.40gb": "MIG3g", "4g.40gb": "MIG4g", "7g.80gb": "MIG7g"}
SUFFIX = {CapacityKind.RESERVED: "r", CapacityKind.ON_DEMAND: "d", CapacityKind.SPOT: "s"}


class AzureGpuPool(Component):
    """See the module."""

    TOKEN = "domicile:gpu_pool/azure:GpuPool"  # noqa: S105 a type token
    pool: Output[str]
    labels: Output[Mapping[str, str]]

    def __init__(self, name: str, args: GpuPoolArgs, group: Group, opts: ResourceOptions | None = None) -> None:
        """Create the pool."""
        super().__init__(name, args, opts)
        spec = args.spec
        close: Any = None
        if spec.multi_node:
            close = azure.compute.ProximityPlacementGroup(
                f"{name}-placement",
                **group.place,
                proximity_placement_group_name=f"{spec.name}-placement",
                tags=spec.ownership.tags(f"pool-{spec.name}"),
                opts=self.child(),
            ).id
        kinds = [kind for kind in spec.capacity if kind in SUFFIX]
        for kind in kinds:
            self._pool(args, group, kind, close)
        if len(kinds) > 1:
            self._order(args, kinds)
        if spec.vendor == "nvidia":
            device_plugin.build(self, spec)
        self.pool = Output.from_input(spec.name)
        self.labels = Output.from_input(spec.labels)
        self.finish()

    def _pool(self, args: GpuPoolArgs, group: Group, kind: CapacityKind, close: Any) -> None:
        spec = args.spec
        spot = kind is CapacityKind.SPOT
        key, value, effect = spec.taint
        taints = [f"{key}={value}:{effect}"]
        if spot:
            taints.append("kubernetes.azure.com/scalesetpriority=spot:NoSchedule")
        azure.containerservice.AgentPool(
            f"{self.name}-{kind}",
            resource_group_name=group.name,
            resource_name_=args.cluster,
            agent_pool_name=pool_name(spec.name, kind),
            mode="User",
            vm_size=spec.instance_type,
            count=spec.least if kind is spec.capacity[0] else 0,
            min_count=spec.least if kind is spec.capacity[0] else 0,
            max_count=spec.most,
            enable_auto_scaling=True,
            availability_zones=None if spec.multi_node else list(spec.zones),
            proximity_placement_group_id=close,
            scale_set_priority="Spot" if spot else "Regular",
            scale_set_eviction_policy="Delete" if spot else None,
            spot_max_price=-1.0 if spot else None,
            capacity_reservation_group_id=spec.reservation if kind is CapacityKind.RESERVED else None,
            gpu_instance_profile=MIG.get(spec.sharing.mig_profile),
            gpu_profile={"driver": "Install"} if spec.vendor == "nvidia" else None,
            os_sku="Ubuntu",
            os_disk_size_gb=spec.disk_gib,
            enable_encryption_at_host=True,
            vnet_subnet_id=first(args.nodes),
            node_labels=spec.labels,
            node_taints=taints,
            tags=spec.ownership.tags(f"pool-{spec.name}"),
            opts=self.child(ignore_changes=["count"]),
        )

    def _order(self, args: GpuPoolArgs, kinds: list[CapacityKind]) -> None:
        """The autoscaler's priorities: the first kind of capacity has the highest."""
        spec = args.spec
        ranked = "\n".join(
            f"{100 - index}:\n  - aks-{pool_name(spec.name, kind)}-.*" for index, kind in enumerate(kinds)
        )
        k8s.core.v1.ConfigMapPatch(
            f"{self.name}-order",
            metadata=manifest(
                {
                    "name": "cluster-autoscaler-priority-expander",
                    "namespace": "kube-system",
                    "annotations": {"pulumi.com/patchForce": "true"},
                }
            ),
            data={"priorities": ranked},
            opts=self.child(),
        )


def pool_name(name: str, kind: CapacityKind) -> str:
    """An agent pool's name: at most 12 lower-case letters and digits."""
    return f"{''.join(letter for letter in name.lower() if letter.isalnum())[:11]}{SUFFIX[kind]}"
