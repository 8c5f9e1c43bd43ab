"""Platforms: golden plans, refusals with every reason, what each target does not have and says so."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from rehearsed import SITES, changed

from blueprints import load
from blueprints.platform import features
from blueprints.platform.resolve import PlatformPlan
from catalog.documents import DocumentError
from catalog.inventory import Inventory
from components.clouds.aws.offer import OFFER as AWS
from components.clouds.azure.offer import OFFER as AZURE
from components.clouds.gcp.offer import OFFER as GCP
from components.clouds.kubernetes.offer import OFFER as KUBERNETES
from components.clouds.offer import Feature

EXAMPLES = ROOT / "blueprints" / "platform" / "examples"
GOLDEN = Path(__file__).parent / "golden"


def write(tmp_path: Path, site: str, change: dict[str, Any]) -> Path:
    return Path(changed(tmp_path, EXAMPLES / f"{site}.yaml", change))


@pytest.mark.parametrize("site", SITES)
def test_the_examples_have_their_golden_plans(site: str) -> None:
    made = json.loads(json.dumps(dataclasses.asdict(load.plan(EXAMPLES / f"{site}.yaml")), default=str))
    golden = GOLDEN / f"platform-{site}.json"
    if not golden.exists():
        golden.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    assert made == json.loads(golden.read_text(encoding="utf-8"))


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("aws-mumbai", {"target.region": "ap-mumbai-1"}, "target.region", "there is no region 'ap-mumbai-1'"),
    ("aws-mumbai", {"data.jurisdictions": ["DE"]}, "data.jurisdictions", "is in IN, the data must stay in DE"),
    ("aws-mumbai", {"pools.0.accelerator": "L40S"}, "pools.0.accelerator", "not offered in ap-south-1"),
    ("aws-mumbai", {"pools.0.accelerator": "L41"}, "pools.0.accelerator", "the catalog does not know 'L41'"),
    ("aws-mumbai", {"pools.0.per_node": 3}, "pools.0.per_node", "it has them with"),
    ("aws-mumbai", {"pools.0.capacity": ["flex"]}, "pools.0.capacity.0", "AWS has no flexible start"),
    ("aws-mumbai", {"stores.objects.0.replica_region": "ap-south-1"}, "stores.objects.0.replica_region", "a copy there does not outlive it"),
    ("aws-mumbai", {"stores.objects.0.replica_region": "ap-south-9"}, "stores.objects.0.replica_region", "there is no region"),
    ("aws-mumbai", {"stores.objects.0.replica_region": "eu-central-1"}, "stores.objects.0.replica_region",
     "eu-central-1 is in DE, the data must stay in IN: ap-south-2 may have one"),
    ("azure-virginia", {"stores.objects.1.replica_region": "centralus"}, "stores.objects.1.replica_region", "does not replicate blobs whose versions are locked"),
    ("onprem-munich", {"stores.objects.0.replica_region": "eu"}, "stores.objects.0.replica_region", "are its operator's"),
    ("aws-mumbai", {"pools.1.reservation": ""}, "pools.1.reservation", "needs the reservation's id"),
    ("aws-mumbai", {"pools.1.name": "inference"}, "pools.1.name", "the name of another pool"),
    ("aws-mumbai", {"network.services": "10.20.128.0/20"}, "network.services", "overlaps the network's 10.20.0.0/16"),
    ("aws-mumbai", {"network.cidr": "10.20.0.0/24"}, "network.cidr", "too small for 3 zones"),
    ("aws-mumbai", {"network.cidr": "10.20.0.1/16"}, "network.cidr", "has host bits set"),
    ("aws-mumbai", {"stores.objects.0.data_class": "public"}, "stores.objects.0.data_class", "has no key"),
    ("aws-mumbai", {"pools.0.nodes.least": 9, "pools.0.nodes.most": 9, "budget.monthly_usd": 10}, "budget.monthly_usd", "at their least"),
    ("aws-mumbai", {"identities.0.uses.0.store": "nothing"}, "identities.0.uses.0.store", "there is no store 'nothing'"),
    ("aws-mumbai", {"identities.0.uses.3.access": "write"}, "identities.0.uses.3.access", "workloads read images"),
    ("gcp-frankfurt", {"stores.sql": None}, "stores.vectors.engine", "pgvector lives in PostgreSQL"),
    ("aws-mumbai", {"stores.sql": None}, "stores.tracking", "its records are in PostgreSQL: add stores.sql"),
    ("aws-mumbai", {"stores.objects.0.name": "tracking"}, "stores.objects.0.name", "is the bucket of stores.tracking"),
    ("aws-mumbai", {"stores.vectors": {"engine": "pinecone", "endpoint": "https://x.pinecone.io", "cloud": "aws", "region": "us-east-1"}},
     "stores.vectors.region", "is in US, the data must stay in IN"),
    ("azure-virginia", {"pools.0.accelerator": "TPU-v6e"}, "pools.0.accelerator", "TPUs are Google's"),
    ("onprem-munich", {"pools.0.nodes.least": 0}, "pools.0.nodes.least", "do not go away"),
    ("onprem-munich", {"pools.0.nodes.most": 40}, "pools.0.nodes.most", "has 4 nodes, 40 are asked for"),
    ("onprem-munich", {"pools.0.capacity": ["spot"]}, "pools.0.capacity.0", "their capacity is owned"),
    ("onprem-munich", {"target.objects": None}, "target.objects", "needs an S3-compatible service"),
]  # fmt: skip


@pytest.mark.parametrize(("site", "change", "path", "words"), REFUSED)
def test_what_cannot_be_is_refused_at_its_path(
    tmp_path: Path, site: str, change: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        load.plan(write(tmp_path, site, change))
    line = next((one for one in str(refused.value).splitlines() if f" {path}: " in one), "")
    assert words in line, str(refused.value)
    assert f"{site}.yaml:" in line


def test_every_reason_is_told_at_once(tmp_path: Path) -> None:
    change = {"target.region": "us-nowhere-1", "pools.1.reservation": "", "network.cidr": "10.20.0.0/24"}
    with pytest.raises(DocumentError) as refused:
        load.plan(write(tmp_path, "aws-mumbai", change))
    assert str(refused.value).count("\n") >= 2


@pytest.mark.parametrize("offer", [AWS, GCP, AZURE, KUBERNETES])
def test_what_a_target_lacks_it_says_in_words(offer: Any) -> None:
    assert all(len(words.split()) >= 5 for words in offer.unsupported.values())


@pytest.mark.parametrize("site", ["aws-mumbai", "azure-virginia", "gcp-frankfurt"])
def test_what_is_shared_is_offered_as_what_it_is(tmp_path: Path, site: str) -> None:
    """Slices are no whole accelerators, and of time slices nobody can say how much memory they have."""
    cut = {"pools.0.accelerator": "H100", "pools.0.per_node": 8, "pools.0.sharing": {"mig_profile": "3g.40gb"}}
    (pool,) = inventory(write(tmp_path, site, cut)).pools
    assert pool.accelerator is not None
    assert pool.accelerator.mig == {"3g.40gb": 16}
    assert inventory(write(tmp_path, site, {"pools.0.sharing": {"time_slices": 4}})).pools == []


def inventory(file: Path) -> Inventory:
    plan = load.plan(file)
    assert isinstance(plan, PlatformPlan)
    return plan.inventory


def test_every_feature_can_be_asked_for(tmp_path: Path) -> None:
    """A feature nobody can ask for would never be refused."""
    everything = {
        "pools.0.capacity": ["reserved", "flex", "spot"],
        "pools.0.sharing": {"mig_profile": "1g.10gb", "time_slices": 2},
        "pools.0.multi_node": True,
        "stores.models": {"size_gib": 100, "parallel": True},
        "stores.objects.1.replica_region": "ap-south-2",
        "network.public_ingress": True,
    }
    found = {feature for feature, _ in features.asked(load.load(write(tmp_path, "aws-mumbai", everything)).blueprint)}  # pyright: ignore[reportArgumentType] a platform's
    for accelerator in ("Trainium1", "TPU-v6e", "MI300X"):
        file = write(tmp_path, "aws-mumbai", {"pools.0.accelerator": accelerator})
        found |= {feature for feature, _ in features.asked(load.load(file).blueprint)}  # pyright: ignore[reportArgumentType] a platform's
    assert found == set(Feature)


def test_an_assistant_is_not_placed_on_a_platform_that_lacks_what_it_needs(tmp_path: Path) -> None:
    examples = ROOT / "blueprints" / "knowledge_assistant" / "examples"
    content: dict[str, Any] = yaml.safe_load((examples / "handbook-aws-mumbai.yaml").read_text(encoding="utf-8"))
    content["target"]["platform"] = str(EXAMPLES / "aws-mumbai.yaml")
    content["data"] = {"class": "restricted", "jurisdictions": ["DE"]}
    file = tmp_path / "handbook.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with pytest.raises(DocumentError) as refused:
        load.plan(file)
    assert "the platform has keys for internal, confidential" in str(refused.value)
    assert "stands in IN" in str(refused.value)
    content["target"]["platform"] = "nowhere.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with pytest.raises(DocumentError, match="there is no file"):
        load.plan(file)
