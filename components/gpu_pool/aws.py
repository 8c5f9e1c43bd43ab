"""A GPU pool on AWS: a Karpenter pool of Auto Mode, or a node group where nodes work together or share GPUs."""

from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws
import pulumi_kubernetes as k8s
from pulumi import Output, ResourceOptions

from components.clouds.aws.iam import trust
from components.core import Component, manifest
from components.gpu_pool import device_plugin, mig
from components.gpu_pool.contract import GpuPoolArgs
from components.gpu_pool.spec import CapacityKind, GpuPoolSpec

NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy")
IMAGES = {"nvidia": "AL2023_x86_64_NVIDIA", "aws": "AL2023_x86_64_NEURON"}
NEVER = "Never"


class AwsGpuPool(Component):
    """See the module."""

    TOKEN = "domicile:gpu_pool/aws:GpuPool"  # noqa: S105 a type token
    pool: Output[str]
    labels: Output[Mapping[str, str]]

    def __init__(self, name: str, args: GpuPoolArgs, opts: ResourceOptions | None = None) -> None:
        """Create the pool."""
        super().__init__(name, args, opts)
        spec = args.spec
        self._tags = spec.ownership.tags(f"pool-{spec.name}")
        if spec.multi_node or spec.sharing.time_slices > 1 or spec.sharing.mig_profile:
            self._node_group(args)
        else:
            self._karpenter(args)
        self.pool = Output.from_input(spec.name)
        self.labels = Output.from_input(spec.labels)
        self.finish()

    def _karpenter(self, args: GpuPoolArgs) -> None:
        spec = args.spec
        labels = spec.ownership.labels(f"pool-{spec.name}")
        role = self._node_role(("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"))
        aws.eks.AccessEntry(
            f"{self.name}-nodes",
            cluster_name=args.cluster,
            principal_arn=role.arn,
            type="EC2",
            tags=self._tags,
            opts=self.child(),
        )
        reserved = [{"id": spec.reservation}] if spec.reservation else None
        node_class = k8s.apiextensions.CustomResource(
            f"{self.name}-class",
            api_version="eks.amazonaws.com/v1",
            kind="NodeClass",
            metadata=manifest({"name": spec.name, "labels": labels}),
            spec={
                "role": role.name,
                "subnetSelectorTerms": Output.from_input(args.nodes).apply(lambda ids: [{"id": one} for one in ids]),
                "securityGroupSelectorTerms": [{"tags": {"aws:eks:cluster-name": args.cluster}}],
                "ephemeralStorage": {"size": f"{spec.disk_gib}Gi", "kmsKeyID": args.key},
                "networkPolicy": "DefaultDeny",
                "capacityReservationSelectorTerms": reserved,
                "tags": self._tags,
            },
            opts=self.child(),
        )
        k8s.apiextensions.CustomResource(
            f"{self.name}-pool",
            api_version="karpenter.sh/v1",
            kind="NodePool",
            metadata=manifest({"name": spec.name, "labels": labels}),
            spec=_node_pool(spec),
            opts=self.child(depends_on=[node_class]),
        )

    def _node_group(self, args: GpuPoolArgs) -> None:
        """Nodes of one shape; where they work together, of one zone and one placement group, with EFA.

        The image comes without a device plugin.
        """
        spec = args.spec
        role = self._node_role(NODE_POLICIES)
        template = self._template(args)
        reserved = CapacityKind.RESERVED in spec.capacity and bool(spec.reservation)
        spot = spec.capacity[0] is CapacityKind.SPOT
        key, value, _ = spec.taint
        aws.eks.NodeGroup(
            f"{self.name}-group",
            cluster_name=args.cluster,
            node_group_name=spec.name,
            node_role_arn=role.arn,
            subnet_ids=Output.from_input(args.nodes).apply(lambda ids: list(ids)[:1] if spec.multi_node else list(ids)),
            ami_type=IMAGES.get(spec.vendor, IMAGES["nvidia"]),
            instance_types=[spec.instance_type],
            capacity_type="CAPACITY_BLOCK" if reserved and spec.multi_node else "SPOT" if spot else "ON_DEMAND",
            scaling_config={"min_size": spec.least, "desired_size": spec.least, "max_size": spec.most},
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            labels=spec.labels,
            taints=[{"key": key, "value": value, "effect": "NO_SCHEDULE"}],
            update_config={"max_unavailable": 1},
            tags=self._tags,
            opts=self.child(),
        )
        if spec.vendor == "nvidia":
            device_plugin.build(self, spec)

    def _template(self, args: GpuPoolArgs) -> aws.ec2.LaunchTemplate:
        spec = args.spec
        placement: Any = None
        interfaces: Any = None
        if spec.multi_node:
            group = aws.ec2.PlacementGroup(
                f"{self.name}-placement", strategy="cluster", tags=self._tags, opts=self.child()
            )
            placement = {"group_name": group.name}
            interfaces = [{"device_index": 0, "interface_type": "efa", "delete_on_termination": "true"}]
        disk: Any = {
            "volume_size": spec.disk_gib,
            "volume_type": "gp3",
            "encrypted": "true",
            "kms_key_id": args.key,
            "delete_on_termination": "true",
        }
        market: Any = {"market_type": "capacity-block"} if spec.reservation and spec.multi_node else None
        return aws.ec2.LaunchTemplate(
            f"{self.name}-template",
            block_device_mappings=[{"device_name": "/dev/xvda", "ebs": disk}],
            metadata_options={"http_tokens": "required", "http_endpoint": "enabled", "http_put_response_hop_limit": 1},
            placement=placement,
            network_interfaces=interfaces,
            instance_market_options=market,
            capacity_reservation_specification=(
                {"capacity_reservation_target": {"capacity_reservation_id": spec.reservation}}
                if spec.reservation
                else None
            ),
            tag_specifications=[{"resource_type": kind, "tags": self._tags} for kind in ("instance", "volume")],
            user_data=mig.user_data(spec) if spec.sharing.mig_profile else None,
            update_default_version=True,
            tags=self._tags,
            opts=self.child(),
        )

    def _node_role(self, policies: tuple[str, ...]) -> aws.iam.Role:
        role = aws.iam.Role(
            f"{self.name}-node",
            assume_role_policy=trust("ec2.amazonaws.com"),
            tags=self._tags,
            opts=self.child(),
        )
        for one in policies:
            aws.iam.RolePolicyAttachment(
                f"{self.name}-node-{one}",
                role=role.name,
                policy_arn=f"arn:aws:iam::aws:policy/{one}",
                opts=self.child(),
            )
        return role


def _node_pool(spec: GpuPoolSpec) -> dict[str, Any]:
    """Karpenter's pool: kinds of capacity in its own order of preference; reserved nodes are never consolidated."""
    key, value, effect = spec.taint
    kinds = [str(kind) for kind in CapacityKind if kind in spec.capacity and kind is not CapacityKind.FLEX]
    reserved = CapacityKind.RESERVED in spec.capacity
    return {
        "template": {
            "metadata": {"labels": spec.labels},
            "spec": {
                "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": spec.name},
                "requirements": [
                    {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": [spec.instance_type]},
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": kinds},
                    {"key": "topology.kubernetes.io/zone", "operator": "In", "values": list(spec.zones)},
                ],
                "taints": [{"key": key, "value": value, "effect": effect}],
                "expireAfter": NEVER if reserved else "336h",
                "terminationGracePeriod": "1h",
            },
        },
        "disruption": {
            "consolidationPolicy": "WhenEmpty",
            "consolidateAfter": NEVER if reserved else "10m",
            "budgets": [{"nodes": "0" if reserved else "1"}],
        },
        "limits": {spec.resource: str(spec.most * spec.per_node)},
    }
