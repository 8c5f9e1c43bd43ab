"""What is live, against what was promised; and what that is evidence of."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import kubernetes
import pytest
from commands import domicile
from conftest import ROOT, MakeStack

from cli.audit import aws as readers
from cli.audit.command import audit
from cli.evidence import command as evidence
from cli.evidence import statement
from policies.registry import RULES

Live = dict[str, str]
TAGS = {"owner": "a", "cost-centre": "b", "workload": "w", "data-class": "internal", "jurisdictions": "IN"}
LISTED = [{"Key": key, "Value": value} for key, value in TAGS.items()]
PROVIDER = "urn:pulumi:s::p::pulumi:providers:aws::p"
REGION = "ap-south-1"


def client(service: str) -> Any:
    module: Any = boto3
    return module.client(service, region_name=REGION)


def record(type_: str, name: str, id_: str, **inputs: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:s::p::{type_}::{name}"
    return {"urn": urn, "type": type_, "id": id_, "custom": True, "inputs": inputs, "provider": f"{PROVIDER}::x"}


def stated(folder: Path, *records: dict[str, Any]) -> Path:
    file = folder / "state.json"
    provider = {
        "urn": PROVIDER,
        "type": "pulumi:providers:aws",
        "id": "x",
        "custom": True,
        "inputs": {"region": REGION},
    }
    file.write_text(json.dumps({"deployment": {"resources": [provider, *records]}}), encoding="utf-8")
    (folder / "Pulumi.yaml").write_text("name: p\nruntime: python\n", encoding="utf-8")
    (folder / "__main__.py").write_text("", encoding="utf-8")
    return file


def found(folder: Path, file: Path) -> set[tuple[str, str, str]]:
    judged, _ = audit("s", folder, file, ("in-rbi-payments",))
    return {(one.rule, one.resource, one.path) for one in judged.findings if one.fails}


MAKERS: dict[str, Callable[[], tuple[str, dict[str, Any]]]] = {}


def maker(type_: str) -> Callable[[Callable[[], tuple[str, dict[str, Any]]]], None]:
    def keep(make: Callable[[], tuple[str, dict[str, Any]]]) -> None:
        MAKERS[type_] = make

    return keep


@maker("aws:ebs/volume:Volume")
def _volume() -> tuple[str, dict[str, Any]]:
    specification = [{"ResourceType": "volume", "Tags": LISTED}]
    made = client("ec2").create_volume(
        AvailabilityZone=f"{REGION}a", Size=8, Encrypted=True, TagSpecifications=specification
    )
    return made["VolumeId"], {"availabilityZone": f"{REGION}a", "encrypted": True, "size": 8, "tags": TAGS}


@maker("aws:ec2/securityGroup:SecurityGroup")
def _wall() -> tuple[str, dict[str, Any]]:
    specification = [{"ResourceType": "security-group", "Tags": LISTED}]
    made = client("ec2").create_security_group(GroupName="g", Description="g", TagSpecifications=specification)
    return made["GroupId"], {"tags": TAGS}


@maker("aws:kms/key:Key")
def _key() -> tuple[str, dict[str, Any]]:
    kms = client("kms")
    made = kms.create_key(Tags=[{"TagKey": key, "TagValue": value} for key, value in TAGS.items()])["KeyMetadata"][
        "KeyId"
    ]
    kms.enable_key_rotation(KeyId=made)
    return made, {"enableKeyRotation": True, "tags": TAGS}


@maker("aws:dynamodb/table:Table")
def _table() -> tuple[str, dict[str, Any]]:
    client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        Tags=LISTED,
    )
    return "t", {"serverSideEncryption": {"enabled": True}, "tags": TAGS}


@maker("aws:sqs/queue:Queue")
def _queue() -> tuple[str, dict[str, Any]]:
    made = client("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": "alias/x"}, tags=TAGS)
    return made["QueueUrl"], {"kmsMasterKeyId": "alias/x", "tags": TAGS}


@maker("aws:sns/topic:Topic")
def _topic() -> tuple[str, dict[str, Any]]:
    made = client("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": "alias/x"}, Tags=LISTED)
    return made["TopicArn"], {"kmsMasterKeyId": "alias/x", "tags": TAGS}


@maker("aws:cloudwatch/logGroup:LogGroup")
def _logs() -> tuple[str, dict[str, Any]]:
    logs = client("logs")
    logs.create_log_group(logGroupName="/x", tags=TAGS)
    logs.put_retention_policy(logGroupName="/x", retentionInDays=365)
    return "/x", {"retentionInDays": 365, "tags": TAGS}


@maker("aws:secretsmanager/secret:Secret")
def _secret() -> tuple[str, dict[str, Any]]:
    made = client("secretsmanager").create_secret(Name="s", SecretString="x", Tags=LISTED)
    return made["ARN"], {"tags": TAGS}


@maker("aws:ecr/repository:Repository")
def _repository() -> tuple[str, dict[str, Any]]:
    client("ecr").create_repository(repositoryName="repo", imageTagMutability="IMMUTABLE", tags=LISTED)
    return "repo", {"imageTagMutability": "IMMUTABLE", "tags": TAGS}


@maker("aws:rds/instance:Instance")
def _database() -> tuple[str, dict[str, Any]]:
    client("rds").create_db_instance(
        DBInstanceIdentifier="d",
        Engine="postgres",
        DBInstanceClass="db.t3.medium",
        MasterUsername="u",
        MasterUserPassword="password",
        AllocatedStorage=20,
        StorageEncrypted=True,
        PubliclyAccessible=False,
        Tags=LISTED,
    )
    return "d", {"storageEncrypted": True, "publiclyAccessible": False, "tags": TAGS}


@maker("aws:rds/cluster:Cluster")
def _cluster() -> tuple[str, dict[str, Any]]:
    client("rds").create_db_cluster(
        DBClusterIdentifier="c",
        Engine="aurora-postgresql",
        MasterUsername="u",
        MasterUserPassword="password",
        StorageEncrypted=True,
        Tags=LISTED,
    )
    return "c", {"storageEncrypted": True, "tags": TAGS}


def _made_bucket() -> str:
    s3 = client("s3")
    s3.create_bucket(Bucket="bucket-b", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_tagging(Bucket="bucket-b", Tagging={"TagSet": LISTED})
    return "bucket-b"


@maker("aws:s3/bucket:Bucket")
def _bucket() -> tuple[str, dict[str, Any]]:
    return _made_bucket(), {"bucket": "bucket-b", "tags": TAGS}


@maker("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def _bucket_encryption() -> tuple[str, dict[str, Any]]:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/x"}}
    client("s3").put_bucket_encryption(Bucket=_made_bucket(), ServerSideEncryptionConfiguration={"Rules": [rule]})
    return "bucket-b", {"bucket": "bucket-b"}


@maker("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def _bucket_access() -> tuple[str, dict[str, Any]]:
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    client("s3").put_public_access_block(
        Bucket=_made_bucket(), PublicAccessBlockConfiguration=dict.fromkeys(names, True)
    )
    return "bucket-b", {"bucket": "bucket-b", "blockPublicAcls": True, "blockPublicPolicy": True}


def test_every_type_that_is_read_has_its_test() -> None:
    assert set(MAKERS) == set(readers.READERS)


@pytest.mark.parametrize("type_", MAKERS)
def test_what_is_as_promised_is_no_drift_and_what_is_gone_is(type_: str, aws: Any, tmp_path: Path) -> None:
    del aws
    id_, inputs = MAKERS[type_]()
    file = stated(tmp_path, record(type_, "it", id_, **inputs))
    judged, unread = audit("s", tmp_path, file, ())
    assert [one for one in judged.findings if one.rule == "audit-promise"] == []
    assert (judged.resources, unread) == (1, [])
    gone = {"aws:kms/key:Key": "00000000-0000-0000-0000-000000000000", "aws:ebs/volume:Volume": "vol-00000000000000000"}
    missing = gone.get(type_, "no-such" if not id_.startswith(("http", "arn")) else id_[:-1] + "nosuch")
    file = stated(tmp_path, record(type_, "it", missing, **inputs))
    judged, _ = audit("s", tmp_path, file, ())
    assert [one.text for one in judged.findings if one.rule == "audit-promise"] == ["it was made and is gone"]


def test_a_change_behind_our_back_is_told_and_judged(aws: Any, tmp_path: Path) -> None:
    del aws
    id_, inputs = MAKERS["aws:ec2/securityGroup:SecurityGroup"]()
    ec2 = client("ec2")
    opening = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=id_, IpPermissions=[opening])
    volume, promised = MAKERS["aws:ebs/volume:Volume"]()
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "owner", "Value": "somebody-else"}])
    ec2.delete_tags(Resources=[volume], Tags=[{"Key": "cost-centre"}])
    file = stated(
        tmp_path,
        record("aws:ec2/securityGroup:SecurityGroup", "wall", id_, **inputs),
        record("aws:ebs/volume:Volume", "volume", volume, **promised),
    )
    said = found(tmp_path, file)
    assert ("encryption-walls", "wall", "ingress[0].cidrBlocks[0]") in said
    assert {("audit-promise", "volume", "tags.owner"), ("audit-promise", "volume", "tags.cost-centre")} <= said
    assert ("budget-tags", "volume", "tags") in said
    done = domicile("audit", "s", "-C", str(tmp_path), "--state", str(file), "--format", "sarif")
    assert done.returncode == 1, done.stderr
    assert {"audit-promise", "budget-tags"} <= {one["ruleId"] for one in json.loads(done.stdout)["runs"][0]["results"]}


def test_a_cluster_is_audited_through_its_api(make_stack: MakeStack, kubeconfig: Path) -> None:
    program = """
import os, pulumi, pulumi_kubernetes as k8s
o = pulumi.ResourceOptions(provider=k8s.Provider('p', kubeconfig=os.environ['TEST_KUBECONFIG']))
k8s.core.v1.ConfigMap('c', metadata={'name': 'audited', 'namespace': 'default'}, data={'k': 'v'}, opts=o)
"""
    stack = make_stack(program)
    assert stack.run("up").ok
    said = [one for one in audit(stack.name, stack.folder, None, ())[0].findings if one.rule == "audit-promise"]
    assert said == []
    module: Any = kubernetes
    module.config.load_kube_config(str(kubeconfig))
    module.client.CoreV1Api().patch_namespaced_config_map("audited", "default", {"data": {"k": "other"}})
    (one,) = [one for one in audit(stack.name, stack.folder, None, ())[0].findings if one.rule == "audit-promise"]
    assert (one.path, one.text) == ("data.k", "'v' was promised, 'other' is live")
    assert stack.run("destroy").ok


def test_a_stack_without_a_state_is_refused() -> None:
    done = domicile("audit", "state-gcp-frankfurt", PULUMI_BACKEND_URL="file:///nonexistent-folder-of-states")
    assert done.returncode == 2
    assert "has no state here" in done.stderr


def test_evidence_is_by_control_and_names_what_it_is_of(tmp_path: Path) -> None:
    page = tmp_path / "evidence.html"
    done = domicile("evidence", "local", "--json", "--output", str(page))
    assert done.returncode == 0, done.stderr
    stated_ = json.loads(done.stdout)
    assert set(stated_["digests"]) == {"blueprint", "catalog", "packs", "plan"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", one) for one in stated_["digests"].values())
    frameworks = {one["framework"] for one in stated_["controls"]}
    assert any("General Data Protection" in one for one in frameworks)
    assert not any("India" in one for one in frameworks), "no law of another country is proven"
    for control in stated_["controls"]:
        assert control["proofs"]
    text = page.read_text(encoding="utf-8")
    assert all(one["id"] in text for one in stated_["controls"])
    assert "http" not in re.sub(r"huggingface\S*", "", text), "the page needs nothing else"


def test_a_broken_rule_breaks_its_controls() -> None:
    under = evidence.state("platform-azure-virginia", ROOT, ("eu-ai-act",))
    verdicts = {one.id: one.verdict for one in under.controls}
    assert verdicts["AI Act Art. 26(6)"] == "broken"
    (proof,) = [one for control in under.controls if control.id == "AI Act Art. 26(6)" for one in control.proofs]
    assert proof.judged > 0
    assert "183 are asked for by eu-ai-act" in proof.findings[0]


def test_every_control_is_of_a_framework() -> None:
    for control in {ref for rule in RULES for ref in rule.refs}:
        assert statement.framework(control)[1]
