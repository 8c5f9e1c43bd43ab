"""What a log group holds, sent on to a locked bucket as it comes: Data Firehose, under our key."""

from collections.abc import Sequence
from typing import Any

import pulumi_aws as aws
from pulumi import Input, Output

from components.clouds.aws.iam import policy, trust
from components.core import Component

#: what CloudWatch keeps in a group with a name of its own: an event of Kubernetes' audit log
AUDIT_EVENTS = '{ $.apiVersion = "audit.k8s.io/v1" }'


def build(
    owner: Component,
    group: aws.cloudwatch.LogGroup,
    *,
    prefix: str,
    region: str,
    sink: Input[str],
    key: Input[str],
    tags: dict[str, str],
) -> None:
    """Create the stream, the subscription and the two roles that may do no more than this.

    ``sink`` is the bucket's ARN, ``prefix`` the folder in it.
    """
    label = f"{owner.name}-delivery"
    stores = _role(owner, f"{label}-stores", "firehose.amazonaws.com", (sink, key), _store, tags)
    stream = aws.kinesis.FirehoseDeliveryStream(
        f"{label}-stream",
        destination="extended_s3",
        server_side_encryption={"enabled": True, "key_type": "CUSTOMER_MANAGED_CMK", "key_arn": key},
        extended_s3_configuration={
            "role_arn": stores.arn,
            "bucket_arn": sink,
            "kms_key_arn": key,
            "prefix": f"{prefix}/!{{timestamp:yyyy/MM/dd}}/",
            "error_output_prefix": f"{prefix}-failed/!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd}}/",
            "compression_format": "GZIP",
            "buffering_interval": 60,
            "buffering_size": 5,
        },
        tags=tags,
        opts=owner.child(),
    )
    sends = _role(owner, f"{label}-sends", f"logs.{region}.amazonaws.com", (stream.arn,), _send, tags)
    aws.cloudwatch.LogSubscriptionFilter(
        f"{label}-subscription",
        log_group=group.name,
        filter_pattern=AUDIT_EVENTS,
        destination_arn=stream.arn,
        role_arn=sends.arn,
        opts=owner.child(),
    )


def _role(  # noqa: PLR0917 the parts of one sentence
    owner: Component, label: str, service: str, about: Sequence[Input[str]], may: Any, tags: dict[str, str]
) -> aws.iam.Role:
    role = aws.iam.Role(label, assume_role_policy=trust(service), tags=tags, opts=owner.child())
    aws.iam.RolePolicy(
        label,
        role=role.name,
        policy=Output.all(*about).apply(lambda found: policy(*may(*found))),
        opts=owner.child(),
    )
    return role


def _store(sink: str, key: str) -> list[dict[str, Any]]:
    write = ["s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucket", "s3:PutObject"]
    return [
        {"Effect": "Allow", "Action": write, "Resource": [sink, f"{sink}/*"]},
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key},
    ]


def _send(stream: str) -> list[dict[str, Any]]:
    return [{"Effect": "Allow", "Action": ["firehose:PutRecord", "firehose:PutRecordBatch"], "Resource": stream}]
