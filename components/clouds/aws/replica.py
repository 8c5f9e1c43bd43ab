"""A copy of a bucket in a second region: private, versioned, under a key of that region."""

import dataclasses
from typing import Any

import pulumi_aws as aws
from pulumi import Input, Output

from components.clouds.aws import bucket
from components.clouds.aws.iam import policy, trust
from components.core import Component


def build(
    owner: Component, source: aws.s3.Bucket, shape: bucket.Shape, *, region: str, key: Input[str]
) -> aws.s3.Bucket:
    """Create the second bucket, and what copies every version to it; ``shape`` is the first one's."""
    copy = bucket.build(owner, dataclasses.replace(shape, region=region, key=key, suffix="-replica"))
    label = f"{owner.name}-replication"
    role = aws.iam.Role(label, assume_role_policy=trust("s3.amazonaws.com"), tags=shape.tags, opts=owner.child())
    leave = aws.iam.RolePolicy(
        label,
        role=role.name,
        policy=Output.all(source.arn, copy.arn, shape.key, key).apply(lambda found: policy(*_rights(*found))),
        opts=owner.child(),
    )
    aws.s3.BucketReplicationConfig(
        label,
        bucket=source.id,
        role=role.arn,
        rules=[
            {
                "id": "everything",
                "status": "Enabled",
                "priority": 0,
                "filter": {"prefix": ""},
                "delete_marker_replication": {"status": "Enabled"},
                "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                "destination": {
                    "bucket": copy.arn,
                    "encryption_configuration": {"replica_kms_key_id": key},
                    "metrics": {"status": "Enabled", "event_threshold": {"minutes": 15}},
                    "replication_time": {"status": "Enabled", "time": {"minutes": 15}},
                },
            }
        ],
        opts=owner.child(depends_on=[leave]),
    )
    return copy


def _rights(source: str, copy: str, key: str, copy_key: str) -> list[dict[str, Any]]:
    versions = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    held = ["s3:GetObjectRetention", "s3:GetObjectLegalHold"]
    write = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
    return [
        {"Effect": "Allow", "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"], "Resource": source},
        {"Effect": "Allow", "Action": [*versions, *held], "Resource": f"{source}/*"},
        {"Effect": "Allow", "Action": write, "Resource": f"{copy}/*"},
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": key},
        {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:GenerateDataKey"], "Resource": copy_key},
    ]
