"""MLflow on an attached cluster: its files in the service beside it, the password in the operator's Secret."""

from pulumi import Output, ResourceOptions

from components.core import Component
from components.tracking.contract import TrackingArgs
from components.tracking.server import Sources, build


class KubernetesTracking(Component):
    """See the module."""

    TOKEN = "domicile:tracking/kubernetes:Tracking"  # noqa: S105 a type token
    endpoint: Output[str]
    files: Output[str]

    def __init__(self, name: str, args: TrackingArgs, objects_secret: str, opts: ResourceOptions | None = None) -> None:
        """Create the store; ``objects_secret`` has the access keys of the S3-compatible service."""
        super().__init__(name, args, opts)
        self.files = Output.concat("s3://", args.bucket)
        authority = Output.from_input(args.secret).apply(lambda found: f"{found.removesuffix('-app')}-ca")
        self.endpoint = build(
            self,
            args,
            Sources(
                files=self.files,
                secret="file:/database/password",  # noqa: S106 where it is mounted
                tls=(("sslmode", "verify-full"), ("sslrootcert", "/authority/ca.crt")),
                mounted=(
                    ("database", args.secret, ("password",)),
                    ("authority", authority, ("ca.crt",)),
                    ("objects", objects_secret, ("access-key", "secret-key")),
                ),
                environment=(
                    ("MLFLOW_S3_ENDPOINT_URL", args.bucket_endpoint),
                    ("AWS_DEFAULT_REGION", args.spec.region),
                    ("OBJECTS", "/objects"),
                    ("AWS_SHARED_CREDENTIALS_FILE", "/credentials/objects"),
                ),
            ),
        )
        self.finish()
