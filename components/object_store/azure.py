"""An object store on Azure: a storage account of its own with one container."""

from typing import Any

import pulumi_azure_native as azure
from pulumi import Input, Output, ResourceOptions

from components.clouds.azure import account, endpoint
from components.clouds.azure.group import Group
from components.core import Component
from components.object_store.contract import ObjectStoreArgs


class AzureObjectStore(Component):
    """See the module."""

    TOKEN = "domicile:object_store/azure:ObjectStore"  # noqa: S105 a type token
    bucket: Output[str]
    endpoint: Output[str]
    resource: Output[str]

    def __init__(
        self, name: str, args: ObjectStoreArgs, group: Group, subnet: Input[str], opts: ResourceOptions | None = None
    ) -> None:
        """Create the store; ``subnet`` is where its endpoint stands."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags(spec.name)
        kept = account.build(self, spec.name, group, account.Shape(tags=tags, key=args.key))
        versions(self, group, kept, spec.old_versions_days, spec.cold_after_days)
        container = azure.storage.BlobContainer(
            f"{name}-container",
            resource_group_name=group.name,
            account_name=kept.name,
            container_name="objects",
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
        endpoint.build(self, "blob", group, endpoint.Door(kind="blob", resource=kept.id, subnet=subnet, tags=tags))
        self.bucket = container.name
        self.endpoint = kept.primary_endpoints.apply(lambda found: str(found.blob))
        self.resource = kept.id
        self.finish()


def versions(
    owner: Component, group: Group, kept: azure.storage.StorageAccount, old_days: int, cold_days: int | None
) -> None:
    """Keep versions and deleted blobs a while; move what is old to cheaper storage."""
    azure.storage.BlobServiceProperties(
        f"{owner.name}-versions",
        resource_group_name=group.name,
        account_name=kept.name,
        blob_services_name="default",
        is_versioning_enabled=True,
        change_feed={"enabled": True},
        delete_retention_policy={"enabled": True, "days": min(365, max(7, old_days))},
        container_delete_retention_policy={"enabled": True, "days": 30},
        opts=owner.child(),
    )
    actions: dict[str, Any] = {"version": {"delete": {"days_after_creation_greater_than": old_days}}}
    if cold_days is not None:
        actions["base_blob"] = {"tier_to_cold": {"days_after_modification_greater_than": cold_days}}
    definition: Any = {"actions": actions, "filters": {"blob_types": ["blockBlob"]}}
    azure.storage.ManagementPolicy(
        f"{owner.name}-lifecycle",
        resource_group_name=group.name,
        account_name=kept.name,
        management_policy_name="default",
        policy={
            "rules": [
                {
                    "name": "age",
                    "enabled": True,
                    "type": "Lifecycle",
                    "definition": definition,
                }
            ]
        },
        opts=owner.child(),
    )
