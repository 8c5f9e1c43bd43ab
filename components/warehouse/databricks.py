"""A warehouse at Databricks: a catalog in our own storage, a SQL warehouse that ends when idle, who may use them."""

import pulumi_databricks as databricks
from pulumi import Output, ResourceOptions

from components.core import Component
from components.warehouse.contract import VendorWarehouseArgs
from components.warehouse.vendors import DatabricksSpec

IDLE_MINUTES = 10
PRIVILEGES = ("USE_CATALOG", "USE_SCHEMA", "SELECT", "MODIFY", "CREATE_TABLE")


class DatabricksWarehouse(Component):
    """See the module."""

    TOKEN = "domicile:warehouse/databricks:Warehouse"  # noqa: S105 a type token
    endpoint: Output[str]
    database: Output[str]
    resource: Output[str]
    access: Output[str]

    def __init__(
        self, name: str, args: VendorWarehouseArgs[DatabricksSpec], opts: ResourceOptions | None = None
    ) -> None:
        """Create the catalog and the SQL warehouse."""
        super().__init__(name, args, opts)
        spec = args.spec
        called, tags = spec.name.replace("-", "_"), spec.ownership.tags("warehouse")
        databricks.IpAccessList(
            f"{name}-wall", label=spec.name, list_type="ALLOW", ip_addresses=list(spec.clients), opts=self.child()
        )
        catalog = databricks.Catalog(
            f"{name}-catalog",
            name=called,
            comment=f"{spec.ownership.workload}: tables for analysis and features",
            isolation_mode="ISOLATED",
            storage_root=spec.storage,
            properties=tags,
            force_destroy=False,
            opts=self.child(),
        )
        schema = databricks.Schema(
            f"{name}-schema", name="features", catalog_name=catalog.name, properties=tags, opts=self.child()
        )
        databricks.Grants(
            f"{name}-grants",
            catalog=catalog.name,
            grants=[{"principal": spec.group, "privileges": list(PRIVILEGES)}],
            opts=self.child(depends_on=[schema]),
        )
        compute = databricks.SqlEndpoint(
            f"{name}-compute",
            name=spec.name,
            cluster_size=spec.size,
            max_num_clusters=1,
            auto_stop_mins=IDLE_MINUTES,
            enable_serverless_compute=False,
            warehouse_type="PRO",
            tags={"custom_tags": [{"key": key, "value": text} for key, text in tags.items()]},
            opts=self.child(),
        )
        databricks.Permissions(
            f"{name}-may-use",
            sql_endpoint_id=compute.id,
            access_controls=[{"group_name": spec.group, "permission_level": "CAN_USE"}],
            opts=self.child(),
        )
        self.endpoint = Output.from_input(spec.host)
        self.database = catalog.name
        self.resource = compute.id
        self.access = Output.from_input("")
        self.finish()
