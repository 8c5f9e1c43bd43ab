"""MLflow on Azure: its files in Blob Storage, the password in Key Vault, both opened by its identity."""

from pulumi import Output, ResourceOptions

from components.core import Component
from components.tracking.contract import TrackingArgs
from components.tracking.server import Sources, build


class AzureTracking(Component):
    """See the module."""

    TOKEN = "domicile:tracking/azure:Tracking"  # noqa: S105 a type token
    endpoint: Output[str]
    files: Output[str]

    def __init__(self, name: str, args: TrackingArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        host = Output.from_input(args.bucket_endpoint).apply(lambda at: at.removeprefix("https://").rstrip("/"))
        self.files = Output.concat("wasbs://", args.bucket, "@", host)
        self.endpoint = build(self, args, Sources(files=self.files, secret=args.secret))
        self.finish()
