"""What vendors run whatever the cloud: their components, each bound to a provider of its own."""

from typing import Any, assert_never

import pulumi
from pulumi import ResourceOptions

from components.warehouse.contract import VendorWarehouseArgs, Warehouse
from components.warehouse.vendors import DatabricksSpec, SnowflakeSpec, VendorSpec


def warehouse(name: str, spec: VendorSpec) -> Warehouse:
    """Make a warehouse at its vendor; who signs in is the environment's affair, never the blueprint's.

    Raises:
        RunError: the vendor's SDK is not installed.
    """
    try:
        return _warehouse(name, spec)
    except ModuleNotFoundError as error:
        message = f"{error.name} is not installed: install the extra `warehouses`"
        raise pulumi.RunError(message) from None


def _warehouse(name: str, spec: VendorSpec) -> Warehouse:
    match spec:
        case SnowflakeSpec():
            import pulumi_snowflake as snowflake

            from components.warehouse.snowflake import SnowflakeWarehouse

            signed_in = snowflake.Provider(
                "snowflake", organization_name=spec.organization, account_name=spec.account, log_query_text=False
            )
            return SnowflakeWarehouse(name, VendorWarehouseArgs(spec=spec), _by(signed_in))
        case DatabricksSpec():
            import pulumi_databricks as databricks

            from components.warehouse.databricks import DatabricksWarehouse

            workspace = databricks.Provider("databricks", host=spec.host)
            return DatabricksWarehouse(name, VendorWarehouseArgs(spec=spec), _by(workspace))
        case _:
            assert_never(spec)


def _by(provider: Any) -> ResourceOptions:
    return ResourceOptions(providers=[provider])
