"""A private, versioned, encrypted S3 bucket: what object stores and audit sinks have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
from pulumi import Input, Output

from components.clouds.aws.iam import policy, tls_only
from components.core import Component


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``locked_days`` keeps every version that long; ``statements`` add to the bucket's policy, given its ARN.

    ``compatible`` leaves out what services that speak S3's protocol do not have. ``region`` is another than the
    provider's, ``suffix`` sets the names of a second bucket apart.
    """

    tags: dict[str, str]
    key: Input[str]
    old_versions_days: int
    locked_days: int | None = None
    lock_mode: str = "GOVERNANCE"
    cold_after_days: int | None = None
    compatible: bool = False
    region: str | None = None
    suffix: str = ""
    statements: Callable[[str], list[dict[str, Any]]] = lambda _arn: []


def build(owner: Component, shape: Shape) -> aws.s3.Bucket:
    """Create a bucket and everything that guards it as children of a component."""
    label = f"{owner.name}{shape.suffix}"
    place: Any = {"region": shape.region} if shape.region else {}
    bucket = aws.s3.Bucket(
        label, **place, object_lock_enabled=shape.locked_days is not None, tags=shape.tags, opts=owner.child()
    )
    if not shape.compatible:
        _private(owner, label, bucket, place)
    versioned = aws.s3.BucketVersioning(
        label, **place, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=owner.child()
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        label,
        **place,
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": shape.key},
                "bucket_key_enabled": True,
            }
        ],
        opts=owner.child(),
    )
    aws.s3.BucketPolicy(
        label,
        **place,
        bucket=bucket.id,
        policy=Output.all(bucket.arn).apply(lambda found: policy(tls_only(found[0]), *shape.statements(found[0]))),
        opts=owner.child(),
    )
    _lifecycle(owner, label, bucket, versioned, shape)
    if shape.locked_days is not None:
        aws.s3.BucketObjectLockConfiguration(
            label,
            **place,
            bucket=bucket.id,
            rule={"default_retention": {"mode": shape.lock_mode, "days": shape.locked_days}},
            opts=owner.child(depends_on=[versioned]),
        )
    return bucket


def _private(owner: Component, label: str, bucket: aws.s3.Bucket, place: Any) -> None:
    aws.s3.BucketPublicAccessBlock(
        label,
        **place,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=owner.child(),
    )
    aws.s3.BucketOwnershipControls(
        label, **place, bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=owner.child()
    )


def _lifecycle(
    owner: Component, label: str, bucket: aws.s3.Bucket, versioned: aws.s3.BucketVersioning, shape: Shape
) -> None:
    old = max(shape.old_versions_days, shape.locked_days or 0)
    place: Any = {"region": shape.region} if shape.region else {}
    rules: list[dict[str, Any]] = [
        {
            "id": "old-versions",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrent_version_expiration": {"noncurrent_days": old},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }
    ]
    if shape.cold_after_days is not None:
        move = {"days": shape.cold_after_days, "storage_class": "GLACIER_IR"}
        rules.append({"id": "cold", "status": "Enabled", "filter": {"prefix": ""}, "transitions": [move]})
    aws.s3.BucketLifecycleConfiguration(
        label,
        **place,
        bucket=bucket.id,
        rules=rules,  # pyright: ignore[reportArgumentType] the SDK's own names
        opts=owner.child(depends_on=[versioned]),
    )
