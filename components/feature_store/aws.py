"""A feature store on AWS: its registry in S3, its history in Redshift, which unloads into the same bucket."""

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.clouds.aws.iam import policy
from components.core import Component
from components.feature_store.contract import FeatureStoreArgs
from components.feature_store.server import Sources, build


class AwsFeatureStore(Component):
    """See the module."""

    TOKEN = "domicile:feature_store/aws:FeatureStore"  # noqa: S105 a type token
    endpoint: Output[str]
    registry: Output[str]

    def __init__(self, name: str, args: FeatureStoreArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store; the warehouse's role may use the bucket."""
        super().__init__(name, args, opts)
        spec = args.spec
        aws.iam.RolePolicy(
            f"{name}-unloads",
            role=Output.from_input(args.access).apply(lambda arn: arn.rpartition("/")[2]),
            policy=Output.all(args.bucket_resource, args.key).apply(lambda found: _unloads(*found)),
            opts=self.child(),
        )
        self.registry = Output.concat("s3://", args.bucket, "/registry.pb")
        self.endpoint = build(
            self,
            args,
            Sources(
                registry={"path": self.registry},
                offline={
                    "type": "redshift",
                    "region": spec.region,
                    "workgroup": f"{spec.ownership.workload}-warehouse",
                    "database": args.database,
                    "s3_staging_location": Output.concat("s3://", args.bucket, "/unloaded"),
                    "iam_role": args.access,
                },
                environment=(("AWS_REGION", spec.region),),
            ),
        )
        self.finish()


def _unloads(bucket: str, key: str) -> str:
    return policy(
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": bucket},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{bucket}/unloaded/*"},
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key},
    )
