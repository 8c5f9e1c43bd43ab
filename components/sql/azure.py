"""PostgreSQL on Azure: a flexible server inside the network."""

import pulumi_azure_native as azure
import pulumi_random as random
from pulumi import Input, Output, ResourceOptions

from components.clouds.azure import endpoint, secret
from components.clouds.azure.group import Group
from components.core import Component
from components.sql.contract import SqlArgs

PORT = 5432
SETTINGS = {
    "require_secure_transport": "on",
    "azure.extensions": "VECTOR,PGAUDIT",
    "pgaudit.log": "ddl,role",
    "log_connections": "on",
    "ssl_min_protocol_version": "TLSv1.2",
}
SIZES_GIB = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)


class AzureSql(Component):
    """See the module."""

    TOKEN = "domicile:sql/azure:Sql"  # noqa: S105 a type token
    endpoint: Output[str]
    port: Output[int]
    database: Output[str]
    secret: Output[str]
    resource: Output[str]

    def __init__(
        self, name: str, args: SqlArgs, group: Group, subnet: Input[str], opts: ResourceOptions | None = None
    ) -> None:
        """Create the database; ``subnet`` is delegated to it."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("sql")
        password = random.RandomPassword(f"{name}-password", length=40, special=False, opts=self.child())
        made = azure.dbforpostgresql.Server(
            f"{name}-server",
            **group.place,
            server_name=spec.name,
            version=spec.version,
            create_mode="Default",
            administrator_login="domicile",
            administrator_login_password=password.result,
            auth_config={"active_directory_auth": "Enabled", "password_auth": "Enabled", "tenant_id": group.tenant},
            sku={"name": f"Standard_D{spec.cpus}ds_v5", "tier": "GeneralPurpose"},
            storage={
                "storage_size_gb": next(size for size in SIZES_GIB if size >= spec.storage_gib),
                "auto_grow": "Enabled",
            },
            high_availability={"mode": "ZoneRedundant" if spec.standbys else "Disabled"},
            backup={"backup_retention_days": min(35, max(7, spec.backup_days)), "geo_redundant_backup": "Disabled"},
            network={
                "delegated_subnet_resource_id": subnet,
                "private_dns_zone_arm_resource_id": group.names[endpoint.ZONES["postgres"]],
                "public_network_access": "Disabled",
            },
            data_encryption={
                "type": "AzureKeyVault",
                "primary_key_uri": args.key,
                "primary_user_assigned_identity_id": group.identity,
            },
            identity=group.may_use_keys_by_id(),
            tags=tags,
            opts=self.child(),
        )
        for setting, value in SETTINGS.items():
            azure.dbforpostgresql.Configuration(
                f"{name}-{setting}",
                resource_group_name=group.name,
                server_name=made.name,
                configuration_name=setting,
                value=value,
                source="user-override",
                opts=self.child(),
            )
        azure.dbforpostgresql.Database(
            f"{name}-database",
            resource_group_name=group.name,
            server_name=made.name,
            database_name=spec.database,
            charset="UTF8",
            collation="en_US.utf8",
            opts=self.child(),
        )
        self.endpoint = made.fully_qualified_domain_name
        self.port = Output.from_input(PORT)
        self.database = Output.from_input(spec.database)
        self.secret = secret.build(self, group, args.key, password.result, tags)
        self.resource = made.id
        self.finish()
