"""A warehouse on Google Cloud: a BigQuery dataset of one region."""

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.core import Component
from components.warehouse.contract import WarehouseArgs

MILLISECONDS_PER_DAY = 86_400_000


class GcpWarehouse(Component):
    """See the module."""

    TOKEN = "domicile:warehouse/gcp:Warehouse"  # noqa: S105 a type token
    endpoint: Output[str]
    database: Output[str]
    resource: Output[str]
    access: Output[str]

    def __init__(self, name: str, args: WarehouseArgs, opts: ResourceOptions | None = None) -> None:
        """Create the dataset."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = gcp.bigquery.Dataset(
            f"{name}-dataset",
            dataset_id=spec.name.replace("-", "_"),
            location=spec.region,
            default_encryption_configuration={"kms_key_name": args.key},
            default_table_expiration_ms=spec.expire_days * MILLISECONDS_PER_DAY if spec.expire_days else None,
            max_time_travel_hours="168",
            delete_contents_on_destroy=False,
            labels=spec.ownership.google_labels("warehouse"),
            opts=self.child(),
        )
        self.endpoint = Output.from_input("https://bigquery.googleapis.com")
        self.database = made.dataset_id
        self.resource = made.dataset_id
        self.access = Output.from_input("")
        self.finish()
