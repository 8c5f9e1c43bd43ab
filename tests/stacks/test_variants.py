"""What the example stacks do not have, on each target that has it: previewed, made, made again with no change, changed back."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Stack
from rehearsed import backend, below, changed, rehearsed, settled

from engine.values import Props

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
    settled(stack)
    return stack


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


def test_mig_on_aws_is_cut_before_the_node_counts_its_accelerators(tmp_path: Path) -> None:
    cut = {"pools.0.accelerator": "H100", "pools.0.per_node": 8, "pools.0.sharing": {"mig_profile": "3g.40gb"}}
    stack = lived(tmp_path, "aws-mumbai", cut)
    made = below(stack, "pool-inference")
    script = base64.b64decode(made["template"].inputs["userData"]).decode()
    assert "nvidia-smi mig -cgi 3g.40gb,3g.40gb -C" in script
    assert "Before=nodeadm-run.service" in script
    assert made["group"].inputs["amiType"] == "AL2023_x86_64_NVIDIA"
    (settings,) = [
        one.inputs["data"]["config.yaml"]
        for one in stack.resources()
        if one.type.endswith(":ConfigMap") and one.urn.endswith("::pool-inference-device-plugin")
    ]
    assert json.loads(settings)["flags"]["migStrategy"] == "mixed"
