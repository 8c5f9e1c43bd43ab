"""A network on AWS: a VPC whose subnets are private, with endpoints for the services a platform needs."""

from collections.abc import Sequence

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.clouds.aws import logs
from components.clouds.aws.iam import policy, trust
from components.core import Component
from components.network.addresses import Zone
from components.network.contract import NetworkArgs

#: services reached without leaving the network: storage and registry, keys, secrets, logs, and what nodes need
ENDPOINTS = ("ecr.api", "ecr.dkr", "kms", "secretsmanager", "logs", "sts", "ec2", "eks", "eks-auth", "monitoring")
ANYWHERE = "0.0.0.0/0"


class AwsNetwork(Component):
    """See the module."""

    TOKEN = "domicile:network/aws:Network"  # noqa: S105 a type token
    network: Output[str]
    nodes: Output[Sequence[str]]
    pods: Output[Sequence[str]]
    endpoints: Output[Sequence[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        """Create the network."""
        super().__init__(name, args, opts)
        spec = args.spec
        self._tags = spec.ownership.tags("network")
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=spec.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={**self._tags, "Name": spec.name},
            opts=self.child(),
        )
        self._vpc = vpc
        aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=vpc.id, tags=self._tags, opts=self.child())
        self._log(name, args)
        private = self._subnets(
            "nodes", [(zone, zone.nodes) for zone in spec.zones], {"karpenter.sh/discovery": spec.name}
        )
        pods = self._subnets("pods", [(zone, zone.pods) for zone in spec.zones], {"kubernetes.io/role/cni": "1"})
        ends = self._subnets("endpoints", [(zone, zone.endpoints) for zone in spec.zones], {})
        tables = self._routes(spec.zones, egress=spec.egress, public=spec.public_ingress)
        for kind, subnets in (("nodes", private), ("pods", pods), ("endpoints", ends)):
            for zone, subnet, table in zip(spec.zones, subnets, tables, strict=True):
                aws.ec2.RouteTableAssociation(
                    f"{name}-{kind}-{zone.name}-route",
                    subnet_id=subnet.id,
                    route_table_id=table.id,
                    opts=self.child(),
                )
        self._endpoints(args, ends, tables)
        self.network = vpc.id
        self.nodes = Output.all(*[one.id for one in private])
        self.pods = Output.all(*[one.id for one in pods])
        self.endpoints = Output.all(*[one.id for one in ends])
        self.finish()

    def _subnets(self, kind: str, ranges: list[tuple[Zone, str]], tags: dict[str, str]) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                f"{self.name}-{kind}-{zone.name}",
                vpc_id=self._vpc.id,
                cidr_block=cidr,
                availability_zone=zone.name,
                map_public_ip_on_launch=False,
                tags={**self._tags, "Name": f"{self.name}-{kind}-{zone.name}", **tags},
                opts=self.child(),
            )
            for zone, cidr in ranges
        ]

    def _routes(self, zones: tuple[Zone, ...], *, egress: bool, public: bool) -> list[aws.ec2.RouteTable]:
        """One private table for each zone; the way out goes through the zone's own NAT."""
        gates: list[aws.ec2.NatGateway] = []
        if egress or public:
            role = {"kubernetes.io/role/elb": "1"} if public else {}
            outside = self._subnets("public", [(zone, zone.public) for zone in zones], role)
            gateway = aws.ec2.InternetGateway(
                f"{self.name}-internet", vpc_id=self._vpc.id, tags=self._tags, opts=self.child()
            )
            table = aws.ec2.RouteTable(f"{self.name}-public", vpc_id=self._vpc.id, tags=self._tags, opts=self.child())
            aws.ec2.Route(
                f"{self.name}-public-out",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                gateway_id=gateway.id,
                opts=self.child(),
            )
            for zone, subnet in zip(zones, outside, strict=True):
                aws.ec2.RouteTableAssociation(
                    f"{self.name}-public-{zone.name}-route",
                    subnet_id=subnet.id,
                    route_table_id=table.id,
                    opts=self.child(),
                )
                if egress:
                    gates.append(self._nat(zone, subnet, gateway))
        tables: list[aws.ec2.RouteTable] = []
        for index, zone in enumerate(zones):
            table = aws.ec2.RouteTable(
                f"{self.name}-private-{zone.name}", vpc_id=self._vpc.id, tags=self._tags, opts=self.child()
            )
            tables.append(table)
            if gates:
                aws.ec2.Route(
                    f"{self.name}-private-{zone.name}-out",
                    route_table_id=table.id,
                    destination_cidr_block=ANYWHERE,
                    nat_gateway_id=gates[index].id,
                    opts=self.child(),
                )
        return tables

    def _nat(self, zone: Zone, subnet: aws.ec2.Subnet, gateway: aws.ec2.InternetGateway) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(
            f"{self.name}-nat-{zone.name}-ip", domain="vpc", tags=self._tags, opts=self.child(depends_on=[gateway])
        )
        return aws.ec2.NatGateway(
            f"{self.name}-nat-{zone.name}",
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags=self._tags,
            opts=self.child(),
        )

    def _endpoints(self, args: NetworkArgs, subnets: list[aws.ec2.Subnet], tables: list[aws.ec2.RouteTable]) -> None:
        spec = args.spec
        wall = aws.ec2.SecurityGroup(
            f"{self.name}-endpoints",
            vpc_id=self._vpc.id,
            description="Private endpoints: TLS from inside the network",
            ingress=[
                {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": [spec.cidr], "description": "TLS"}
            ],
            tags=self._tags,
            opts=self.child(),
        )
        aws.ec2.VpcEndpoint(
            f"{self.name}-s3",
            vpc_id=self._vpc.id,
            service_name=f"com.amazonaws.{spec.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags=self._tags,
            opts=self.child(),
        )
        for service in ENDPOINTS:
            aws.ec2.VpcEndpoint(
                f"{self.name}-{service.replace('.', '-')}",
                vpc_id=self._vpc.id,
                service_name=f"com.amazonaws.{spec.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=[one.id for one in subnets],
                security_group_ids=[wall.id],
                tags=self._tags,
                opts=self.child(),
            )

    def _log(self, name: str, args: NetworkArgs) -> None:
        spec = args.spec
        group = logs.build(self, f"{name}-flow", f"/domicile/{spec.name}/flow", args.key, spec.log_days, self._tags)
        role = aws.iam.Role(
            f"{name}-flow",
            assume_role_policy=trust("vpc-flow-logs.amazonaws.com"),
            tags=self._tags,
            opts=self.child(),
        )
        aws.iam.RolePolicy(
            f"{name}-flow",
            role=role.name,
            policy=group.arn.apply(
                lambda arn: policy(
                    {
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                        "Resource": [arn, f"{arn}:*"],
                    }
                )
            ),
            opts=self.child(),
        )
        aws.ec2.FlowLog(
            f"{name}-flow",
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=60,
            tags=self._tags,
            opts=self.child(),
        )
