"""A private endpoint: a service's address inside the network, and its name there."""

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import Input

from components.clouds.azure.group import Group
from components.core import Component

#: the zone of each service's private names. Source: Azure, "Private endpoint DNS zone values"
ZONES = {
    "blob": "privatelink.blob.core.windows.net",
    "file": "privatelink.file.core.windows.net",
    "dfs": "privatelink.dfs.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
    "registry": "privatelink.azurecr.io",
    "namespace": "privatelink.servicebus.windows.net",
    "redisEnterprise": "privatelink.redis.azure.net",
    "sql": "privatelink.sql.azuresynapse.net",
    "postgres": "private.postgres.database.azure.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """``kind`` is the service's group id; ``resource`` what is behind the door; ``subnet`` where it stands."""

    kind: str
    resource: Input[str]
    subnet: Input[str]
    tags: dict[str, str]


def build(owner: Component, part: str, group: Group, door: Door) -> None:
    """Create the endpoint and its name."""
    label = f"{owner.name}-{part}"
    made = azure.network.PrivateEndpoint(
        f"{label}-endpoint",
        **group.place,
        subnet={"id": door.subnet},
        private_link_service_connections=[
            {"name": part, "group_ids": [door.kind], "private_link_service_id": door.resource}
        ],
        tags=door.tags,
        opts=owner.child(),
    )
    azure.network.PrivateDnsZoneGroup(
        f"{label}-endpoint-name",
        resource_group_name=group.name,
        private_endpoint_name=made.name,
        private_dns_zone_group_name="default",
        private_dns_zone_configs=[{"name": door.kind, "private_dns_zone_id": group.names[ZONES[door.kind]]}],
        opts=owner.child(),
    )
