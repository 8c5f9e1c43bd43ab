"""A registry on Azure: a premium container registry under our key, with a cache rule for each mirror."""

import pulumi_azure_native as azure
from pulumi import Input, Output, ResourceOptions

from components.clouds.azure import endpoint
from components.clouds.azure.account import short
from components.clouds.azure.group import Group
from components.core import Component
from components.registry.contract import RegistryArgs


class AzureRegistry(Component):
    """See the module."""

    TOKEN = "domicile:registry/azure:Registry"  # noqa: S105 a type token
    host: Output[str]
    resource: Output[str]

    def __init__(
        self, name: str, args: RegistryArgs, group: Group, subnet: Input[str], opts: ResourceOptions | None = None
    ) -> None:
        """Create the registry; ``subnet`` is where its endpoint stands."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("registry")
        made = azure.containerregistry.Registry(
            f"{name}-registry",
            **group.place,
            registry_name=short(f"{spec.name}{group.subscription}"),
            sku={"name": "Premium"},
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            data_endpoint_enabled=True,
            public_network_access="Disabled",
            network_rule_bypass_options="AzureServices",
            zone_redundancy="Enabled",
            encryption={
                "status": "enabled",
                "key_vault_properties": {"key_identifier": args.key, "identity": group.client},
            },
            identity=group.may_use_keys_by_id(),
            policies={
                "export_policy": {"status": "disabled"},
                "retention_policy": {"status": "enabled", "days": 30},
                "quarantine_policy": {"status": "enabled"},
            },
            tags=tags,
            opts=self.child(),
        )
        for mirror in spec.mirrors:
            part = mirror.split(".")[0]
            azure.containerregistry.CacheRule(
                f"{name}-{part}",
                resource_group_name=group.name,
                registry_name=made.name,
                cache_rule_name=part,
                source_repository=f"{mirror}/*",
                target_repository=f"{part}/*",
                opts=self.child(),
            )
        endpoint.build(
            self, "registry", group, endpoint.Door(kind="registry", resource=made.id, subnet=subnet, tags=tags)
        )
        self.host = made.login_server
        self.resource = made.id
        self.finish()
