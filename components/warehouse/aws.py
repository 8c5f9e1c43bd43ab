"""A warehouse on AWS: Redshift Serverless, inside the network."""

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.clouds.aws import wall
from components.clouds.aws.iam import trust
from components.core import Component
from components.warehouse.contract import WarehouseArgs

PORT = 5439
UNITS = 8


class AwsWarehouse(Component):
    """See the module."""

    TOKEN = "domicile:warehouse/aws:Warehouse"  # noqa: S105 a type token
    endpoint: Output[str]
    database: Output[str]
    resource: Output[str]
    access: Output[str]

    def __init__(self, name: str, args: WarehouseArgs, account: str, opts: ResourceOptions | None = None) -> None:
        """Create the warehouse in an account."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("warehouse")
        door = wall.build(self, args.network, (PORT, spec.clients), spec.ownership.tags(name))
        moves = aws.iam.Role(
            f"{name}-moves",
            name=f"{spec.name}-moves",
            assume_role_policy=trust("redshift.amazonaws.com", "redshift-serverless.amazonaws.com"),
            tags=tags,
            opts=self.child(),
        )
        space = aws.redshiftserverless.Namespace(
            f"{name}-namespace",
            namespace_name=spec.name,
            db_name="warehouse",
            kms_key_id=args.key,
            manage_admin_password=True,
            admin_password_secret_kms_key_id=args.key,
            iam_roles=[moves.arn],
            log_exports=["userlog", "connectionlog", "useractivitylog"],
            tags=tags,
            opts=self.child(),
        )
        group = aws.redshiftserverless.Workgroup(
            f"{name}-workgroup",
            workgroup_name=spec.name,
            namespace_name=space.namespace_name,
            base_capacity=UNITS,
            enhanced_vpc_routing=True,
            publicly_accessible=False,
            subnet_ids=args.subnets,
            security_group_ids=[door.id],
            config_parameters=[{"parameter_key": "require_ssl", "parameter_value": "true"}],
            tags=tags,
            opts=self.child(),
        )
        self.endpoint = group.endpoints.apply(lambda found: str(found[0].address if found else ""))
        self.database = Output.from_input("warehouse")
        self.resource = group.arn
        # known before it is made: what refers to it can be judged in a preview
        self.access = Output.concat("arn:aws:iam::", account, ":role/", moves.name)
        self.finish()
