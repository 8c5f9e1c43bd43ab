"""An object store on AWS: an S3 bucket, and its copy in a second region where one is asked for."""

from pulumi import Output, ResourceOptions

from components.clouds.aws import bucket, replica
from components.core import Component
from components.object_store.contract import ObjectStoreArgs


class AwsObjectStore(Component):
    """See the module."""

    TOKEN = "domicile:object_store/aws:ObjectStore"  # noqa: S105 a type token
    bucket: Output[str]
    endpoint: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: ObjectStoreArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        spec = args.spec
        shape = bucket.Shape(
            tags=spec.ownership.tags(spec.name),
            key=args.key,
            old_versions_days=spec.old_versions_days,
            locked_days=spec.locked_days,
            cold_after_days=spec.cold_after_days,
        )
        made = bucket.build(self, shape)
        if args.replica_key is not None:
            replica.build(self, made, shape, region=spec.replica_region, key=args.replica_key)
        self.bucket = made.bucket
        self.endpoint = Output.from_input(f"https://s3.{spec.region}.amazonaws.com")
        self.resource = made.arn
        self.finish()
