"""PostgreSQL on AWS: Aurora, which scales by itself between a quarter of its size and all of it."""

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.clouds.aws import wall
from components.core import Component
from components.sql.contract import SqlArgs

PORT = 5432
GIB_PER_UNIT = 2


class AwsSql(Component):
    """See the module."""

    TOKEN = "domicile:sql/aws:Sql"  # noqa: S105 a type token
    endpoint: Output[str]
    port: Output[int]
    database: Output[str]
    secret: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: SqlArgs, opts: ResourceOptions | None = None) -> None:
        """Create the database."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("sql")
        most = max(1, spec.memory_gib // GIB_PER_UNIT)
        groups = aws.rds.SubnetGroup(f"{name}-subnets", subnet_ids=args.subnets, tags=tags, opts=self.child())
        door = wall.build(self, args.network, (PORT, spec.clients), spec.ownership.tags(name))
        parameters = aws.rds.ClusterParameterGroup(
            f"{name}-parameters",
            family=f"aurora-postgresql{spec.version}",
            parameters=[
                {"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"},
                {"name": "log_connections", "value": "1"},
                {"name": "pgaudit.log", "value": "ddl,role"},
                {
                    "name": "shared_preload_libraries",
                    "value": "pgaudit,pg_stat_statements",
                    "apply_method": "pending-reboot",
                },
            ],
            tags=tags,
            opts=self.child(),
        )
        cluster = aws.rds.Cluster(
            f"{name}-cluster",
            cluster_identifier=spec.name,
            engine="aurora-postgresql",
            engine_mode="provisioned",
            engine_version=spec.version,
            database_name=spec.database,
            master_username="domicile",
            manage_master_user_password=True,
            master_user_secret_kms_key_id=args.key,
            storage_encrypted=True,
            kms_key_id=args.key,
            db_subnet_group_name=groups.name,
            db_cluster_parameter_group_name=parameters.name,
            vpc_security_group_ids=[door.id],
            backup_retention_period=min(35, spec.backup_days),
            preferred_backup_window="02:00-03:00",
            copy_tags_to_snapshot=True,
            deletion_protection=True,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{spec.name}-final",
            iam_database_authentication_enabled=True,
            enabled_cloudwatch_logs_exports=["postgresql"],
            serverlessv2_scaling_configuration={"min_capacity": max(0.5, most / 4), "max_capacity": most},
            tags=tags,
            opts=self.child(),
        )
        for index in range(1 + spec.standbys):
            aws.rds.ClusterInstance(
                f"{name}-{index}",
                cluster_identifier=cluster.id,
                identifier=f"{spec.name}-{index}",
                engine=aws.rds.EngineType.AURORA_POSTGRESQL,
                instance_class="db.serverless",
                publicly_accessible=False,
                performance_insights_enabled=True,
                performance_insights_kms_key_id=args.key,
                auto_minor_version_upgrade=True,
                tags=tags,
                opts=self.child(),
            )
        self.endpoint = cluster.endpoint
        self.port = Output.from_input(PORT)
        self.database = Output.from_input(spec.database)
        self.secret = cluster.master_user_secrets.apply(lambda found: str(found[0].secret_arn if found else ""))
        self.resource = cluster.arn
        self.finish()
