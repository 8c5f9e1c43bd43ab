"""An object store on Google Cloud: a Cloud Storage bucket of one region, and its copy in a second where asked for."""

from pulumi import Output, ResourceOptions

from components.clouds.gcp import bucket, replica
from components.core import Component
from components.object_store.contract import ObjectStoreArgs


class GcpObjectStore(Component):
    """See the module."""

    TOKEN = "domicile:object_store/gcp:ObjectStore"  # noqa: S105 a type token
    bucket: Output[str]
    endpoint: Output[str]
    resource: Output[str]

    def __init__(
        self, name: str, args: ObjectStoreArgs, project: tuple[str, str], opts: ResourceOptions | None = None
    ) -> None:
        """Create the store; ``project`` is its id and its number."""
        super().__init__(name, args, opts)
        spec = args.spec
        shape = bucket.Shape(
            labels=spec.ownership.google_labels(spec.name),
            region=spec.region,
            key=args.key,
            old_versions_days=spec.old_versions_days,
            locked_days=spec.locked_days,
            cold_after_days=spec.cold_after_days,
        )
        made = bucket.build(self, shape)
        if args.replica_key is not None:
            replica.build(self, made, shape, region=spec.replica_region, key=args.replica_key, project=project)
        self.bucket = made.name
        self.endpoint = Output.from_input("https://storage.googleapis.com")
        self.resource = made.name
        self.finish()
