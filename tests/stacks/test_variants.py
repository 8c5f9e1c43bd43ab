"""What the example stacks do not have, on each target that has it: previewed, made, made again with no change, changed back."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Stack
from rehearsed import SITES, backend, changed, rehearsed

from engine import urn as urns
from engine.state.resource import ResourceState
from engine.values import Props, reveal

EXAMPLES = ROOT / "blueprints" / "platform" / "examples"
PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----\nTUlJQklqQU5CZ2txaGtpRzl3MEJBUUVG\n-----END PUBLIC KEY-----\n"
SNOWFLAKE = {
    "engine": "snowflake", "organization": "acme", "account": "ai", "cloud": "aws", "region": "ap-south-1",
    "monthly_credits": 200, "clients": ["203.0.113.0/24"], "public_key": PUBLIC_KEY,
}  # fmt: skip
DATABRICKS = {
    "engine": "databricks", "host": "https://acme.cloud.databricks.com", "cloud": "aws", "region": "ap-south-1",
    "clients": ["203.0.113.0/24"], "group": "analysts", "storage": "s3://acme-tables/warehouse",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _state(tmp_path: Path) -> Iterator[None]:
    patch = backend(tmp_path / "state")
    yield
    patch.undo()


def lived(tmp_path: Path, site: str, change: dict[str, Any]) -> Stack:
    """A platform with a change, through its life."""
    stack = rehearsed(f"platform-{site}")
    stack.overrides = {"domicile:blueprint": changed(tmp_path, EXAMPLES / f"{site}.yaml", change)}
    foreseen = stack.run("preview")
    assert foreseen.ok, foreseen.error
    made = stack.run("up")
    assert made.ok, made.error
    assert made.changes == foreseen.changes
    again = stack.run("up")
    assert (again.ok, set(again.changes)) == (True, {"same"}), stack.steps()
    return stack


def below(stack: Stack, name: str) -> dict[str, ResourceState]:
    """The resources that a component made, by what follows its name in theirs."""
    found = [one for one in stack.resources() if one.custom and urns.name_of(one.parent) == name]
    return {urns.name_of(one.urn).removeprefix(f"{name}-"): one for one in found}


@pytest.mark.parametrize("engine", ["weaviate", "milvus"])
def test_vectors_are_kept_twice_whatever_keeps_them(tmp_path: Path, engine: str) -> None:
    made = below(lived(tmp_path, "onprem-munich", {"stores.vectors": {"engine": engine}}), "vectors")
    pod: Props = made["set"].inputs["spec"]["template"]["spec"]
    job: Props = made["backup"].inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    mounts = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    assert made["set"].inputs["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "encrypted"
    wall: Props = made["clients"].inputs["spec"]["ingress"][0]
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "handbook"}}} in wall["from"]
    if engine == "weaviate":
        assert "/backup" in mounts
        assert job["affinity"]["podAffinity"], "the volume is one node's at a time: the job goes where the store is"
    else:
        assert "/backup" not in mounts
        assert job["serviceAccountName"] == "munich-vectors-backup"
        (rule,) = made["backup-role"].inputs["rules"]
        assert rule["resources"] == ["volumesnapshots"]


def test_a_warehouse_at_snowflake_has_an_end_to_its_credits(tmp_path: Path) -> None:
    stack = lived(tmp_path, "aws-mumbai", {"stores.warehouse": SNOWFLAKE, "stores.features": None, "identities": []})
    made = below(stack, "warehouse")
    assert made["credits"].inputs["creditQuota"] == 200
    assert made["compute"].inputs["autoSuspend"] == 60
    assert made["wall"].inputs["allowedIpLists"] == ["203.0.113.0/24"]
    assert "password" not in made["workloads"].inputs
    assert made["workloads"].inputs["rsaPublicKey"] == "TUlJQklqQU5CZ2txaGtpRzl3MEJBUUVG"
    for part in ("compute", "database", "schema", "role", "wall", "workloads"):
        assert "owner=ai-platform" in made[part].inputs["comment"], part
    assert all(one.provider and "snowflake" in one.provider for one in made.values())
    outputs = stack.session().store.load().outputs()
    assert outputs["endpoints"]["warehouse"] == "https://acme-ai.snowflakecomputing.com"


def test_a_warehouse_at_databricks_ends_when_idle(tmp_path: Path) -> None:
    stack = lived(tmp_path, "aws-mumbai", {"stores.warehouse": DATABRICKS, "stores.features": None, "identities": []})
    made = below(stack, "warehouse")
    assert made["compute"].inputs["autoStopMins"] == 10
    assert {one["key"] for one in made["compute"].inputs["tags"]["customTags"]} >= {
        "owner",
        "cost-centre",
        "data-class",
    }
    assert made["catalog"].inputs["isolationMode"] == "ISOLATED"
    assert made["catalog"].inputs["storageRoot"] == "s3://acme-tables/warehouse"
    assert made["grants"].inputs["grants"][0]["principal"] == "analysts"
    assert made["wall"].inputs["listType"] == "ALLOW"


@pytest.mark.parametrize("site", SITES)
def test_a_feature_store_stands_on_what_the_platform_has(tmp_path: Path, site: str) -> None:
    stack = lived(tmp_path, site, {})
    made = below(stack, "features")
    settings = json.loads(made["settings"].inputs["data"]["feature_store.yaml"])
    offline, registry = settings["offline_store"], settings["registry"]["path"]
    expected = {
        "aws-mumbai": "redshift",
        "gcp-frankfurt": "bigquery",
        "azure-virginia": "mssql",
        "onprem-munich": "clickhouse",
    }
    assert offline["type"] == expected[site]
    assert registry.split("://")[0] == {"gcp-frankfurt": "gs", "azure-virginia": "https"}.get(site, "s3")
    assert registry.endswith("/registry.pb")
    if site == "azure-virginia":
        assert offline["connection_string"].startswith(
            "mssql+pyodbc://virginia-warehouse-ondemand.sql.azuresynapse.net:1433/"
        )
    assert "ssl=true" in settings["online_store"]["connection_string"]
    assert "${ONLINE_PASSWORD}" in settings["online_store"]["connection_string"], "no secret stands in a ConfigMap"
    pod: Props = made["servers"].inputs["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "features"
    secrets = {one["name"] for one in pod["containers"][0]["env"] if "valueFrom" in one}
    assert secrets == {"ONLINE_PASSWORD"} | (
        {"WAREHOUSE_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} if site == "onprem-munich" else set()
    )
    assert stack.session().store.load().outputs()["endpoints"]["features"].startswith("http://")


def test_mig_on_aws_is_cut_before_the_node_counts_its_accelerators(tmp_path: Path) -> None:
    cut = {"pools.0.accelerator": "H100", "pools.0.per_node": 8, "pools.0.sharing": {"mig_profile": "3g.40gb"}}
    made = below(lived(tmp_path, "aws-mumbai", cut), "pool-inference")
    script = base64.b64decode(made["template"].inputs["userData"]).decode()
    assert "nvidia-smi mig -cgi 3g.40gb,3g.40gb -C" in script
    assert "Before=nodeadm-run.service" in script
    assert made["group"].inputs["amiType"] == "AL2023_x86_64_NVIDIA"
    plugin: Props = (
        json.loads(made["device-plugin"].inputs["data"]["config.yaml"])
        if "data" in made["device-plugin"].inputs
        else {}
    )
    assert not plugin or plugin["flags"]["migStrategy"] == "mixed"


def test_eks_tells_the_locked_sink_who_did_what(tmp_path: Path) -> None:
    made = below(lived(tmp_path, "aws-mumbai", {}), "cluster")
    stream = made["delivery-stream"]
    (stores,) = [one for key, one in made.items() if key == "delivery-stores" and one.type.endswith("RolePolicy")]
    assert stream.inputs["extendedS3Configuration"]["bucketArn"].startswith("arn:aws:s3:::audit-")
    assert stream.inputs["serverSideEncryption"]["keyType"] == "CUSTOMER_MANAGED_CMK"
    actions = [action for one in json.loads(reveal(stores.inputs["policy"]))["Statement"] for action in one["Action"]]
    assert not {action for action in actions if "Delete" in action or action.endswith("*")}
    assert made["delivery-subscription"].inputs["filterPattern"] == '{ $.apiVersion = "audit.k8s.io/v1" }'
