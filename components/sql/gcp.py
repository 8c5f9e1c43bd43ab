"""PostgreSQL on Google Cloud: Cloud SQL inside the network."""

import pulumi_gcp as gcp
import pulumi_random as random
from pulumi import Output, ResourceOptions

from components.clouds.gcp import secret
from components.core import Component
from components.sql.contract import SqlArgs

PORT = 5432


class GcpSql(Component):
    """See the module."""

    TOKEN = "domicile:sql/gcp:Sql"  # noqa: S105 a type token
    endpoint: Output[str]
    port: Output[int]
    database: Output[str]
    secret: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: SqlArgs, opts: ResourceOptions | None = None) -> None:
        """Create the database."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = gcp.sql.DatabaseInstance(
            f"{name}-instance",
            name=spec.name,
            database_version=f"POSTGRES_{spec.version}",
            region=spec.region,
            encryption_key_name=args.key,
            deletion_protection=True,
            settings={
                "edition": "ENTERPRISE",
                "tier": f"db-custom-{spec.cpus}-{spec.memory_gib * 1024}",
                "availability_type": "REGIONAL" if spec.standbys else "ZONAL",
                "disk_size": spec.storage_gib,
                "disk_type": "PD_SSD",
                "disk_autoresize": True,
                "deletion_protection_enabled": True,
                "backup_configuration": {
                    "enabled": True,
                    "location": spec.region,
                    "point_in_time_recovery_enabled": True,
                    "backup_retention_settings": {"retained_backups": spec.backup_days},
                    "start_time": "02:00",
                },
                "ip_configuration": {
                    "ipv4_enabled": False,
                    "private_network": args.network,
                    "ssl_mode": "ENCRYPTED_ONLY",
                    "enable_private_path_for_google_cloud_services": True,
                },
                "database_flags": [
                    {"name": "cloudsql.iam_authentication", "value": "on"},
                    {"name": "cloudsql.enable_pgaudit", "value": "on"},
                    {"name": "log_connections", "value": "on"},
                    {"name": "log_disconnections", "value": "on"},
                ],
                "insights_config": {"query_insights_enabled": True},
                "user_labels": spec.ownership.google_labels("sql"),
            },
            opts=self.child(),
        )
        gcp.sql.Database(f"{name}-database", name=spec.database, instance=made.name, opts=self.child())
        password = random.RandomPassword(f"{name}-password", length=40, special=False, opts=self.child())
        gcp.sql.User(f"{name}-user", name="domicile", instance=made.name, password=password.result, opts=self.child())
        self.endpoint = made.private_ip_address
        self.port = Output.from_input(PORT)
        self.database = Output.from_input(spec.database)
        self.secret = secret.build(self, spec.ownership, spec.region, args.key, password.result)
        self.resource = made.connection_name
        self.finish()
