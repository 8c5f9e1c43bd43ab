"""A model store on AWS: FSx for Lustre where reads must be parallel, EFS otherwise; both through a storage class."""

from collections.abc import Mapping

import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from components.core import Component, first
from components.model_store import shared
from components.model_store.contract import ModelStoreArgs

NFS, LUSTRE = (2049, 2049), (988, 1023)


class AwsModelStore(Component):
    """See the module."""

    TOKEN = "domicile:model_store/aws:ModelStore"  # noqa: S105 a type token
    storage_class: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: ModelStoreArgs, zones: int, opts: ResourceOptions | None = None) -> None:
        """Create the store; ``zones`` is how many subnets there are."""
        super().__init__(name, args, opts)
        spec = args.spec
        self._tags = spec.ownership.tags("models")
        lowest, highest = LUSTRE if spec.parallel else NFS
        wall = aws.ec2.SecurityGroup(
            f"{name}-files",
            vpc_id=args.network,
            description="Weights: from the cluster's nodes",
            ingress=[
                {"protocol": "tcp", "from_port": lowest, "to_port": highest, "self": True, "description": "Nodes"}
            ],
            tags=self._tags,
            opts=self.child(),
        )
        if spec.parallel:
            self.resource = wall.id
            parameters: Mapping[str, Input[str]] = {
                "subnetId": first(args.subnets),
                "securityGroupIds": wall.id,
                "deploymentType": "PERSISTENT_2",
                "perUnitStorageThroughput": "250",
                "kmsKeyId": args.key,
                "fileSystemTypeVersion": "2.15",
            }
            self.storage_class = shared.build(self, spec, "fsx.csi.aws.com", parameters)
        else:
            self.storage_class = self._efs(args, zones, wall)
        self.finish()

    def _efs(self, args: ModelStoreArgs, zones: int, wall: aws.ec2.SecurityGroup) -> Output[str]:
        files = aws.efs.FileSystem(
            f"{self.name}-files",
            encrypted=True,
            kms_key_id=args.key,
            throughput_mode="elastic",
            lifecycle_policies=[{"transition_to_ia": "AFTER_30_DAYS"}],
            tags=self._tags,
            opts=self.child(),
        )
        for index in range(zones):
            aws.efs.MountTarget(
                f"{self.name}-files-{index}",
                file_system_id=files.id,
                subnet_id=Output.from_input(args.subnets).apply(lambda ids, at=index: ids[at]),
                security_groups=[wall.id],
                opts=self.child(),
            )
        self.resource = files.arn
        parameters: Mapping[str, Input[str]] = {
            "provisioningMode": "efs-ap",
            "fileSystemId": files.id,
            "directoryPerms": "700",
            "basePath": "/models",
        }
        return shared.build(self, args.spec, "efs.csi.aws.com", parameters)
