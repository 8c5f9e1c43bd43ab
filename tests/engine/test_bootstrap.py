"""The state's bucket and key on AWS, against a server that answers as AWS does."""

from typing import Any

import pytest

from engine.errors import StateError
from engine.state.bootstrap_aws import Bootstrapped, bootstrap


def done(made: Bootstrapped) -> set[str]:
    return {how for _, how in made.steps}


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_everything_is_made_and_again_changes_nothing(aws: Any, region: str) -> None:
    bucket = f"state-{region}"
    first = bootstrap(bucket, region, aws)
    assert ("bucket", "created") in first.steps
    assert ("key", "created") in first.steps
    assert first.backend_url == f"s3://{bucket}?region={region}&awssdk=v2"
    s3 = aws.client("s3", region_name=region)
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": first.key_arn}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Mode"] == "GOVERNANCE"
    assert lock["Rule"]["DefaultRetention"]["Days"] == 30
    assert aws.client("kms", region_name=region).get_key_rotation_status(KeyId=first.key_arn)["KeyRotationEnabled"]
    second = bootstrap(bucket, region, aws)
    assert done(second) == {"kept"}
    assert second.key_arn == first.key_arn


def test_what_was_weakened_is_mended(aws: Any) -> None:
    bootstrap("state", "eu-central-1", aws)
    s3 = aws.client("s3", region_name="eu-central-1")
    s3.delete_public_access_block(Bucket="state")
    s3.delete_bucket_policy(Bucket="state")
    again = bootstrap("state", "eu-central-1", aws)
    assert {name for name, how in again.steps if how == "mended"} == {"no public access", "only over TLS"}


def test_a_bucket_elsewhere_is_told(aws: Any) -> None:
    bootstrap("state", "eu-central-1", aws)
    with pytest.raises(StateError, match="is in eu-central-1, not in eu-west-1"):
        bootstrap("state", "eu-west-1", aws)


def test_a_bad_name_is_told(aws: Any) -> None:
    with pytest.raises(StateError, match="no bucket name"):
        bootstrap("UPPER", "eu-central-1", aws)


def test_without_a_network_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with pytest.raises(StateError, match="AWS cannot be reached"):
        bootstrap("state", "eu-central-1")
