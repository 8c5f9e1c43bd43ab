"""A cache on Azure: Azure Managed Redis."""

import pulumi_azure_native as azure
from pulumi import Output, ResourceOptions

from components.cache.contract import CacheArgs
from components.clouds.azure import endpoint
from components.clouds.azure.group import Group
from components.core import Component, first

PORT = 10000
#: sizes by the memory they have, GiB. Source: Azure Managed Redis, "Choose a tier"
SIZES = ((1, "B1"), (3, "B3"), (6, "B5"), (12, "B10"), (24, "B20"), (60, "B50"), (120, "B100"))


class AzureCache(Component):
    """See the module."""

    TOKEN = "domicile:cache/azure:Cache"  # noqa: S105 a type token
    endpoint: Output[str]
    port: Output[int]
    secret: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: CacheArgs, group: Group, opts: ResourceOptions | None = None) -> None:
        """Create the cache; who uses it signs in with an identity, so its secret is its own name."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("cache")
        size = next((kind for least, kind in SIZES if spec.memory_gib <= least), "B250")
        made = azure.redisenterprise.RedisEnterprise(
            f"{name}-cluster",
            **group.place,
            cluster_name=spec.name,
            sku={"name": f"Balanced_{size}"},
            high_availability="Enabled" if spec.replicas else "Disabled",
            minimum_tls_version="1.2",
            public_network_access="Disabled",
            encryption={
                "customer_managed_key_encryption": {
                    "key_encryption_key_url": args.key,
                    "key_encryption_key_identity": {
                        "identity_type": azure.redisenterprise.CmkIdentityType.USER_ASSIGNED_IDENTITY,
                        "user_assigned_identity_resource_id": group.identity,
                    },
                }
            },
            identity=group.may_use_keys(),
            tags=tags,
            opts=self.child(),
        )
        azure.redisenterprise.Database(
            f"{name}-database",
            resource_group_name=group.name,
            cluster_name=made.name,
            database_name="default",
            client_protocol="Encrypted",
            clustering_policy="OSSCluster",
            eviction_policy="VolatileLRU",
            access_keys_authentication="Disabled",
            port=PORT,
            opts=self.child(),
        )
        subnet = first(args.subnets)
        endpoint.build(
            self,
            "cache",
            group,
            endpoint.Door(kind="redisEnterprise", resource=made.id, subnet=subnet, tags=tags),
        )
        self.endpoint = made.host_name
        self.port = Output.from_input(PORT)
        self.secret = made.name
        self.resource = made.id
        self.finish()
