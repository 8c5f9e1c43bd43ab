"""A registry on AWS: ECR, with repositories made from a template when an image is first fetched through it."""

import json

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.core import Component
from components.registry.contract import RegistryArgs


class AwsRegistry(Component):
    """See the module."""

    TOKEN = "domicile:registry/aws:Registry"  # noqa: S105 a type token
    host: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: RegistryArgs, account: str, opts: ResourceOptions | None = None) -> None:
        """Create the registry."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("registry")
        expire = {
            "rulePriority": 1,
            "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": spec.keep},
            "action": {"type": "expire"},
        }
        lifecycle = json.dumps({"rules": [expire]})
        own = aws.ecr.Repository(
            f"{name}-own",
            name=spec.name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": args.key}],
            tags=tags,
            opts=self.child(),
        )
        aws.ecr.LifecyclePolicy(f"{name}-own", repository=own.name, policy=lifecycle, opts=self.child())
        for mirror in spec.mirrors:
            prefix = mirror.split(".")[0]
            aws.ecr.RepositoryCreationTemplate(
                f"{name}-{prefix}",
                prefix=prefix,
                applied_fors=["PULL_THROUGH_CACHE"],
                image_tag_mutability="IMMUTABLE",
                encryption_configurations=[{"encryption_type": "KMS", "kms_key": args.key}],
                lifecycle_policy=lifecycle,
                resource_tags=tags,
                opts=self.child(),
            )
            aws.ecr.PullThroughCacheRule(
                f"{name}-{prefix}",
                ecr_repository_prefix=prefix,
                upstream_registry_url=mirror,
                opts=self.child(),
            )
        self.host = Output.from_input(f"{account}.dkr.ecr.{spec.region}.amazonaws.com")
        self.resource = own.arn
        self.finish()
