"""What is live in AWS, in the words the packs read: tags, places, encryption, access. Read-only."""

import functools
from collections.abc import Callable
from typing import Any

from engine.errors import ProviderError
from engine.state.resource import ResourceState
from engine.values import Props

Client = Callable[[str], Any]
#: errors by which AWS says that there is no such thing
_GONE = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "404", "NotFoundException", "ResourceNotFound")


class _GoneError(Exception):
    """There is no such thing any more."""


class Account:
    """An account seen from one region; clients are made when they are needed."""

    def __init__(self, provider: Props) -> None:
        """``provider`` are the recorded provider's properties; credentials are those of the environment."""
        self._region = str(provider.get("region") or "us-east-1")
        self.client: Client = functools.cache(self._client)

    def _client(self, service: str) -> Any:
        import boto3

        module: Any = boto3
        return module.client(service, region_name=self._region)

    def read(self, state: ResourceState) -> Props | None:
        """A resource's live properties; None when it is gone.

        Raises:
            KeyError: nothing here reads its type.
            ProviderError: AWS does not answer; says why.
        """
        reader = READERS[state.type]
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return {"region": self._region, **reader(self.client, state)}
        except _GoneError:
            return None
        except ClientError as error:
            answer: Any = error.response
            code = str(answer["Error"]["Code"])
            if any(word in code for word in _GONE):
                return None
            message = f"{state.urn}: AWS refuses to tell: {error}"
            raise ProviderError(message) from error
        except (BotoCoreError, LookupError) as error:
            message = f"{state.urn}: AWS cannot be asked: {error}"
            raise ProviderError(message) from error


def _only(found: list[Any]) -> Any:
    if not found:
        raise _GoneError
    return found[0]


def _tags(found: Any) -> dict[str, str]:
    return {str(one.get("Key", one.get("key", ""))): str(one.get("Value", one.get("value", ""))) for one in found or ()}


def _bucket(client: Client, state: ResourceState) -> Props:
    s3 = client("s3")
    place = s3.get_bucket_location(Bucket=state.id)["LocationConstraint"] or "us-east-1"
    return {
        "region": place,
        "bucket": state.id,
        "tags": _quiet(lambda: _tags(s3.get_bucket_tagging(Bucket=state.id)["TagSet"]), {}),
    }


def _bucket_encryption(client: Client, state: ResourceState) -> Props:
    found = client("s3").get_bucket_encryption(Bucket=state.id)["ServerSideEncryptionConfiguration"]["Rules"]
    rules = [one.get("ApplyServerSideEncryptionByDefault", {}) for one in found]
    default = [{"sseAlgorithm": one.get("SSEAlgorithm"), "kmsMasterKeyId": one.get("KMSMasterKeyID")} for one in rules]
    return {"bucket": state.id, "rules": [{"applyServerSideEncryptionByDefault": one} for one in default]}


def _bucket_access(client: Client, state: ResourceState) -> Props:
    found = client("s3").get_public_access_block(Bucket=state.id)["PublicAccessBlockConfiguration"]
    return {"bucket": state.id, **{name[0].lower() + name[1:]: value for name, value in found.items()}}


def _volume(client: Client, state: ResourceState) -> Props:
    found = _only(client("ec2").describe_volumes(VolumeIds=[state.id])["Volumes"])
    return {
        "availabilityZone": found["AvailabilityZone"],
        "encrypted": found["Encrypted"],
        "kmsKeyId": found.get("KmsKeyId"),
        "size": found["Size"],
        "tags": _tags(found.get("Tags")),
    }


def _wall(client: Client, state: ResourceState) -> Props:
    found = _only(client("ec2").describe_security_groups(GroupIds=[state.id])["SecurityGroups"])
    ingress = [
        {
            "fromPort": one.get("FromPort", -1),
            "toPort": one.get("ToPort", -1),
            "cidrBlocks": [block["CidrIp"] for block in one.get("IpRanges", ())],
            "ipv6CidrBlocks": [block["CidrIpv6"] for block in one.get("Ipv6Ranges", ())],
        }
        for one in found["IpPermissions"]
    ]
    return {"ingress": ingress, "tags": _tags(found.get("Tags"))}


def _database(client: Client, state: ResourceState) -> Props:
    found = _only(client("rds").describe_db_instances(DBInstanceIdentifier=state.id)["DBInstances"])
    return {
        "availabilityZone": found.get("AvailabilityZone"),
        "storageEncrypted": found["StorageEncrypted"],
        "kmsKeyId": found.get("KmsKeyId"),
        "publiclyAccessible": found.get("PubliclyAccessible", False),
        "tags": _tags(found.get("TagList")),
    }


def _database_cluster(client: Client, state: ResourceState) -> Props:
    found = _only(client("rds").describe_db_clusters(DBClusterIdentifier=state.id)["DBClusters"])
    return {
        "availabilityZones": found.get("AvailabilityZones", []),
        "storageEncrypted": found.get("StorageEncrypted", False),
        "kmsKeyId": found.get("KmsKeyId"),
        "tags": _tags(found.get("TagList")),
    }


def _key(client: Client, state: ResourceState) -> Props:
    kms = client("kms")
    about = kms.describe_key(KeyId=state.id)["KeyMetadata"]
    return {
        "enableKeyRotation": kms.get_key_rotation_status(KeyId=state.id)["KeyRotationEnabled"],
        "multiRegion": about.get("MultiRegion", False),
        "keyUsage": about.get("KeyUsage", ""),
        "tags": {one["TagKey"]: one["TagValue"] for one in kms.list_resource_tags(KeyId=state.id).get("Tags", ())},
    }


def _table(client: Client, state: ResourceState) -> Props:
    dynamo = client("dynamodb")
    found = dynamo.describe_table(TableName=state.id)["Table"]
    sealed = found.get("SSEDescription", {})
    return {
        "serverSideEncryption": {
            "enabled": sealed.get("Status") == "ENABLED",
            "kmsKeyArn": sealed.get("KMSMasterKeyArn"),
        },
        "replicas": [{"regionName": one["RegionName"]} for one in found.get("Replicas", ())],
        "tags": _tags(dynamo.list_tags_of_resource(ResourceArn=found["TableArn"]).get("Tags")),
    }


def _queue(client: Client, state: ResourceState) -> Props:
    sqs = client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=state.id, AttributeNames=["All"])["Attributes"]
    return {
        "kmsMasterKeyId": found.get("KmsMasterKeyId"),
        "tags": dict(sqs.list_queue_tags(QueueUrl=state.id).get("Tags", {})),
    }


def _topic(client: Client, state: ResourceState) -> Props:
    sns = client("sns")
    found = sns.get_topic_attributes(TopicArn=state.id)["Attributes"]
    tags = _tags(sns.list_tags_for_resource(ResourceArn=state.id).get("Tags"))
    return {"kmsMasterKeyId": found.get("KmsMasterKeyId"), "tags": tags}


def _logs(client: Client, state: ResourceState) -> Props:
    logs = client("logs")
    listed = logs.describe_log_groups(logGroupNamePrefix=state.id)["logGroups"]
    found = _only([one for one in listed if one["logGroupName"] == state.id])
    tags = logs.list_tags_log_group(logGroupName=state.id).get("tags", {})
    return {"retentionInDays": found.get("retentionInDays", 0), "kmsKeyId": found.get("kmsKeyId"), "tags": dict(tags)}


def _secret(client: Client, state: ResourceState) -> Props:
    found = client("secretsmanager").describe_secret(SecretId=state.id)
    replicas = [{"region": one["Region"]} for one in found.get("ReplicationStatus", ())]
    return {"kmsKeyId": found.get("KmsKeyId"), "replicas": replicas, "tags": _tags(found.get("Tags"))}


def _repository(client: Client, state: ResourceState) -> Props:
    ecr = client("ecr")
    found = _only(ecr.describe_repositories(repositoryNames=[state.id])["repositories"])
    sealed = found.get("encryptionConfiguration", {})
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"]).get("tags")
    return {
        "encryptionConfigurations": [{"encryptionType": sealed.get("encryptionType"), "kmsKey": sealed.get("kmsKey")}],
        "imageTagMutability": found.get("imageTagMutability"),
        "tags": _tags(tags),
    }


def _quiet(ask: Callable[[], Any], otherwise: Any) -> Any:
    """The answer, or another value where AWS says that there is none."""
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        answer: Any = error.response
        if str(answer["Error"]["Code"]).startswith("NoSuch"):
            return otherwise
        raise


READERS: dict[str, Callable[[Client, ResourceState], Props]] = {
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _bucket_encryption,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket_access,
    "aws:ebs/volume:Volume": _volume,
    "aws:ec2/securityGroup:SecurityGroup": _wall,
    "aws:rds/instance:Instance": _database,
    "aws:rds/cluster:Cluster": _database_cluster,
    "aws:kms/key:Key": _key,
    "aws:dynamodb/table:Table": _table,
    "aws:sqs/queue:Queue": _queue,
    "aws:sns/topic:Topic": _topic,
    "aws:cloudwatch/logGroup:LogGroup": _logs,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:ecr/repository:Repository": _repository,
}
