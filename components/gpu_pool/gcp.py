"""A GPU pool on Google Cloud: a node pool for each kind of capacity, and a compute class that tries them in order."""

from collections.abc import Mapping
from typing import Any

import pulumi_gcp as gcp
import pulumi_kubernetes as k8s
from pulumi import Output, ResourceOptions

from components.clouds.gcp.offer import ACCELERATOR_TYPES
from components.core import Component, manifest
from components.gpu_pool.contract import GpuPoolArgs
from components.gpu_pool.spec import CapacityKind, GpuPoolSpec


class GcpGpuPool(Component):
    """See the module."""

    TOKEN = "domicile:gpu_pool/gcp:GpuPool"  # noqa: S105 a type token
    pool: Output[str]
    labels: Output[Mapping[str, str]]

    def __init__(self, name: str, args: GpuPoolArgs, region: str, opts: ResourceOptions | None = None) -> None:
        """Create the pool."""
        super().__init__(name, args, opts)
        spec = args.spec
        pools = [self._pool(args, region, kind) for kind in spec.capacity]
        k8s.apiextensions.CustomResource(
            f"{name}-class",
            api_version="cloud.google.com/v1",
            kind="ComputeClass",
            metadata=manifest({"name": spec.name, "labels": spec.ownership.labels(f"pool-{spec.name}")}),
            spec={
                "priorities": [{"nodepools": [one.name]} for one in pools],
                "whenUnsatisfiable": "DoNotScaleUp",
                "activeMigration": {"optimizeRulePriority": False},
            },
            opts=self.child(),
        )
        self.pool = Output.from_input(spec.name)
        self.labels = Output.from_input(spec.labels)
        self.finish()

    def _pool(self, args: GpuPoolArgs, region: str, kind: CapacityKind) -> gcp.container.NodePool:
        spec = args.spec
        flex = kind is CapacityKind.FLEX
        compact: Any = {"type": "COMPACT"} if spec.multi_node else None
        return gcp.container.NodePool(
            f"{self.name}-{kind}",
            name=f"{spec.name}-{kind}"[:40],
            cluster=args.cluster,
            location=region,
            node_locations=list(spec.zones[:1] if spec.multi_node else spec.zones),
            autoscaling={
                "total_min_node_count": 0 if flex or kind is not spec.capacity[0] else spec.least,
                "total_max_node_count": spec.most,
                "location_policy": "ANY",
            },
            initial_node_count=0,
            placement_policy=compact,
            queued_provisioning={"enabled": True} if flex else None,
            management={"auto_repair": not flex, "auto_upgrade": not flex},
            node_config=_node(args, kind),
            opts=self.child(ignore_changes=["initialNodeCount"]),
        )


def _node(args: GpuPoolArgs, kind: CapacityKind) -> Any:
    spec = args.spec
    key, value, _ = spec.taint
    reserved = kind is CapacityKind.RESERVED
    affinity = {
        "consume_reservation_type": "SPECIFIC_RESERVATION",
        "key": "compute.googleapis.com/reservation-name",
        "values": [spec.reservation],
    }
    return {
        "machine_type": spec.instance_type,
        "guest_accelerators": _accelerators(spec),
        "spot": kind is CapacityKind.SPOT,
        "reservation_affinity": affinity if reserved else {"consume_reservation_type": "NO_RESERVATION"},
        "disk_size_gb": spec.disk_gib,
        "disk_type": "hyperdisk-balanced",
        "boot_disk_kms_key": args.key,
        "oauth_scopes": ["https://www.googleapis.com/auth/cloud-platform"],
        "workload_metadata_config": {"mode": "GKE_METADATA"},
        "shielded_instance_config": {"enable_secure_boot": True, "enable_integrity_monitoring": True},
        "metadata": {"disable-legacy-endpoints": "true"},
        "gvnic": {"enabled": True},
        "gcfs_config": {"enabled": True},
        "labels": {**spec.labels, "cloud.google.com/compute-class": spec.name},
        "taints": [
            {"key": key, "value": value, "effect": "NO_SCHEDULE"},
            {"key": "cloud.google.com/compute-class", "value": spec.name, "effect": "NO_SCHEDULE"},
        ],
        "resource_labels": spec.ownership.google_labels(f"pool-{spec.name}"),
    }


def _accelerators(spec: GpuPoolSpec) -> list[dict[str, Any]] | None:
    """GPUs with the driver GKE installs; TPUs come with their machine type."""
    kind = ACCELERATOR_TYPES.get(spec.accelerator)
    if kind is None:
        return None
    found: dict[str, Any] = {
        "type": kind,
        "count": spec.per_node,
        "gpu_driver_installation_config": {"gpu_driver_version": "DEFAULT"},
    }
    if spec.sharing.mig_profile:
        found["gpu_partition_size"] = spec.sharing.mig_profile
    if spec.sharing.time_slices > 1:
        found["gpu_sharing_config"] = {
            "gpu_sharing_strategy": "TIME_SHARING",
            "max_shared_clients_per_gpu": spec.sharing.time_slices,
        }
    return [found]
