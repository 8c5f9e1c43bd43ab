"""An object store on Azure: a storage account of its own with one container, and its copy where asked for."""

import pulumi_azure_native as azure
from pulumi import Input, Output, ResourceOptions

from components.clouds.azure import account, endpoint, replica
from components.clouds.azure.group import Group
from components.core import Component
from components.object_store.contract import ObjectStoreArgs

CONTAINER = "objects"


class AzureObjectStore(Component):
    """See the module."""

    TOKEN = "domicile:object_store/azure:ObjectStore"  # noqa: S105 a type token
    bucket: Output[str]
    endpoint: Output[str]
    resource: Output[str]

    def __init__(
        self,
        name: str,
        args: ObjectStoreArgs,
        groups: tuple[Group, Group],
        subnet: Input[str],
        opts: ResourceOptions | None = None,
    ) -> None:
        """Create the store; ``groups`` are of its region and of its copy's, ``subnet`` is where its endpoint stands."""
        super().__init__(name, args, opts)
        spec, group = args.spec, groups[0]
        tags = spec.ownership.tags(spec.name)
        shape = account.Shape(tags=tags, key=args.key)
        kept = account.build(self, spec.name, group, shape)
        account.versions(self, group, kept, spec.old_versions_days, spec.cold_after_days)
        container = azure.storage.BlobContainer(
            f"{name}-container",
            resource_group_name=group.name,
            account_name=kept.name,
            container_name=CONTAINER,
            public_access=azure.storage.PublicAccess.NONE,
            immutable_storage_with_versioning={"enabled": True} if spec.locked_days is not None else None,
            opts=self.child(),
        )
        if spec.locked_days is not None:
            azure.storage.BlobContainerImmutabilityPolicy(
                f"{name}-lock",
                resource_group_name=group.name,
                account_name=kept.name,
                container_name=container.name,
                immutability_policy_name="default",
                immutability_period_since_creation_in_days=spec.locked_days,
                opts=self.child(),
            )
        if args.replica_key is not None:
            replica.build(
                self,
                (kept, container),
                spec.name,
                groups,
                shape=shape,
                key=args.replica_key,
                days=(spec.old_versions_days, spec.cold_after_days),
            )
        endpoint.build(self, "blob", group, endpoint.Door(kind="blob", resource=kept.id, subnet=subnet, tags=tags))
        self.bucket = Output.from_input(CONTAINER)
        # known before it is made: what refers to it can be judged in a preview
        self.endpoint = Output.from_input(f"https://{account.name_of(spec.name, group)}.blob.core.windows.net/")
        self.resource = kept.id
        self.finish()
