"""A warehouse at Snowflake: a database, its compute with an end to its credits, and a role that may use it."""

from typing import Any

import pulumi_snowflake as snowflake
from pulumi import Output, ResourceOptions

from components.core import Component
from components.warehouse.contract import VendorWarehouseArgs
from components.warehouse.vendors import SnowflakeSpec

IDLE_S = 60
LONGEST_S = 3600
#: what a workload's role may do, by kind of object
RIGHTS = (("DATABASE", ("USAGE",)), ("WAREHOUSE", ("USAGE",)))


class SnowflakeWarehouse(Component):
    """See the module."""

    TOKEN = "domicile:warehouse/snowflake:Warehouse"  # noqa: S105 a type token
    endpoint: Output[str]
    database: Output[str]
    resource: Output[str]
    access: Output[str]

    def __init__(
        self, name: str, args: VendorWarehouseArgs[SnowflakeSpec], opts: ResourceOptions | None = None
    ) -> None:
        """Create the database and its compute."""
        super().__init__(name, args, opts)
        spec = args.spec
        called = spec.name.upper().replace("-", "_")
        said = " ".join(f"{key}={text}" for key, text in sorted(spec.ownership.tags("warehouse").items()))
        snowflake.AccountParameter(f"{name}-rekeying", key="PERIODIC_DATA_REKEYING", value="true", opts=self.child())
        monitor = snowflake.ResourceMonitor(
            f"{name}-credits",
            name=called,
            credit_quota=spec.monthly_credits,
            frequency="MONTHLY",
            start_timestamp="IMMEDIATELY",
            notify_triggers=[50, 80],
            suspend_trigger=100,
            suspend_immediate_trigger=110,
            opts=self.child(),
        )
        compute = snowflake.Warehouse(
            f"{name}-compute",
            name=called,
            comment=said,
            warehouse_size=spec.size,
            auto_resume="true",
            auto_suspend=IDLE_S,
            initially_suspended=True,
            statement_timeout_in_seconds=LONGEST_S,
            resource_monitor=monitor.fully_qualified_name,
            opts=self.child(),
        )
        database = snowflake.Database(
            f"{name}-database",
            name=called,
            comment=said,
            data_retention_time_in_days=spec.history_days,
            opts=self.child(),
        )
        schema = snowflake.Schema(
            f"{name}-schema",
            name="FEATURES",
            database=database.name,
            comment=said,
            with_managed_access="true",
            opts=self.child(),
        )
        role = self._role(called, said, {"DATABASE": database.name, "WAREHOUSE": compute.name}, schema)
        wall = snowflake.NetworkPolicy(
            f"{name}-wall", name=called, allowed_ip_lists=list(spec.clients), comment=said, opts=self.child()
        )
        user = snowflake.ServiceUser(
            f"{name}-workloads",
            name=called,
            comment=said,
            default_role=role.name,
            default_warehouse=compute.name,
            network_policy=wall.fully_qualified_name,
            rsa_public_key=_bare(spec.public_key),
            opts=self.child(),
        )
        snowflake.GrantAccountRole(f"{name}-grant", role_name=role.name, user_name=user.name, opts=self.child())
        self.endpoint = Output.from_input(f"https://{spec.organization}-{spec.account}.snowflakecomputing.com".lower())
        self.database = database.name
        self.resource = role.name
        self.access = Output.from_input("")
        self.finish()

    def _role(
        self, called: str, said: str, on: dict[str, Output[str]], schema: snowflake.Schema
    ) -> snowflake.AccountRole:
        role = snowflake.AccountRole(f"{self.name}-role", name=called, comment=said, opts=self.child())
        for kind, privileges in RIGHTS:
            self._grant(
                kind.lower(), role, privileges, on_account_object={"object_type": kind, "object_name": on[kind]}
            )
        inside = ("USAGE", "CREATE TABLE", "CREATE VIEW")
        self._grant("schema", role, inside, on_schema={"schema_name": schema.fully_qualified_name})
        return role

    def _grant(self, label: str, role: snowflake.AccountRole, privileges: tuple[str, ...], **on: Any) -> None:
        snowflake.GrantPrivilegesToAccountRole(
            f"{self.name}-may-{label}",
            account_role_name=role.name,
            privileges=list(privileges),
            opts=self.child(),
            **on,
        )


def _bare(pem: str) -> str:
    """A key without its frame, as Snowflake takes it."""
    return "".join(line for line in pem.splitlines() if "-----" not in line)
