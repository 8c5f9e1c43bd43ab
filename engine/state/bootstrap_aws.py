"""Where a team's state lives on AWS: a bucket that is encrypted, versioned, locked and private, and a key for secrets.

Run again, it changes nothing; what somebody has weakened since, it mends.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.errors import StateError

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\Z")
# Codes of settings that nobody has made yet.
NOT_SET = (
    "NoSuch",
    "ServerSideEncryptionConfigurationNotFound",
    "OwnershipControlsNotFound",
    "ObjectLockConfigurationNotFound",
)
LOCK_DAYS = 30
OLD_VERSIONS_DAYS = 365
TAGS = {"managed-by": "domicile", "purpose": "pulumi-state"}


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What is there now, and what was done to get there: (thing, created | mended | kept)."""

    backend_url: str
    secrets_provider: str
    key_arn: str
    steps: tuple[tuple[str, str], ...]


def bootstrap(bucket: str, region: str, session: Any = None) -> Bootstrapped:
    """Create or mend the bucket and the key.

    Raises:
        StateError: AWS refuses or cannot be reached, or the bucket is somebody else's; names the way out.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    if not NAME.match(bucket):
        message = f"'{bucket}' is no bucket name: 3 to 63 lower-case letters, digits and hyphens"
        raise StateError(message)
    found: Any = session or boto3.Session()
    try:
        kms = found.client("kms", region_name=region)
        s3 = found.client("s3", region_name=region)
        alias = f"alias/domicile-{bucket}"
        key, steps = _key(kms, alias)
        steps += _bucket(s3, bucket, region)
        steps += [(name, _ensure(read, wanted, write)) for name, read, wanted, write in _settings(s3, bucket, key)]
    except ClientError as error:
        raise StateError(_refusal(bucket, region, *_said(error))) from error
    except BotoCoreError as error:
        message = f"AWS cannot be reached: {error}. Check credentials, region and network; run it again to go on"
        raise StateError(message) from error
    return Bootstrapped(
        f"s3://{bucket}?region={region}&awssdk=v2", f"awskms://{alias}?region={region}", key, tuple(steps)
    )


def _key(kms: Any, alias: str) -> tuple[str, list[tuple[str, str]]]:
    for page in kms.get_paginator("list_aliases").paginate():
        for one in page["Aliases"]:
            if one["AliasName"] == alias and one.get("TargetKeyId"):
                arn = kms.describe_key(KeyId=one["TargetKeyId"])["KeyMetadata"]["Arn"]
                return arn, [("key", "kept"), ("key rotation", _rotation(kms, arn))]
    tags = [{"TagKey": name, "TagValue": value} for name, value in TAGS.items()]
    made = kms.create_key(Description="Pulumi state and secrets", Tags=tags)["KeyMetadata"]
    kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
    return made["Arn"], [("key", "created"), ("key rotation", _rotation(kms, made["Arn"]))]


def _rotation(kms: Any, key: str) -> str:
    if kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]:
        return "kept"
    kms.enable_key_rotation(KeyId=key)
    return "mended"


def _bucket(s3: Any, bucket: str, region: str) -> list[tuple[str, str]]:
    from botocore.exceptions import ClientError

    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if _said(error)[0] not in ("404", "NoSuchBucket"):
            raise
        place: dict[str, Any] = (
            {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True, **place)
        return [("bucket", "created")]
    there = s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or "us-east-1"
    if there != region:
        message = f"the bucket '{bucket}' is in {there}, not in {region}: name another bucket, or that region"
        raise StateError(message)
    return [("bucket", "kept")]


_Setting = tuple[str, Callable[[], Any], Any, Callable[[], Any]]


def _settings(s3: Any, bucket: str, key: str) -> list[_Setting]:
    """What the bucket has to be: name, how it is read, what is wanted, how it is written."""
    encryption = {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
                "BucketKeyEnabled": True,
            }
        ]
    }
    private = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    lock = {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": LOCK_DAYS}},
    }
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
    cycle = {
        "Rules": [
            {
                "ID": "old-versions",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
            }
        ]
    }
    tags = [{"Key": name, "Value": value} for name, value in TAGS.items()]
    owner = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    return [
        (
            "no public access",
            lambda: s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"],
            private,
            lambda: s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=private),
        ),
        (
            "one owner",
            lambda: s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"],
            owner,
            lambda: s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=owner),
        ),
        (
            "versions",
            lambda: s3.get_bucket_versioning(Bucket=bucket).get("Status"),
            "Enabled",
            lambda: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}),
        ),
        (
            "encryption with the key",
            lambda: s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"],
            encryption,
            lambda: s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption),
        ),
        (
            f"versions locked for {LOCK_DAYS} days",
            lambda: _lock(s3, bucket),
            lock,
            lambda: s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock),
        ),
        (
            f"old versions kept {OLD_VERSIONS_DAYS} days",
            lambda: {"Rules": s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]},
            cycle,
            lambda: s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=cycle),
        ),
        (
            "only over TLS",
            lambda: json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]),
            policy,
            lambda: s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy)),
        ),
        (
            "tags",
            lambda: sorted(s3.get_bucket_tagging(Bucket=bucket)["TagSet"], key=lambda one: one["Key"]),
            sorted(tags, key=lambda one: one["Key"]),
            lambda: s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags}),
        ),
    ]


def _lock(s3: Any, bucket: str) -> Any:
    found: dict[str, Any] = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    kept = found.get("Rule", {}).get("DefaultRetention", {})
    return {**found, "Rule": {"DefaultRetention": {name: value for name, value in kept.items() if value}}}


def _ensure(read: Callable[[], Any], wanted: Any, write: Callable[[], Any]) -> str:
    from botocore.exceptions import ClientError

    try:
        if read() == wanted:
            return "kept"
    except ClientError as error:
        if not _said(error)[0].startswith(NOT_SET):
            raise
    write()
    return "mended"


def _said(error: Any) -> tuple[str, str]:
    """The code and the text of a refusal."""
    found: dict[str, Any] = error.response.get("Error", {})
    return str(found.get("Code", "")), str(found.get("Message", ""))


def _refusal(bucket: str, region: str, code: str, text: str) -> str:
    ways = {
        "403": f"the bucket '{bucket}' is somebody else's, or you may not see it: choose another name",
        "BucketAlreadyExists": f"the bucket '{bucket}' is somebody else's: choose another name",
        "301": f"the bucket '{bucket}' is in another region than {region}: name that region",
        "AccessDenied": f"you may not do that: {text}. It takes s3 and kms permissions on '{bucket}' and its key",
    }
    return ways.get(code, f"AWS refused: {code}: {text}. Run it again to go on from here")
