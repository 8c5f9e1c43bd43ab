"""Everything we ask of operators, against their own definitions on a real API server: no field is unknown, none is wrong."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Stack
from rehearsed import backend, changed, settled

from cli.blueprints import EXAMPLES
from cli.check.planned import plan
from cli.operate import packs_of
from engine.localcluster.cluster import Cluster
from engine.localcluster.definitions import OPERATORS
from engine.policy.judges import PackSource
from engine.providers.kubernetes.api import Connection
from engine.providers.kubernetes.objects import Kind
from engine.values import UNKNOWN, Props
from policies.evaluate import VIOLATION, Evaluator
from policies.registry import RULES

PATIENCE_S = 60
EVERYTHING = {"keda": True, "prometheus_operator": True, "gateway_api": True, "kueue": True, "leader_worker_set": True}


@pytest.fixture(scope="module")
def everything() -> Iterator[Cluster]:
    """A cluster whose API knows what operators add."""
    if shutil.which("go") is None:
        pytest.skip("the definitions of operators come from Go modules: Go is not on PATH")
    one = Cluster(f"operators-{os.getpid()}")
    one.up(lambda _text: None, operators=OPERATORS)
    yield one
    one.down()


@pytest.fixture(scope="module")
def server(everything: Cluster) -> Iterator[Connection]:
    connection = Connection(str(everything.kubeconfig), None)
    yield connection
    connection.close()


#: what only a cloud's own cluster knows
ELSEWHERE = ("eks.amazonaws.com/", "karpenter.sh/", "cloud.google.com/")


def refused(server: Connection, stack: str, blueprint: str | None) -> tuple[list[str], set[str]]:
    """What the API server objects to among a stack's objects, and of which groups it was asked."""
    planned = plan(ROOT, stack, {"domicile:blueprint": blueprint} if blueprint else None)
    assert not planned.error, planned.error
    objections: list[str] = []
    groups: set[str] = set()
    for one in planned.resources:
        written = one.props
        if not one.type.startswith("kubernetes:") or "apiVersion" not in written or one.type.endswith("Patch"):
            continue
        kind = Kind(str(written["apiVersion"]), str(written["kind"]))
        if kind.api_version.startswith(ELSEWHERE):
            continue
        endpoint = server.endpoint(kind)
        assert endpoint is not None, f"the API server does not know {kind}"
        answer = server.request(
            "POST",
            endpoint.path("default"),
            query={"dryRun": "All", "fieldValidation": "Strict"},
            body=posted(written, one.name, namespaced=endpoint.namespaced),
        )
        groups.add(kind.group)
        if answer.status != 201:
            objections.append(f"{kind.kind} {one.name}: {answer.message}")
    return objections, groups


def posted(written: Mapping[str, Any], name: str, *, namespaced: bool) -> Props:
    """An object as it would be sent; what is not known yet is a text that stands anywhere."""
    body: Props = json.loads(json.dumps(written).replace(UNKNOWN, "unknown0"))
    for key in ("__defaults", *(key for key in ("data", "stringData") if body.get(key) == "unknown0")):
        body.pop(key, None)
    metadata = {"name": name, **body.get("metadata", {})}
    return {**body, "metadata": {**metadata, "namespace": "default"} if namespaced else metadata}


@pytest.mark.parametrize("kind", sorted(set(EXAMPLES) - {"platform", "state-store"}))
def test_an_api_server_with_every_operator_takes_what_a_kind_makes(
    server: Connection, tmp_path: Path, kind: str
) -> None:
    blueprint = changed(tmp_path, EXAMPLES[kind], {"target.capabilities": EVERYTHING})
    objections, groups = refused(server, "local", blueprint)
    assert objections == []
    assert "monitoring.coreos.com" in groups


def test_images_of_a_namespace_must_be_signed_where_a_key_is_given(server: Connection, tmp_path: Path) -> None:
    key = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n"
    target = {"capabilities": {**EVERYTHING, "policy_controller": True}}
    signed = {"images": ["registry.example.com/**"], "key": key}
    change = {"target.capabilities": target["capabilities"], "target.signatures": signed}
    blueprint = changed(tmp_path, EXAMPLES["prototype"], change)
    objections, groups = refused(server, "local", blueprint)
    assert objections == []
    assert "policy.sigstore.dev" in groups
    found = plan(ROOT, "local", {"domicile:blueprint": blueprint}).resources
    (space,) = (one for one in found if one.type.endswith(":Namespace") and one.type.startswith("kubernetes"))
    assert space.props["metadata"]["labels"]["policy.sigstore.dev/include"] == "true"
    (policy,) = (one for one in found if one.type.endswith(":ClusterImagePolicy"))
    assert policy.props["spec"]["images"] == [{"glob": "registry.example.com/**"}]
    assert policy.props["spec"]["authorities"][0]["key"]["data"] == key


def test_an_api_server_with_every_operator_takes_a_platform(server: Connection) -> None:
    objections, groups = refused(server, "platform-onprem-munich", None)
    assert objections == []
    assert groups >= {"postgresql.cnpg.io", "kafka.strimzi.io", "cert-manager.io", "clickhouse.altinity.com"}


WIDE = {
    "models.chat": "deepseek-ai/DeepSeek-R1-0528",
    "models.precision": "fp8",
    "latency": {"first_token_ms": 8000, "per_token_ms": 150},
    "budget.monthly_usd": 900_000,
}


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_a_model_wider_than_a_node_is_a_group_of_pods_that_an_api_server_takes(
    server: Connection, tmp_path: Path, engine: str
) -> None:
    nodes = ROOT / "tests" / "blueprints" / "nodes.yaml"
    target = {"cluster": "local", "inventory": str(nodes), "weights_gib_per_s": 2.0}
    change = {**WIDE, "models.engine": engine, "target": {**target, "capabilities": EVERYTHING}}
    blueprint = changed(tmp_path, EXAMPLES["knowledge-assistant"], change)
    objections, groups = refused(server, "local", blueprint)
    assert objections == []
    assert "leaderworkerset.x-k8s.io" in groups
    found = list(plan(ROOT, "local", {"domicile:blueprint": blueprint}).resources)
    serious = [
        one
        for one in Evaluator(RULES, {"budget-gpu-total": {"max_gpus": 64}}).all(found)
        if one.verdict == VIOLATION and one.rule != "ai-fallback"
    ]
    assert serious == []
    (group,) = (one for one in found if one.type.endswith(":LeaderWorkerSet"))
    shape = group.props["spec"]["leaderWorkerTemplate"]
    leads, follows = (shape[name]["spec"]["containers"][0] for name in ("leaderTemplate", "workerTemplate"))
    assert (group.props["spec"]["replicas"], shape["size"]) == (2, 2)
    assert leads["resources"]["limits"]["nvidia.com/gpu"] == follows["resources"]["limits"]["nvidia.com/gpu"] == "8"
    rank = "--node-rank=$(LWS_WORKER_INDEX)"
    assert rank in leads["args"]
    assert rank in follows["args"]
    assert ("--headless" in follows["args"]) == (engine == "vllm")
    assert "--headless" not in leads["args"]
    assert "readinessProbe" not in follows
    (service,) = (one for one in found if one.type.endswith(":Service") and one.name == "chat-service")
    assert service.props["spec"]["selector"]["domicile.dev/place"] == "leader"
    (quota,) = (one for one in found if one.type.endswith(":ResourceQuota"))
    assert int(quota.props["spec"]["hard"]["requests.nvidia.com/gpu"]) >= 32


ENVOY = {"access.gateway": "envoy", "target.capabilities": {**EVERYTHING, "envoy_ai_gateway": True}}


def test_a_gateway_of_envoy_is_taken_by_an_api_server_and_breaks_no_rule(server: Connection, tmp_path: Path) -> None:
    blueprint = changed(tmp_path, EXAMPLES["model-platform"], ENVOY)
    objections, groups = refused(server, "local", blueprint)
    assert objections == []
    assert groups >= {"aigateway.envoyproxy.io", "gateway.envoyproxy.io", "gateway.networking.k8s.io"}
    found = list(plan(ROOT, "local", {"domicile:blueprint": blueprint}).resources)
    assert [one for one in Evaluator(RULES, {}).all(found) if one.verdict == VIOLATION] == []
    walls = {one.name: one.props["spec"] for one in found if one.type.endswith(":NetworkPolicy")}
    proxies = {"app.kubernetes.io/name": "envoy", "app.kubernetes.io/part-of": "models"}
    assert walls["gateway-reach"]["podSelector"]["matchLabels"] == proxies
    assert walls["large-router-clients"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"] == proxies
    router = {**proxies, "app.kubernetes.io/name": "large-router"}
    assert walls["large-clients"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"] == router
    places = [place for one in walls["gateway-reach"]["egress"] for place in one.get("to", [])]
    reached = [place["podSelector"]["matchLabels"] for place in places if "podSelector" in place]
    assert router in reached, "the gateway goes by the router"
    assert {**proxies, "app.kubernetes.io/name": "large"} not in reached
    (proxy,) = (one for one in found if one.type.endswith(":EnvoyProxy"))
    labels = proxy.props["spec"]["provider"]["kubernetes"]["envoyDeployment"]["pod"]["labels"]
    assert labels["app.kubernetes.io/part-of"] == "models"
    assert "app.kubernetes.io/name" not in labels, "Envoy Gateway knows its pods by that"


def test_a_stack_with_envoy_lives_among_all_operators(everything: Cluster, tmp_path: Path) -> None:
    target = {"cluster": everything.name, "kubeconfig": str(everything.kubeconfig)}
    change = {"access.gateway": "envoy", "target": {**target, "capabilities": ENVOY["target.capabilities"]}}
    patch = backend(tmp_path / "state")
    stack = Stack(ROOT, "local", packs=tuple(PackSource(pack, in_process=True) for pack in packs_of()))
    stack.overrides = {"domicile:blueprint": changed(tmp_path, EXAMPLES["model-platform"], change)}
    try:
        settled(stack)
        routes = [one for one in stack.resources() if one.type.endswith(":AIGatewayRoute")]
        assert {one.inputs["metadata"]["name"] for one in routes} == {"gateway-small", "gateway-large", "gateway-embed"}
        assert str(stack.session().store.load().outputs()["endpoint"]) == "http://gateway:4000/v1"
    finally:
        gone = stack.run("destroy")
        patch.undo()
    assert gone.ok, gone.error
    assert stack.resources() == []


def test_a_stack_lives_among_all_operators_and_guards_its_namespace(
    everything: Cluster, server: Connection, tmp_path: Path
) -> None:
    sleep = {"after_minutes": 30, "first_request": "waits"}
    hours = [{"from": "22:00", "to": "24:00", "zone": "Asia/Kolkata", "days": ["sun"]}]
    busy = {
        "users.active": 3000,
        "budget.monthly_usd": 90_000,
        "availability_percent": 98.0,
        "scaling": {"sleep": sleep, "hours": hours},
    }
    target = {"cluster": everything.name, "kubeconfig": str(everything.kubeconfig), "capabilities": EVERYTHING}
    patch = backend(tmp_path / "state")
    stack = Stack(ROOT, "local", packs=tuple(PackSource(pack, in_process=True) for pack in packs_of()))
    stack.overrides = {
        "domicile:blueprint": changed(tmp_path, EXAMPLES["knowledge-assistant"], {**busy, "target": target})
    }
    try:
        settled(stack)
        (scaled,) = (one for one in stack.resources() if one.type == "kubernetes:keda.sh/v1alpha1:ScaledObject")
        assert scaled.inputs["spec"]["minReplicaCount"] == 0
        assert [one["type"] for one in scaled.inputs["spec"]["triggers"]] == ["prometheus"] * 3 + ["cron"]
        assert scaled.inputs["spec"]["triggers"][3]["metadata"]["end"] == "59 23 * * 0"
        space = str(stack.session().store.load().outputs()["namespace"])
        assert "ai-image-pinned: image a/b:latest may change under its name" in brought(server, space, "deny")
        target["admission"] = "warn"
        stack.overrides = {
            "domicile:blueprint": changed(tmp_path, EXAMPLES["knowledge-assistant"], {**busy, "target": target})
        }
        assert stack.run("up").ok
        assert stack.steps() == [("update", "handbook"), ("update", "handbook-door")]
        assert brought(server, space, "warn") == ""
    finally:
        gone = stack.run("destroy")
        patch.undo()
    assert gone.ok, gone.error
    assert stack.resources() == []


def brought(server: Connection, space: str, action: str) -> str:
    """What is said to somebody who brings a moving image into a namespace, once the door is as it was last told to be."""
    limits = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}}
    context = {
        "allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    container = {"name": "c", "image": "a/b:latest", "resources": limits, "securityContext": context}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "mine"}, "spec": {"containers": [container]}}
    wanted = {"deny": 403, "warn": 201}[action]
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = server.request("POST", f"/api/v1/namespaces/{space}/pods", query={"dryRun": "All"}, body=pod)
        if answer.status == wanted or time.monotonic() > deadline:
            assert answer.status == wanted, answer.message
            return answer.message if wanted == 403 else ""
        os.sched_yield()
