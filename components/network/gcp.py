"""A network on Google Cloud: a VPC of one region, Google's services reached privately."""

from collections.abc import Sequence

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.core import Component
from components.network.contract import NetworkArgs

PODS, SERVICES = "pods", "services"
#: an address for Google's services that no range of ours has
GOOGLE_APIS = "10.255.255.250"
ANYWHERE = "0.0.0.0/0"


class GcpNetwork(Component):
    """See the module."""

    TOKEN = "domicile:network/gcp:Network"  # noqa: S105 a type token
    network: Output[str]
    nodes: Output[Sequence[str]]
    pods: Output[Sequence[str]]
    endpoints: Output[Sequence[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        """Create the network; its flow logs go to the project's log buckets, which carry their own key."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = gcp.compute.Network(
            f"{name}-vpc",
            name=spec.name,
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            delete_default_routes_on_create=False,
            opts=self.child(),
        )
        self._made = made
        logs = {"aggregation_interval": "INTERVAL_5_SEC", "flow_sampling": 1.0, "metadata": "INCLUDE_ALL_METADATA"}
        nodes = [
            gcp.compute.Subnetwork(
                f"{name}-nodes-{zone.name}",
                name=f"{spec.name}-nodes",
                network=made.id,
                region=spec.region,
                ip_cidr_range=zone.nodes,
                secondary_ip_ranges=[
                    {"range_name": PODS, "ip_cidr_range": zone.pods},
                    {"range_name": SERVICES, "ip_cidr_range": spec.services},
                ],
                private_ip_google_access=True,
                log_config=logs,  # pyright: ignore[reportArgumentType] the SDK's own names
                opts=self.child(),
            )
            for zone in spec.zones
        ]
        ends = self._endpoints(args)
        self._walls(args)
        if spec.egress:
            self._nat(args, nodes)
        self.network = made.id
        self.nodes = Output.all(*[one.id for one in nodes])
        self.pods = Output.from_input([PODS for _ in nodes])
        self.endpoints = Output.all(*ends)
        self.finish()

    def _endpoints(self, args: NetworkArgs) -> list[Output[str]]:
        """Addresses for managed stores, and one for Google's services; the services' names resolve to it."""
        spec = args.spec
        ends: list[Output[str]] = []
        for zone in spec.zones:
            address, _, prefix = zone.endpoints.partition("/")
            reserved = gcp.compute.GlobalAddress(
                f"{self.name}-stores-{zone.name}",
                name=f"{spec.name}-stores",
                purpose="VPC_PEERING",
                address_type="INTERNAL",
                address=address,
                prefix_length=int(prefix),
                network=self._made.id,
                labels=spec.ownership.google_labels("network"),
                opts=self.child(),
            )
            gcp.servicenetworking.Connection(
                f"{self.name}-stores-{zone.name}",
                network=self._made.id,
                service="servicenetworking.googleapis.com",
                reserved_peering_ranges=[reserved.name],
                opts=self.child(),
            )
            ends.append(reserved.id)
        apis = gcp.compute.GlobalAddress(
            f"{self.name}-apis",
            name=f"{spec.name}-apis",
            purpose="PRIVATE_SERVICE_CONNECT",
            address_type="INTERNAL",
            address=GOOGLE_APIS,
            network=self._made.id,
            labels=spec.ownership.google_labels("network"),
            opts=self.child(),
        )
        gcp.compute.GlobalForwardingRule(
            f"{self.name}-apis",
            name="apis",
            target="all-apis",
            network=self._made.id,
            ip_address=apis.id,
            load_balancing_scheme="",
            labels=spec.ownership.google_labels("network"),
            opts=self.child(),
        )
        for domain in ("googleapis.com.", "pkg.dev.", "gcr.io."):
            self._names(args, domain)
        return ends

    def _names(self, args: NetworkArgs, domain: str) -> None:
        part = domain.strip(".").replace(".", "-")
        zone = gcp.dns.ManagedZone(
            f"{self.name}-{part}",
            name=f"{args.spec.name}-{part}",
            dns_name=domain,
            description=f"{domain} inside the network",
            visibility="private",
            private_visibility_config={"networks": [{"network_url": self._made.id}]},
            labels=args.spec.ownership.google_labels("network"),
            opts=self.child(),
        )
        for record, kind, value in ((domain, "A", GOOGLE_APIS), (f"*.{domain}", "CNAME", domain)):
            gcp.dns.RecordSet(
                f"{self.name}-{part}-{kind.lower()}",
                name=record,
                type=kind,
                ttl=300,
                managed_zone=zone.name,
                rrdatas=[value],
                opts=self.child(),
            )

    def _walls(self, args: NetworkArgs) -> None:
        """Nothing comes in but from the network itself; without egress nothing leaves it either."""
        spec = args.spec
        if not spec.egress:
            gcp.compute.Firewall(
                f"{self.name}-no-way-out",
                name=f"{spec.name}-no-way-out",
                network=self._made.id,
                direction="EGRESS",
                priority=65000,
                denies=[{"protocol": "all"}],
                destination_ranges=[ANYWHERE],
                log_config={"metadata": "INCLUDE_ALL_METADATA"},
                opts=self.child(),
            )
            inside = [spec.cidr, spec.services, f"{GOOGLE_APIS}/32"]
            gcp.compute.Firewall(
                f"{self.name}-inside",
                name=f"{spec.name}-inside",
                network=self._made.id,
                direction="EGRESS",
                priority=1000,
                allows=[{"protocol": "all"}],
                destination_ranges=inside,
                opts=self.child(),
            )

    def _nat(self, args: NetworkArgs, nodes: list[gcp.compute.Subnetwork]) -> None:
        spec = args.spec
        router = gcp.compute.Router(
            f"{self.name}-router",
            name=f"{spec.name}-router",
            network=self._made.id,
            region=spec.region,
            opts=self.child(),
        )
        gcp.compute.RouterNat(
            f"{self.name}-nat",
            name=f"{spec.name}-nat",
            router=router.name,
            region=spec.region,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[{"name": one.id, "source_ip_ranges_to_nats": ["ALL_IP_RANGES"]} for one in nodes],
            log_config={"enable": True, "filter": "ALL"},
            opts=self.child(),
        )
