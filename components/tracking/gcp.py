"""MLflow on Google Cloud: its files in Cloud Storage, the password in Secret Manager, both opened by its account."""

from pulumi import Output, ResourceOptions

from components.core import Component
from components.tracking.contract import TrackingArgs
from components.tracking.server import Sources, build


class GcpTracking(Component):
    """See the module."""

    TOKEN = "domicile:tracking/gcp:Tracking"  # noqa: S105 a type token
    endpoint: Output[str]
    files: Output[str]

    def __init__(self, name: str, args: TrackingArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        self.files = Output.concat("gs://", args.bucket)
        self.endpoint = build(self, args, Sources(files=self.files, secret=args.secret))
        self.finish()
