"""Every example stack on every kind of target, without an account: its life, and what it promises whatever its cloud.

Preview, up; outputs, tags, our own keys, one region, children of components; an empty up, a change, refresh, destroy.
The tests of a site follow one another on one state.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Stack
from rehearsed import SITES, backend, below, changed, rehearsed

from catalog import places
from engine import urn as urns
from engine.providers.offline import schema
from engine.providers.offline.schema import Field, ListOf, MapOf, Object, Type
from engine.state.resource import ResourceState
from engine.values import Props, is_list, is_map, reveal

EXAMPLES = ROOT / "blueprints"
CHECKOV = ROOT / ".venv" / "eyes" / "bin" / "checkov"
#: groups of custom resources, whose schemas are their operators'
CUSTOM = ("eks.amazonaws.com/v1", "karpenter.sh/v1", "cloud.google.com/v1", "postgresql.cnpg.io/v1", "cert-manager.io/v1",
          "clickhouse.altinity.com/v1", "kafka.strimzi.io/v1")  # fmt: skip
#: what Checkov objects to, where, and why it stays
ACCEPTED = {
    "CKV_K8S_11": {".": "CPU may burst into what is idle: a limit throttles; memory and GPUs are limited"},
    "CKV_K8S_43": {".": "versions are pinned by tag; the platform's registry does not let a tag move"},
    "CKV_K8S_15": {".": "a pinned tag needs no pull at every start, and a start must not need the registry"},
    "CKV_K8S_35": {
        "ingestion|gateway|cache|features|retrieval": "these programs read their secret from the environment alone"
    },
    "CKV_K8S_8": {"scaler|device-plugin": "no port to probe: it ends when it fails, and is started again"},
    "CKV_K8S_9": {"scaler|device-plugin": "it serves nobody"},
    "CKV_K8S_38": {"scaler": "it scales through the API"},
    "CKV_K8S_23": {"device-plugin": "the kubelet's plugin folder is root's"},
    "CKV_K8S_40": {"device-plugin": "as above"},
}
OWNED = {"workload", "owner", "cost-centre", "data-class", "jurisdictions", "managed-by"}
CLOUD = {"aws": "aws", "gcp": "gcp", "azure-native": "azure"}
#: resources that could take a key and hold nothing of ours, or hold it under the key of another, with the reason
KEYLESS = {
    "aws:s3/bucket:Bucket": "its encryption is a resource of its own, which is looked at",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "holds nothing",
    "aws:kms/alias:Alias": "names a key",
    "aws:kms/key:Key": "is a key",
    "aws:rds/clusterInstance:ClusterInstance": "its storage is the cluster's; its insights have the key",
    "aws:eks/nodeGroup:NodeGroup": "its disks are the launch template's",
    "aws:eks/addon:Addon": "holds nothing",
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": "its repositories follow the creation template, which has the key",
    "aws:redshiftserverless/workgroup:Workgroup": "its storage is the namespace's",
    "aws:secretsmanager/secretVersion:SecretVersion": "its secret has the key",
    "aws:ec2/flowLog:FlowLog": "its log group has the key",
    "aws:ec2/vpc:Vpc": "holds nothing",
    "aws:budgets/budget:Budget": "holds nothing",
    "gcp:kms/keyRing:KeyRing": "holds keys",
    "gcp:kms/cryptoKey:CryptoKey": "is a key",
    "gcp:kms/cryptoKeyIAMBinding:CryptoKeyIAMBinding": "gives leave",
    "gcp:secretmanager/secretVersion:SecretVersion": "its secret has the key",
    "gcp:sql/database:Database": "its instance has the key",
    "gcp:sql/user:User": "its instance has the key",
    "gcp:compute/network:Network": "holds nothing",
    "gcp:compute/router:Router": "holds nothing",
    "gcp:compute/routerNat:RouterNat": "holds nothing",
    "gcp:logging/projectSink:ProjectSink": "its bucket has the key",
    "azure-native:keyvault:Vault": "holds keys",
    "azure-native:keyvault:Key": "is a key",
    "azure-native:keyvault:Secret": "the vault's own hardware keys encrypt it",
    "azure-native:network:VirtualNetwork": "holds nothing",
    "azure-native:storage:BlobContainer": "its account has the key",
    "azure-native:redisenterprise:Database": "its cluster has the key",
    "azure-native:containerservice:AgentPool": "its disks are the cluster's encryption set's",
    "azure-native:eventhub:EventHub": "its namespace has the key",
    "azure-native:dbforpostgresql:Database": "its server has the key",
}
KEY = re.compile(r"(?i)(kms|encrypt|customerManaged|cmk|keyVault)")
#: properties named like tags or labels that are something else, and what
NOT_TAGS = {
    ("gcp:monitoring/notificationChannel:NotificationChannel", "labels"): "its configuration",
    ("gcp:container/nodePool:NodePool", "labels"): "labels of its nodes",
}
TAGS = {
    "aws": ("tags", "resourceTags"),
    "gcp": ("labels", "userLabels", "resourceLabels"),
    "azure-native": ("tags",),
}


@pytest.fixture(scope="module", params=SITES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    patch = backend(tmp_path_factory.mktemp("state"))
    yield request.param
    patch.undo()


@pytest.fixture(autouse=True)
def _passphrase() -> None:
    """The module's own backend stands."""


@pytest.fixture
def platform(site: str) -> Stack:
    return rehearsed(f"platform-{site}")


def test_up_does_what_the_preview_said(site: str) -> None:
    stack = rehearsed(f"platform-{site}")
    foreseen = stack.run("preview")
    assert foreseen.ok, foreseen.error
    made = stack.run("up")
    assert made.ok, made.error
    assert made.changes == foreseen.changes
    assert {"kubeconfig", "keys", "endpoints", "resources", "pools"} <= made.outputs.keys()


def children(stack: Stack) -> list[ResourceState]:
    return [
        one
        for one in stack.resources()
        if one.custom and not urns.is_provider(one.type) and not one.type.startswith(("pulumi:", "random:"))
    ]


def known(one: ResourceState) -> schema.Resource | None:
    return schema.resource(one.type.split(":", 1)[0], one.type)


def strings(value: Any) -> Iterator[str]:
    if is_map(value):
        for inner in value.values():
            yield from strings(inner)
    elif is_list(value):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def test_outputs_are_the_same_everywhere(platform: Stack) -> None:
    outputs = platform.session().store.load().outputs()
    assert set(outputs) == {
        "cluster", "kubeconfig", "issuer", "namespace", "storage_class", "keys", "network", "audit", "pools", "endpoints",
        "resources", "monthly_usd",
    }  # fmt: skip
    stores = {"models", "sql", "cache", "queue", "warehouse", "registry"}
    assert stores | {"vectors", "features", "tracking"} <= set(outputs["endpoints"])
    assert stores <= set(outputs["resources"])
    restricted = {"restricted"} if platform.name.endswith("munich") else set[str]()
    assert set(outputs["keys"]) == {"internal", "confidential"} | restricted
    assert set(outputs["pools"]) == {"inference", "training"}
    if not platform.name.endswith("munich"):
        cluster = json.loads(reveal(outputs["kubeconfig"]))["clusters"][0]["cluster"]
        assert cluster["server"].startswith("https://")
        assert "None" not in json.dumps(cluster)


def test_every_component_gives_what_its_contract_says(platform: Stack) -> None:
    wanted = {
        "keys": {"keys"},
        "network": {"network", "nodes", "pods", "endpoints"},
        "audit": {"sink"},
        "cluster": {"cluster", "endpoint", "issuer", "kubeconfig", "storage_class"},
        "gpu_pool": {"pool", "labels"},
        "object_store": {"bucket", "endpoint", "resource"},
        "model_store": {"storage_class", "resource"},
        "sql": {"endpoint", "port", "database", "secret", "resource"},
        "cache": {"endpoint", "port", "secret", "resource"},
        "queue": {"endpoint", "topic", "resource"},
        "warehouse": {"endpoint", "database", "resource", "access"},
        "feature_store": {"endpoint", "registry"},
        "tracking": {"endpoint", "files"},
        "registry": {"host", "resource"},
        "budget": {"budget", "namespace"},
        "identity": {"principal", "annotations"},
    }
    found = {
        one.type.split(":")[1].split("/")[0]: set(one.outputs)
        for one in platform.resources()
        if one.type.startswith("domicile:")
    }
    assert set(found) - {"vector_store"} == set(wanted)
    for capability, names in wanted.items():
        assert names <= found[capability], capability


def test_everything_that_can_be_tagged_is(platform: Stack) -> None:
    looked_at = 0
    for one in children(platform):
        if one.type.startswith("kubernetes:"):
            metadata: Props = one.inputs.get("metadata") or {}
            if not one.type.endswith("Patch"):
                assert "domicile.dev/owner" in (metadata.get("labels") or {}), one.urn
                looked_at += 1
            continue
        described = known(one)
        assert described is not None, one.type
        for name in TAGS[one.type.split(":", 1)[0]]:
            field = described.inputs.get(name)
            if field is None or not isinstance(field.type, MapOf) or (one.type, name) in NOT_TAGS:
                continue
            assert set(one.inputs.get(name) or {}) >= OWNED, f"{one.urn}: {name}"
            looked_at += 1
    assert looked_at > 15


def test_everything_that_holds_data_has_our_key(platform: Stack) -> None:
    everything = children(platform)
    made = [one.outputs["keys"] for one in platform.resources() if one.type.startswith("domicile:keys/")]
    ours = set(strings(made))
    ours |= {one.id for one in everything if one.type.endswith("DiskEncryptionSet")}
    ours |= {one.outputs.get("keyUriWithVersion", "") for one in everything} - {""}
    encrypted_buckets = {
        one.inputs["bucket"]
        for one in everything
        if one.type.startswith("aws:s3/bucketServerSideEncryption") and set(strings(one.inputs)) & ours
    }
    holders = 0
    for one in everything:
        if one.type == "aws:s3/bucket:Bucket":
            assert one.id in encrypted_buckets, one.urn
            holders += 1
        described = known(one)
        if described is None or one.type in KEYLESS or not mentions_key(described.inputs):
            continue
        said = set(strings(one.inputs))
        parted = any(
            {uri.partition("/keys/")[0], uri.partition("/keys/")[2]} <= said for uri in ours if "/keys/" in uri
        )
        assert said & ours or parted, f"{one.urn} has none of our keys"
        holders += 1
    assert holders >= 2


def mentions_key(fields: dict[str, Field], depth: int = 0) -> bool:
    return any(KEY.search(name) or (depth < 2 and inside(field.type, depth)) for name, field in fields.items())


def inside(type_: Type, depth: int) -> bool:
    if isinstance(type_, ListOf):
        return inside(type_.item, depth)
    return isinstance(type_, Object) and mentions_key(type_.fields, depth + 1)


def test_a_feature_store_stands_on_what_the_platform_has(platform: Stack) -> None:
    site, stack = platform.name.removeprefix("platform-"), platform
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


def test_runs_and_models_are_kept_by_what_the_platform_has(platform: Stack) -> None:
    """Its files go to a bucket of its own, and whoever keeps the database's password lets its identity alone read it."""
    site, made = platform.name.removeprefix("platform-"), below(platform, "tracking")
    told = json.loads(reveal(made["settings"].inputs["stringData"])["settings.json"])
    stores = {"gcp-frankfurt": "gs", "azure-virginia": "wasbs"}
    keepers = {
        "aws-mumbai": "arn:aws:",
        "gcp-frankfurt": "projects/",
        "azure-virginia": "https://",
        "onprem-munich": "file:",
    }
    assert told["files"].split("://")[0] == stores.get(site, "s3")
    assert told["secret"].startswith(keepers[site])
    attached = site == "onprem-munich"
    assert told["database"]["sslmode"] == ("verify-full" if attached else "require")
    grants = [one for one in children(platform) if urns.name_of(one.parent).endswith("-tracking") and one.custom]
    secrets = [one for one in grants if "secret" in json.dumps([one.inputs, one.type]).lower()]
    assert bool(secrets) is not attached
    if site == "azure-virginia":
        (scope,) = [str(reveal(one.inputs["scope"])) for one in secrets if one.type.endswith("RoleAssignment")]
        assert re.search(r"/providers/Microsoft\.KeyVault/vaults/[a-z0-9-]+/secrets/sql$", scope), scope
    for job in ("backup", "restore"):
        assert made[job].inputs["spec"].get("suspend", False) is (job == "restore")
    pod: Props = made["servers"].inputs["spec"]["template"]["spec"]
    assert not [one for one in pod["containers"][0]["env"] if "valueFrom" in one], "no secret is a variable"


def test_eks_tells_the_locked_sink_who_did_what(platform: Stack) -> None:
    if not platform.name.endswith("aws-mumbai"):
        return
    made = below(platform, "cluster")
    stream = made["delivery-stream"]
    (stores,) = [one for key, one in made.items() if key == "delivery-stores" and one.type.endswith("RolePolicy")]
    assert stream.inputs["extendedS3Configuration"]["bucketArn"].startswith("arn:aws:s3:::audit-")
    assert stream.inputs["serverSideEncryption"]["keyType"] == "CUSTOMER_MANAGED_CMK"
    actions = [action for one in json.loads(reveal(stores.inputs["policy"]))["Statement"] for action in one["Action"]]
    assert not {action for action in actions if "Delete" in action or action.endswith("*")}
    assert made["delivery-subscription"].inputs["filterPattern"] == '{ $.apiVersion = "audit.k8s.io/v1" }'


def test_an_identity_may_do_what_it_uses_and_no_more(platform: Stack) -> None:
    mine = [one for one in children(platform) if urns.name_of(one.parent).endswith("-ingestion")]
    if platform.name.endswith("aws-mumbai"):
        policy = json.loads(next(one.inputs["policy"] for one in mine if one.type.endswith("RolePolicy")))
        actions = {action for statement in policy["Statement"] for action in statement["Action"]}
        assert {"s3:PutObject", "kinesis:GetRecords", "ecr:BatchGetImage", "kms:Decrypt"} <= actions
        assert not {action for action in actions if "*" in action}
        assert "kinesis:PutRecord" not in actions
        assert all(statement["Resource"].startswith("arn:") for statement in policy["Statement"])
    elif platform.name.endswith("gcp-frankfurt"):
        roles = {one.inputs["role"] for one in mine if "role" in one.inputs}
        assert roles == {
            "roles/iam.workloadIdentityUser",
            "roles/storage.objectUser",
            "roles/pubsub.subscriber",
            "roles/bigquery.dataEditor",
            "roles/artifactregistry.reader",
        }
    elif platform.name.endswith("azure-virginia"):
        scopes = {one.inputs["scope"].rsplit("/", 1)[-1] for one in mine if one.type.endswith("RoleAssignment")}
        assert len(scopes) == 4, "one right for each use, on its resource alone"


def test_nothing_is_in_another_region(platform: Stack) -> None:
    for one in children(platform):
        cloud = CLOUD.get(one.type.split(":", 1)[0])
        if cloud is None or platform.name.endswith("munich"):
            continue
        here = {"aws-mumbai": "ap-south-1", "gcp-frankfurt": "europe-west3", "azure-virginia": "eastus2"}[
            platform.name[9:]
        ]
        copies = {"aws-mumbai": "ap-south-2", "gcp-frankfurt": "europe-west10", "azure-virginia": "centralus"}[
            platform.name[9:]
        ]
        away = urns.name_of(one.parent) in {f"keys-{copies}", f"{platform.name.rsplit('-', 1)[-1]}-documents"}
        regions = {region for its, region in places.regions() if its == cloud} - {here, *([copies] if away else ())}
        for text in (*strings(one.inputs), *strings(one.outputs)):
            words = set(re.findall(r"[a-z]+(?:-[a-z]+)*-?\d*[a-z0-9]*", text.lower()))
            assert not words & regions, f"{one.urn}: {text}"


def test_every_child_has_a_component_and_its_name(platform: Stack) -> None:
    for one in children(platform):
        parent = urns.type_of(one.parent)
        if one.type == "azure-native:resources:ResourceGroup":
            continue
        assert parent.startswith("domicile:"), one.urn
        assert urns.name_of(one.urn).startswith(urns.name_of(one.parent)), one.urn
        assert one.provider, one.urn


def test_the_platform_lives_its_life(site: str, tmp_path: Path) -> None:
    stack = rehearsed(f"platform-{site}")
    again = stack.run("up")
    assert (again.ok, set(again.changes)) == (True, {"same"}), stack.steps()
    file = EXAMPLES / "platform" / "examples" / f"{site}.yaml"
    stack.overrides = {"domicile:blueprint": changed(tmp_path, file, {"owner.cost_centre": "CC-2000"})}
    retagged = stack.run("up")
    assert retagged.ok, retagged.error
    assert retagged.changes.get("update", 0) > 5
    replaced = {name for op, name in stack.steps() if op != "update"}
    assert replaced <= {"cluster-storage", "models-class"}, "tags replace nothing but a storage class: it cannot change"
    refreshed = stack.run("refresh")
    assert (refreshed.ok, set(refreshed.changes)) == (True, {"same"})


def test_the_assistant_comes_up(site: str) -> None:
    stack = rehearsed(f"handbook-{site}")
    made = stack.run("up")
    assert made.ok, made.error
    again = stack.run("up")
    assert (again.ok, set(again.changes)) == (True, {"same", "read"}), stack.steps()


def manifests(site: str) -> Iterator[Props]:
    for name in (f"platform-{site}", f"handbook-{site}"):
        for one in rehearsed(name).resources():
            if one.custom and one.type.startswith("kubernetes:"):
                plain: Props = reveal(one.inputs)
                yield {key: value for key, value in plain.items() if not key.startswith("__")}


def test_every_object_is_one_kubernetes_knows(site: str) -> None:
    import kubernetes_validate

    valid = 0
    for one in manifests(site):
        if one["apiVersion"].endswith(CUSTOM):
            continue
        kubernetes_validate.validate(one, "1.35", strict=True)
        valid += 1
    assert valid > 50


@pytest.mark.skipif(not CHECKOV.exists(), reason="Checkov is not installed: make eyes")
def test_checkov_finds_nothing_without_a_reason(site: str, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(manifests(site)), encoding="utf-8")
    command = [CHECKOV, "-d", tmp_path, "--framework", "kubernetes", "-o", "json", "--compact", "--skip-download"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report: Props = json.loads(done.stdout)
    assert report["summary"]["passed"] > 500
    assert report["summary"]["parsing_errors"] == 0
    unexplained = [
        f"{one['check_id']} {one['check_name']}: {one['resource']}"
        for one in report["results"]["failed_checks"]
        if not any(re.search(pattern, one["resource"]) for pattern in ACCEPTED.get(one["check_id"], {}))
    ]
    assert unexplained == []


def test_the_assistant_lives_and_ends(site: str, tmp_path: Path) -> None:
    stack = rehearsed(f"handbook-{site}")
    file = EXAMPLES / "knowledge_assistant" / "examples" / f"handbook-{site}.yaml"
    stack.overrides = {"domicile:blueprint": changed(tmp_path, file, {"review.sample_percent": 0})}
    assert stack.run("up").ok
    assert "delete" in {op for op, _ in stack.steps()}
    assert stack.run("refresh").ok
    gone = stack.run("destroy")
    assert gone.ok, gone.error
    assert stack.resources() == []


def test_the_platform_ends(site: str) -> None:
    stack = rehearsed(f"platform-{site}")
    gone = stack.run("destroy")
    assert gone.ok, gone.error
    assert stack.resources() == []
