"""A registry on Google Cloud: Artifact Registry, with a remote repository for each mirror."""

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.core import Component
from components.registry.contract import RegistryArgs


class GcpRegistry(Component):
    """See the module."""

    TOKEN = "domicile:registry/gcp:Registry"  # noqa: S105 a type token
    host: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: RegistryArgs, project: str, opts: ResourceOptions | None = None) -> None:
        """Create the registry."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.google_labels("registry")
        own = gcp.artifactregistry.Repository(
            f"{name}-own",
            repository_id=spec.name,
            location=spec.region,
            format="DOCKER",
            kms_key_name=args.key,
            docker_config={"immutable_tags": True},
            vulnerability_scanning_config={"enablement_config": "INHERITED"},
            cleanup_policies=[
                {
                    "id": "untagged",
                    "action": "DELETE",
                    "condition": {"tag_state": "UNTAGGED", "older_than": "2592000s"},
                },
                {"id": "newest", "action": "KEEP", "most_recent_versions": {"keep_count": spec.keep}},
            ],
            labels=labels,
            opts=self.child(),
        )
        for mirror in spec.mirrors:
            part = mirror.split(".")[0]
            gcp.artifactregistry.Repository(
                f"{name}-{part}",
                repository_id=f"{spec.name}-{part}",
                location=spec.region,
                format="DOCKER",
                mode="REMOTE_REPOSITORY",
                kms_key_name=args.key,
                remote_repository_config={
                    "docker_repository": {"custom_repository": {"uri": f"https://{mirror}"}},
                },
                labels=labels,
                opts=self.child(),
            )
        self.host = Output.from_input(f"{spec.region}-docker.pkg.dev/{project}")
        self.resource = own.name
        self.finish()
