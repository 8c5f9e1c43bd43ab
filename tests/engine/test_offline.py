"""Offline clouds: what they serve, how a rehearsal lives, what goes wrong in it, and that real clouds are left alone."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import MakeStack, Stack
from everything import CLOUDS, serve

from catalog import places
from engine.errors import UnsupportedError
from engine.operations import Result
from engine.providers.contract import Provider, Subject
from engine.providers.offline import invokes, schema
from engine.providers.offline.identity import scope_of
from engine.providers.offline.shared import Offline
from engine.providers.plugin import PluginProvider
from engine.session import Rehearsal
from engine.values import UNKNOWN, Props

NETWORK = """
import pulumi, pulumi_aws as aws
provider = aws.Provider("aws", region="eu-central-1")
options = pulumi.ResourceOptions(provider=provider)
vpc = aws.ec2.Vpc("vpc", cidr_block="{cidr}", tags={{"team": "{team}"}}, opts=options)
subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24", opts=options)
bucket = aws.s3.Bucket("bucket", opts=options)
pulumi.export("vpc", vpc.id)
pulumi.export("bucket", bucket.bucket)
"""


def rehearse(stack: Stack, kind: str, *faults: str) -> Result:
    stack.rehearsal = Rehearsal(faults)
    return stack.run(kind)


@pytest.mark.parametrize("package", CLOUDS)
def test_the_types_of_an_sdk_are_served(package: str) -> None:
    found = serve(package, every=25)
    assert found.share >= 0.97, found.failed


@pytest.mark.parametrize("package", ["random", "tls", "databricks", "snowflake"])
def test_an_sdk_is_served_without_code_of_its_own(package: str) -> None:
    found = serve(package, every=3)
    assert found.failed == {}


def test_a_rehearsal_creates_updates_replaces_refreshes_deletes(make_stack: MakeStack) -> None:
    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a"))
    foreseen = rehearse(stack, "preview")
    assert foreseen.ok, foreseen.error
    assert foreseen.outputs["vpc"] == UNKNOWN
    made = rehearse(stack, "up")
    assert made.ok, made.error
    assert made.outputs["vpc"].startswith("vpc-")
    assert made.outputs["bucket"].startswith("bucket-")
    assert rehearse(stack, "up").changes == {"same": 5}
    assert rehearse(stack, "refresh").changes == {"same": 5}
    stack.write(NETWORK.format(cidr="10.0.0.0/16", team="b"))
    assert rehearse(stack, "up").changes == {"same": 4, "update": 1}
    stack.write(NETWORK.format(cidr="10.0.0.0/15", team="b"))
    replaced = rehearse(stack, "up")
    assert replaced.ok, replaced.error
    assert ("replace", "vpc") in stack.steps()
    assert ("replace", "subnet") in stack.steps()
    assert replaced.outputs["vpc"] != made.outputs["vpc"]
    gone = rehearse(stack, "destroy")
    assert gone.changes["delete"] == 5


def test_what_is_made_is_the_same_for_the_same_program(make_stack: MakeStack) -> None:
    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a"))
    once = rehearse(stack, "up").outputs
    rehearse(stack, "destroy")
    assert rehearse(stack, "up").outputs == once


def test_what_vanished_is_found_by_a_refresh(make_stack: MakeStack) -> None:
    from engine.providers.offline.world import World

    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a"))
    bucket = rehearse(stack, "up").outputs["bucket"]
    file = next(stack.folder.rglob("clouds.sqlite"))
    world = World(file)
    world.remove("aws", "aws:s3/bucket:Bucket", bucket)
    world.close()
    assert rehearse(stack, "refresh").changes == {"same": 4, "delete": 1}
    assert rehearse(stack, "up").changes == {"same": 4, "create": 1}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("quota", "quota is used up"),
        ("capacity", "no capacity"),
        ("throttle:5", "throttled"),
        ("partial", "one part of it failed"),
        ("timeout", "took too long"),
    ],
)
def test_a_bad_day_is_told_and_survived(make_stack: MakeStack, fault: str, words: str) -> None:
    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a"))
    failed = rehearse(stack, "up", f"aws:s3/*={fault}")
    assert not failed.ok
    assert words in failed.error
    again = rehearse(stack, "up")
    assert again.ok, again.error
    assert rehearse(stack, "up").changes == {"same": 5}


def test_a_throttled_call_is_tried_again(make_stack: MakeStack) -> None:
    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a"))
    assert rehearse(stack, "up", "aws:*=throttle:3").ok


def test_a_fault_that_is_none_is_refused(make_stack: MakeStack) -> None:
    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a"))
    result = rehearse(stack, "up", "aws:s3/*=earthquake")
    assert "faults are throttle" in result.error


def test_a_real_up_of_a_cloud_is_refused(make_stack: MakeStack) -> None:
    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a"))
    assert stack.run("preview").ok
    result = stack.run("up")
    assert not result.ok
    assert "--rehearse" in result.error


def test_a_mistake_is_told_with_its_line(make_stack: MakeStack) -> None:
    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a").replace("10.0.1.0/24", "10.9.1.0/24"))
    error = stack.run("preview").error
    assert "__main__.py:6" in error
    assert "is not inside its network's 10.0.0.0/16" in error


def test_subnets_that_overlap_are_told(make_stack: MakeStack) -> None:
    second = 'aws.ec2.Subnet("other", vpc_id=vpc.id, cidr_block="10.0.1.128/25", opts=options)\n'
    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a") + second)
    assert "overlaps" in stack.run("preview").error


def test_two_networks_may_have_the_same_ranges(make_stack: MakeStack) -> None:
    second = (
        'other = aws.ec2.Vpc("other", cidr_block="10.0.0.0/16", opts=options)\n'
        'aws.ec2.Subnet("others", vpc_id=other.id, cidr_block="10.0.1.0/24", opts=options)\n'
    )
    stack = make_stack(NETWORK.format(cidr="10.0.0.0/16", team="a") + second)
    assert stack.run("preview").ok, stack.messages()
    assert rehearse(stack, "up").ok


@pytest.mark.parametrize("package", ["aws", "gcp", "azure-native"])
def test_every_answered_function_answers_what_the_sdk_describes(package: str) -> None:
    where = {"aws": "eu-central-1", "gcp": "europe-west3", "azure-native": "westeurope"}[package]
    scope = scope_of(package, {"region": where})
    answered = [token for token in invokes.ANSWERS if token.startswith(f"{package}:")]
    assert len(answered) >= 2
    for token in answered:
        args = {"name": "/aws/service/eks/optimized-ami/1.35/image_id"} if "ssm" in token else {}
        result = invokes.call(token, args, scope)
        fields = schema.result(package, token)
        assert fields is not None
        missing = [key for key, field in fields.items() if field.required and key not in result]
        assert missing == [], f"{token} lacks {missing}"
        assert set(result) <= set(fields), token


def test_a_function_only_a_cloud_knows_is_named() -> None:
    with pytest.raises(UnsupportedError, match=r"getVpc.*no offline answer"):
        invokes.call("aws:ec2/getVpc:getVpc", {}, scope_of("aws", {"region": "eu-central-1"}))
    with pytest.raises(UnsupportedError, match="no function"):
        invokes.call("aws:ec2/getNothing:getNothing", {}, scope_of("aws", {}))


def test_a_policy_document_is_rendered_as_aws_reads_it() -> None:
    statement = {
        "actions": ["s3:GetObject"],
        "resources": ["b", "a"],
        "principals": [{"type": "*", "identifiers": ["*"]}],
    }
    made = invokes.call("aws:iam/getPolicyDocument:getPolicyDocument", {"statements": [statement]}, scope_of("aws", {}))
    wanted = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["a", "b"], "Principal": "*"}
    assert json.loads(made["json"])["Statement"] == [wanted]


def test_every_region_of_the_catalog_has_zones() -> None:
    for cloud, region in places.regions():
        if cloud in ("aws", "gcp", "azure"):
            assert len(set(places.zones(cloud, region))) == 3
    assert places.zones("aws", "ap-mumbai-1") == ()


def exercised(provider: Provider) -> list[Any]:
    """What a provider says to the same questions."""
    token = "aws:ec2/vpc:Vpc"
    urn = f"urn:pulumi:s::p::{token}::one"
    right: Props = {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}}
    provider.configure({"region": "eu-central-1"})
    preview = Subject(urn, token, "one", preview=True)
    subject = Subject(urn, token, "one")
    checked = provider.check(subject, {}, right)
    made = provider.create(subject, checked.inputs)
    there = Subject(urn, token, "one", id=made.id)
    answers: list[Any] = [
        provider.check(subject, {}, {"cidrBlock": 5, "colour": "red"}).failures,
        provider.create(preview, right).outputs["arn"],
        (made.id, made.outputs["arn"]),
        provider.diff(there, right, made.outputs, {"cidrBlock": "10.1.0.0/16"}),
        provider.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})["accountId"],
    ]
    found = provider.read(there, right, made.outputs)
    assert found is not None
    answers.append(found.outputs["cidrBlock"])
    provider.delete(there, right, made.outputs)
    answers.append(provider.read(there, right, made.outputs))
    return answers


def test_it_says_the_same_over_pulumis_own_protocol() -> None:
    near = Offline(None).provider("aws")
    far = PluginProvider("aws", [sys.executable, "-m", "engine.providers.offline.serve", "aws"])
    try:
        assert exercised(far) == exercised(near)
    finally:
        near.close()
        far.close()


def test_the_cli_is_given_every_sdk_to_attach_to() -> None:
    from engine.providers.offline.serve import attached

    with attached({"A": "b"}) as variables:
        served = dict(part.split(":") for part in variables["PULUMI_DEBUG_PROVIDERS"].split(","))
    assert {"aws", "gcp", "azure-native", "kubernetes"} <= set(served)
    assert variables["A"] == "b"


def test_one_memory_serves_two_rehearsals_at_once(tmp_path: Path) -> None:
    one, other = Offline(tmp_path / "clouds.sqlite"), Offline(tmp_path / "clouds.sqlite")
    first, second = one.provider("aws"), other.provider("aws")
    subject = Subject("urn:pulumi:s::p::t::one", "aws:ec2/vpc:Vpc", "one")
    made = first.create(subject, {"cidrBlock": "10.0.0.0/16"})
    assert second.read(Subject(subject.urn, subject.type, "one", id=made.id), {}, {}) is not None
    first.close()
    second.close()
