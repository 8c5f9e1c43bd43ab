"""A network on Azure: a virtual network of one region, walls around its subnets, private names for services."""

from collections.abc import Sequence
from typing import Any

import pulumi_azure_native as azure
from pulumi import Output, ResourceOptions

from components.clouds.azure import account, endpoint
from components.clouds.azure.group import Group
from components.core import Component
from components.network.contract import NetworkArgs

WATCHERS = "NetworkWatcherRG"


class AzureNetwork(Component):
    """See the module."""

    TOKEN = "domicile:network/azure:Network"  # noqa: S105 a type token
    network: Output[str]
    nodes: Output[Sequence[str]]
    pods: Output[Sequence[str]]
    endpoints: Output[Sequence[str]]
    stores: Output[str]

    def __init__(
        self, name: str, args: NetworkArgs, group: Group, vault: Output[str], opts: ResourceOptions | None = None
    ) -> None:
        """Create the network; ``vault`` gets its endpoint here, since it comes before."""
        super().__init__(name, args, opts)
        spec = args.spec
        self._group = group
        self._tags = spec.ownership.tags("network")
        net = azure.network.VirtualNetwork(
            f"{name}-vnet",
            **group.place,
            virtual_network_name=spec.name,
            address_space={"address_prefixes": [spec.cidr]},
            encryption={"enabled": True, "enforcement": "AllowUnencrypted"},
            tags=self._tags,
            opts=self.child(ignore_changes=["subnets"]),
        )
        self._net = net
        wall = self._wall(args)
        gate = self._nat(args) if spec.egress else None
        zone = spec.zones[0]
        nodes = self._subnet("nodes", zone.nodes, wall, gate)
        pods = self._subnet("pods", zone.pods, wall, gate, "Microsoft.ContainerService/managedClusters")
        ends = self._subnet("endpoints", zone.endpoints, wall, None)
        stores = self._subnet("stores", zone.public, wall, None, "Microsoft.DBforPostgreSQL/flexibleServers")
        for domain in endpoint.ZONES.values():
            self._names(domain)
        endpoint.build(
            self, "vault", group, endpoint.Door(kind="vault", resource=vault, subnet=ends.id, tags=self._tags)
        )
        self._log(args)
        self.network = net.id
        self.nodes = Output.all(nodes.id)
        self.pods = Output.all(pods.id)
        self.endpoints = Output.all(ends.id)
        self.stores = stores.id
        self.finish()

    def _wall(self, args: NetworkArgs) -> azure.network.NetworkSecurityGroup:
        """Traffic inside the network goes; what comes from outside does not, unless the spec asks for it."""
        spec = args.spec
        common: Any = {"protocol": "*", "source_port_range": "*", "destination_port_range": "*"}
        rules: list[Any] = [
            {
                "name": "inside",
                "priority": 1000,
                "direction": "Inbound",
                "access": "Allow",
                "source_address_prefix": "VirtualNetwork",
                "destination_address_prefix": "VirtualNetwork",
                **common,
            },
            {
                "name": "outside",
                "priority": 4096,
                "direction": "Inbound",
                "access": "Deny",
                "source_address_prefix": "Internet",
                "destination_address_prefix": "*",
                **common,
            },
        ]
        if spec.public_ingress:
            rules.append(
                {
                    "name": "entrance",
                    "priority": 2000,
                    "direction": "Inbound",
                    "access": "Allow",
                    "protocol": "Tcp",
                    "source_port_range": "*",
                    "source_address_prefix": "Internet",
                    "destination_address_prefix": spec.zones[0].nodes,
                    "destination_port_range": "443",
                }
            )
        return azure.network.NetworkSecurityGroup(
            f"{self.name}-wall",
            **self._group.place,
            network_security_group_name=f"{spec.name}-wall",
            security_rules=rules,
            tags=self._tags,
            opts=self.child(),
        )

    def _nat(self, args: NetworkArgs) -> azure.network.NatGateway:
        address = azure.network.PublicIPAddress(
            f"{self.name}-nat-ip",
            **self._group.place,
            public_ip_address_name=f"{args.spec.name}-nat",
            sku={"name": azure.network.PublicIPAddressSkuName.STANDARD},
            public_ip_allocation_method=azure.network.IPAllocationMethod.STATIC,
            zones=["1", "2", "3"],
            tags=self._tags,
            opts=self.child(),
        )
        return azure.network.NatGateway(
            f"{self.name}-nat",
            **self._group.place,
            nat_gateway_name=f"{args.spec.name}-nat",
            sku={"name": azure.network.NatGatewaySkuName.STANDARD},
            public_ip_addresses=[{"id": address.id}],
            idle_timeout_in_minutes=10,
            tags=self._tags,
            opts=self.child(),
        )

    def _subnet(
        self,
        kind: str,
        cidr: str,
        wall: azure.network.NetworkSecurityGroup,
        gate: azure.network.NatGateway | None,
        delegated: str = "",
    ) -> azure.network.Subnet:
        return azure.network.Subnet(
            f"{self.name}-{kind}",
            resource_group_name=self._group.name,
            virtual_network_name=self._net.name,
            subnet_name=kind,
            address_prefix=cidr,
            default_outbound_access=False,
            private_endpoint_network_policies="Enabled",
            network_security_group={"id": wall.id},
            nat_gateway={"id": gate.id} if gate is not None else None,
            delegations=[{"name": kind, "service_name": delegated}] if delegated else None,
            opts=self.child(),
        )

    def _names(self, domain: str) -> None:
        zone = azure.privatedns.PrivateZone(
            f"{self.name}-{domain}",
            resource_group_name=self._group.name,
            location="global",
            private_zone_name=domain,
            tags=self._tags,
            opts=self.child(),
        )
        azure.privatedns.VirtualNetworkLink(
            f"{self.name}-{domain}",
            resource_group_name=self._group.name,
            location="global",
            private_zone_name=zone.name,
            virtual_network_link_name=self.name,
            registration_enabled=False,
            virtual_network={"id": self._net.id},
            tags=self._tags,
            opts=self.child(),
        )
        self._group.names[domain] = zone.id

    def _log(self, args: NetworkArgs) -> None:
        spec = args.spec
        kept = account.build(self, f"flow{spec.name}", self._group, account.Shape(tags=self._tags, key=args.key))
        azure.network.FlowLog(
            f"{self.name}-flow",
            resource_group_name=WATCHERS,
            network_watcher_name=f"NetworkWatcher_{spec.region}",
            location=spec.region,
            flow_log_name=spec.name,
            target_resource_id=self._net.id,
            storage_id=kept.id,
            enabled=True,
            format={"type": "JSON", "version": 2},
            retention_policy={"enabled": True, "days": spec.log_days},
            tags=self._tags,
            opts=self.child(),
        )
