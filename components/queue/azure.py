"""A queue on Azure: an event hub in a namespace of its own, under our key."""

import pulumi_azure_native as azure
from pulumi import Output, ResourceOptions

from components.clouds.azure import endpoint
from components.clouds.azure.group import Group, name_of, vault_of
from components.core import Component, first
from components.queue.contract import QueueArgs


class AzureQueue(Component):
    """See the module."""

    TOKEN = "domicile:queue/azure:Queue"  # noqa: S105 a type token
    endpoint: Output[str]
    topic: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: QueueArgs, group: Group, opts: ResourceOptions | None = None) -> None:
        """Create the namespace and the hub; our own keys need the premium tier."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("queue")
        space = azure.eventhub.Namespace(
            f"{name}-namespace",
            **group.place,
            namespace_name=spec.name,
            sku={"name": "Premium", "tier": "Premium", "capacity": 1},
            disable_local_auth=True,
            kafka_enabled=True,
            minimum_tls_version="1.2",
            public_network_access="Disabled",
            zone_redundant=True,
            identity=group.may_use_keys(),
            encryption={
                "key_source": azure.eventhub.KeySource.MICROSOFT_KEY_VAULT,
                "require_infrastructure_encryption": True,
                "key_vault_properties": [
                    {
                        "key_name": name_of(args.key),
                        "key_vault_uri": vault_of(args.key),
                        "identity": {"user_assigned_identity": group.identity},
                    }
                ],
            },
            tags=tags,
            opts=self.child(),
        )
        hub = azure.eventhub.EventHub(
            f"{name}-hub",
            resource_group_name=group.name,
            namespace_name=space.name,
            event_hub_name="events",
            partition_count=spec.partitions,
            retention_description={
                "cleanup_policy": "Delete",
                "retention_time_in_hours": spec.retention_hours,
            },
            opts=self.child(),
        )
        subnet = first(args.subnets)
        endpoint.build(
            self, "queue", group, endpoint.Door(kind="namespace", resource=space.id, subnet=subnet, tags=tags)
        )
        self.endpoint = space.service_bus_endpoint
        self.topic = hub.name
        self.resource = space.id
        self.finish()
