"""An object store beside an attached cluster: a bucket of an S3-compatible service."""

from pulumi import Output, ResourceOptions

from components.clouds.aws import bucket
from components.core import Component
from components.object_store.contract import ObjectStoreArgs


class KubernetesObjectStore(Component):
    """See the module."""

    TOKEN = "domicile:object_store/kubernetes:ObjectStore"  # noqa: S105 a type token
    bucket: Output[str]
    endpoint: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: ObjectStoreArgs, endpoint: str, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = bucket.build(
            self,
            bucket.Shape(
                tags=spec.ownership.tags(spec.name),
                key=args.key,
                old_versions_days=spec.old_versions_days,
                locked_days=spec.locked_days,
                compatible=True,
            ),
        )
        self.bucket = made.bucket
        self.endpoint = Output.from_input(endpoint)
        self.resource = made.arn
        self.finish()
