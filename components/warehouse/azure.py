"""A warehouse on Azure: a Synapse workspace over a data lake, both under our key."""

import pulumi_azure_native as azure
from pulumi import Output, ResourceOptions

from components.clouds.azure import account, endpoint
from components.clouds.azure.group import Group
from components.core import Component, first
from components.warehouse.contract import WarehouseArgs


class AzureWarehouse(Component):
    """See the module."""

    TOKEN = "domicile:warehouse/azure:Warehouse"  # noqa: S105 a type token
    endpoint: Output[str]
    database: Output[str]
    resource: Output[str]
    access: Output[str]

    def __init__(self, name: str, args: WarehouseArgs, group: Group, opts: ResourceOptions | None = None) -> None:
        """Create the warehouse."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("warehouse")
        subnet = first(args.subnets)
        lake = account.build(self, f"lake{spec.name}", group, account.Shape(tags=tags, key=args.key, folders=True))
        files = azure.storage.BlobContainer(
            f"{name}-files",
            resource_group_name=group.name,
            account_name=lake.name,
            container_name="warehouse",
            public_access=azure.storage.PublicAccess.NONE,
            opts=self.child(),
        )
        made = azure.synapse.Workspace(
            f"{name}-workspace",
            **group.place,
            workspace_name=spec.name,
            azure_ad_only_authentication=True,
            default_data_lake_storage={
                "account_url": lake.primary_endpoints.apply(lambda found: str(found.dfs)),
                "filesystem": files.name,
                "resource_id": lake.id,
            },
            encryption={
                "cmk": {
                    "key": {"name": "default", "key_vault_url": args.key},
                    "kek_identity": {"user_assigned_identity": group.identity, "use_system_assigned_identity": False},
                }
            },
            identity={
                "type": azure.synapse.ResourceIdentityType.SYSTEM_ASSIGNED_USER_ASSIGNED,
                "user_assigned_identities": [group.identity],
            },
            managed_virtual_network="default",
            managed_virtual_network_settings={"prevent_data_exfiltration": True},
            public_network_access="Disabled",
            trusted_service_bypass_enabled=False,
            tags=tags,
            opts=self.child(),
        )
        doors = (("lake", "dfs", lake.id), ("workspace", "sql", made.id))
        for part, kind, resource in doors:
            endpoint.build(self, part, group, endpoint.Door(kind=kind, resource=resource, subnet=subnet, tags=tags))
        # known before it is made: what refers to it can be judged in a preview
        self.endpoint = Output.from_input(f"{spec.name}-ondemand.sql.azuresynapse.net")
        self.database = Output.from_input("warehouse")
        self.resource = made.id
        self.access = Output.from_input("")
        self.finish()
