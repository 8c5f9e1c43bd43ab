"""Keys on AWS: KMS keys of one region, rotated, for the account's own services."""

from collections.abc import Mapping

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.clouds.aws.iam import policy
from components.core import Component
from components.keys.contract import KeysArgs


class AwsKeys(Component):
    """See the module."""

    TOKEN = "domicile:keys/aws:Keys"  # noqa: S105 a type token
    keys: Output[Mapping[str, str]]

    def __init__(self, name: str, args: KeysArgs, account: str, opts: ResourceOptions | None = None) -> None:
        """Create the keys."""
        super().__init__(name, args, opts)
        spec = args.spec
        made: dict[str, Output[str]] = {}
        for kind in spec.data_classes:
            key = aws.kms.Key(
                f"{name}-{kind}",
                region=spec.region,
                description=f"{spec.name}: data of class {kind}",
                enable_key_rotation=True,
                rotation_period_in_days=spec.rotation_days,
                deletion_window_in_days=30,
                multi_region=False,
                policy=_policy(account, spec.region),
                tags={**spec.ownership.tags("keys"), "data-class": kind},
                opts=self.child(),
            )
            aws.kms.Alias(
                f"{name}-{kind}",
                region=spec.region,
                name=f"alias/{spec.name}-{kind}",
                target_key_id=key.id,
                opts=self.child(),
            )
            made[kind] = key.arn
        self.keys = Output.all(**made)
        self.finish()


def _policy(account: str, region: str) -> str:
    """IAM of the account decides who uses the key; logs and trails may, each for this account alone."""
    use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    return policy(
        {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "Logs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{region}.amazonaws.com"},
            "Action": use,
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account}:*"}},
        },
        {
            "Sid": "Trail",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        },
    )
