"""A feature store on Google Cloud: its registry in Cloud Storage, its history in BigQuery."""

from pulumi import Output, ResourceOptions

from components.core import Component
from components.feature_store.contract import FeatureStoreArgs
from components.feature_store.server import Sources, build


class GcpFeatureStore(Component):
    """See the module."""

    TOKEN = "domicile:feature_store/gcp:FeatureStore"  # noqa: S105 a type token
    endpoint: Output[str]
    registry: Output[str]

    def __init__(self, name: str, args: FeatureStoreArgs, project: str, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        self.registry = Output.concat("gs://", args.bucket, "/registry.pb")
        self.endpoint = build(
            self,
            args,
            Sources(
                registry={"path": self.registry},
                offline={
                    "type": "bigquery",
                    "project_id": project,
                    "dataset": args.database,
                    "location": args.spec.region,
                    "gcs_staging_location": Output.concat("gs://", args.bucket, "/unloaded"),
                },
            ),
        )
        self.finish()
