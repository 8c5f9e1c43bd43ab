"""MLflow on AWS: its files in S3, the password in Secrets Manager, both opened by its role."""

from pulumi import Output, ResourceOptions

from components.core import Component
from components.tracking.contract import TrackingArgs
from components.tracking.server import Sources, build


class AwsTracking(Component):
    """See the module."""

    TOKEN = "domicile:tracking/aws:Tracking"  # noqa: S105 a type token
    endpoint: Output[str]
    files: Output[str]

    def __init__(self, name: str, args: TrackingArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        self.files = Output.concat("s3://", args.bucket)
        region = (("AWS_REGION", args.spec.region), ("AWS_DEFAULT_REGION", args.spec.region))
        self.endpoint = build(self, args, Sources(files=self.files, secret=args.secret, environment=region))
        self.finish()
