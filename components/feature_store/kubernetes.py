"""A feature store on an attached cluster: its registry in the service beside it, its history in ClickHouse."""

from pulumi import Output, ResourceOptions

from components.core import Component
from components.feature_store.contract import FeatureStoreArgs
from components.feature_store.server import Sources, build

PORT = 8443


class KubernetesFeatureStore(Component):
    """See the module."""

    TOKEN = "domicile:feature_store/kubernetes:FeatureStore"  # noqa: S105 a type token
    endpoint: Output[str]
    registry: Output[str]

    def __init__(
        self, name: str, args: FeatureStoreArgs, objects_secret: str, opts: ResourceOptions | None = None
    ) -> None:
        """Create the store; ``objects_secret`` has the access keys of the S3-compatible service."""
        super().__init__(name, args, opts)
        host = Output.from_input(args.warehouse).apply(lambda found: found.partition(":")[0])
        self.registry = Output.concat("s3://", args.bucket, "/registry.pb")
        self.endpoint = build(
            self,
            args,
            Sources(
                registry={"path": self.registry},
                offline={
                    "type": "clickhouse",
                    "host": host,
                    "port": PORT,
                    "database": args.database,
                    "user": "domicile",
                    "password": "${WAREHOUSE_PASSWORD}",
                    "additional_client_args": {"secure": True},
                },
                environment=(("FEAST_S3_ENDPOINT_URL", args.bucket_endpoint),),
                secrets=(
                    ("WAREHOUSE_PASSWORD", args.access, "password"),
                    ("AWS_ACCESS_KEY_ID", objects_secret, "access-key"),
                    ("AWS_SECRET_ACCESS_KEY", objects_secret, "secret-key"),
                ),
            ),
        )
        self.finish()
