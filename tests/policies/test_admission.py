"""The packs' rules at a real API server: it refuses what they refuse, in their words, and lets in what they let pass."""

import copy
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_cases import CASES, One
from typer.testing import CliRunner

from cli.main import app
from engine.errors import ProjectError
from engine.localcluster.cluster import Cluster
from engine.providers.kubernetes.api import Answer, Connection
from engine.providers.kubernetes.objects import Kind
from engine.values import Props
from policies.admission import policy
from policies.admission.checks import CHECKS
from policies.evaluate import VIOLATION, Evaluator
from policies.facts.kubernetes import KubernetesFact, WorkloadFact
from policies.registry import BY_ID, RULES
from policies.resource import Resource
from policies.rule import Rule

PROOFS = {id_: case for cases in CASES.values() for id_, case in cases.items()}
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
SAID = re.compile(r"denied request: [a-z-]+: (.*)", re.DOTALL)
PATIENCE_S = 60
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def only(id_: str) -> Props:
    """A pack's configuration in which one rule counts, with the settings of its proofs."""
    return {"all": "disabled", id_: {**PROOFS[id_].settings, "enforcementLevel": "mandatory"}}


@pytest.fixture(scope="module")
def server() -> Iterator[Connection]:
    """A cluster in which each rule guards a namespace of its own."""
    if shutil.which("go") is None:
        pytest.skip("the definitions of operators come from Go modules: Go is not on PATH")
    one = Cluster(f"admission-{os.getpid()}")
    try:
        one.up(lambda _text: None, operators=("keda", "karpenter", "leader-worker-set"))
        connection = Connection(str(one.kubeconfig), None)
        for id_ in CHECKS:
            created(connection, "/api/v1/namespaces", {"metadata": {"name": id_, "labels": {"rule": id_}}})
            made = policy.spec(only(id_), of_cluster=True)
            created(connection, POLICIES, {"metadata": {"name": id_}, "spec": made})
            bound = policy.binding(id_, {"matchLabels": {"rule": id_}}, "deny")
            created(connection, BINDINGS, {"metadata": {"name": id_}, "spec": bound})
        for id_ in CHECKS:
            awaited(connection, id_)
        yield connection
        connection.close()
    finally:
        one.down()


def created(connection: Connection, path: str, body: Props) -> None:
    answer = connection.request("POST", path, body=body)
    assert answer.status == 201, answer.message


def complete(one: One) -> One:
    """A proof with what the API server itself asks for and the proof leaves out."""
    kind = one.type.rpartition(":")[2]
    props: Any = json.loads(json.dumps(one.props))
    props["metadata"] = {"name": "it", **{key: text for key, text in props.get("metadata", {}).items() if text}}
    spec: Any = props.setdefault("spec", {}) if kind not in ("StorageClass", "Namespace") else {}
    COMPLETED.get(kind, templated)(spec)
    for claim in [*spec.get("volumeClaimTemplates", []), *([props] if kind == "PersistentVolumeClaim" else [])]:
        claim.setdefault("metadata", {"name": "data"})
        claim["spec"] |= {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return replace(one, props=props)


def lasting(spec: Any) -> None:
    template = spec.setdefault("template", {})
    template["metadata"] = {**template.get("metadata", {}), "labels": {"app": "it"}}
    template.setdefault("spec", {"containers": [{"image": "a/b:1"}]})
    spec["selector"] = {"matchLabels": {"app": "it"}}
    templated(spec)


def templated(spec: Any) -> None:
    """What has pods, or is one, or has none."""
    inner = spec.get("jobTemplate", {}).get("spec", spec).get("template", {"spec": spec})
    for key in ("initContainers", "containers"):
        for number, container in enumerate(inner.get("spec", {}).get(key, [])):
            settle(container, f"{key[:4].lower()}{number}")


def grouped(spec: Any) -> None:
    for name in ("leaderTemplate", "workerTemplate"):
        templated({"template": spec["leaderWorkerTemplate"].get(name, {})})


def pool(spec: Any) -> None:
    for wish in spec["template"]["spec"]["requirements"]:
        wish["operator"] = "In"
    spec["template"]["spec"]["nodeClassRef"] = {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "it"}
    spec["disruption"].setdefault("consolidateAfter", "30s")


def entrance(spec: Any) -> None:
    for rule in spec["rules"]:
        for path in rule.get("http", {}).get("paths", []):
            path |= {"path": "/", "pathType": "Prefix"}
            path["backend"]["service"]["port"] = {"number": 80}
    spec.update({} if spec["rules"] else {"defaultBackend": {"service": {"name": "it", "port": {"number": 80}}}})


def service(spec: Any) -> None:
    spec["ports"] = [{"port": 80}]


def scaler(spec: Any) -> None:
    spec["scaleTargetRef"] = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "it"}


COMPLETED = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet"), lasting),
    "NodePool": pool,
    "LeaderWorkerSet": grouped,
    "Ingress": entrance,
    "Service": service,
    "HorizontalPodAutoscaler": scaler,
}


def settle(container: Props, name: str) -> None:
    """Make it a container that the API server takes."""
    container["name"] = name
    limits = container.get("resources", {}).get("limits", {})
    container["resources"] = {"limits": {key: count for key, count in limits.items() if str(count) != "0"}}
    for probe in PROBES:
        if probe in container:
            container[probe] = {**container[probe], "tcpSocket": {"port": 80}}
    for variable in container.get("env", []):
        if "valueFrom" in variable:
            variable["valueFrom"] = {"secretKeyRef": {"name": "it", "key": "it"}}


def asked(server: Connection, id_: str, one: One) -> Answer:
    """The API server's answer to an object, guarded by one rule."""
    version, _, kind = one.type.removeprefix("kubernetes:").partition(":")
    found = Kind(version.removeprefix("core/"), kind)
    endpoint = server.endpoint(found)
    assert endpoint is not None, found
    body: Any = {"apiVersion": found.api_version, "kind": kind, **json.loads(json.dumps(one.props))}
    if kind == "Namespace":
        body["metadata"]["labels"] = {**body["metadata"].get("labels", {}), "rule": id_}
    return server.request("POST", endpoint.path(id_), query={"dryRun": "All"}, body=body)


def judged(id_: str, one: One) -> set[str]:
    """What the pack's rule says of an object."""
    rule = BY_ID[id_]
    resource = Resource(one.type, one.name, "urn:pulumi:s::p::t::it", one.props)
    found = Evaluator((rule,), {rule.id: PROOFS[id_].settings}).all([resource])
    assert all(finding.verdict == VIOLATION for finding in found), found
    return {finding.text for finding in found}


def sentences(id_: str, answer: Answer) -> set[str]:
    """What the API server says of it in the rule's name; nothing if it lets it in."""
    if answer.status == 201:
        return set()
    assert answer.status == 403, answer.message
    said = SAID.search(answer.message)
    assert said is not None, answer.message
    return set(said[1].removesuffix(f". {BY_ID[id_].remedy}").split("; "))


def awaited(server: Connection, id_: str) -> None:
    """Wait until a rule's policy is in force: the API server begins to enforce it a moment after it was made."""
    proofs = [complete(one) for stack in PROOFS[id_].failing for one in stack]
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if any(asked(server, id_, one).status == 403 for one in proofs):
            return
        os.sched_yield()
    raise AssertionError(id_)


#: what the API server fills in before any policy is asked: the default class
FILLED_IN = "it names no storage class"


@pytest.mark.parametrize("id_", sorted(CHECKS))
def test_the_api_server_says_what_the_pack_says(server: Connection, id_: str) -> None:
    refused = let_in = 0
    proofs = PROOFS[id_]
    for one in (complete(one) for stack in (*proofs.passing, *proofs.failing) for one in stack):
        answer = asked(server, id_, one)
        told = judged(id_, one)
        refused_by_itself = answer.status in (400, 422)
        if refused_by_itself or told == {FILLED_IN}:
            continue
        assert sentences(id_, answer) == told, one.props
        refused += bool(told)
        let_in += not told
    assert let_in >= 1, "something gets in"
    assert refused >= 1, "something does not"


NAMES = st.sampled_from(
    ["HOME", "API_KEY", "OPENAI_BASE_URL", "db_password", "TRUST_REMOTE_CODE", "VLLM_API_BASE", "TOKENS", "Secret"]
)
VALUES = st.sampled_from(
    [
        "",
        "x",
        "true",
        "On",
        "https://api.example.com/v1",
        "http://gateway.desk.svc:4000",
        "http://gateway",
        "://",
        "a b",
    ]
)
WORDS = st.sampled_from(
    [
        "serve",
        "--trust-remote-code",
        "'--trust_remote_code=true'",
        "--trust-remote-code=false",
        'sh -c "--TRUST-REMOTE-CODE"',
    ]
)
IMAGES = st.sampled_from(
    [
        "a/b:1",
        "a/b",
        "r:5000/a/b",
        "r:5000/a/b:2",
        "vllm/vllm-openai:latest",
        "vllm/vllm-openai:v0.11",
        "a@sha256:1f",
        "a:edge@x",
    ]
)
PROBE = st.fixed_dictionaries(
    {}, optional={"periodSeconds": st.integers(1, 30), "failureThreshold": st.integers(1, 60)}
)
NOTHING: Props = {}


def variable(name: str, value: str) -> Props:
    return {"name": name, "value": value}


def named(one: Props) -> str:
    return str(one["name"])


CONTAINER: Any = st.fixed_dictionaries(
    {"image": IMAGES},
    optional={
        "command": st.lists(WORDS, max_size=2),
        "args": st.lists(WORDS, max_size=3),
        "env": st.lists(st.builds(variable, NAMES, VALUES), max_size=3, unique_by=named),
        "resources": st.sampled_from(
            [NOTHING, {"limits": {"nvidia.com/gpu": "2"}}, {"limits": {"cpu": "1", "amd.com/gpu": 1}}]
        ),
        "startupProbe": PROBE,
        "livenessProbe": PROBE,
        "readinessProbe": PROBE,
    },
)
NOTES = st.dictionaries(
    st.sampled_from(["domicile.dev/model-licence", "domicile.dev/model-source", "domicile.dev/weights-gib", "owner"]),
    st.sampled_from(["1", "15.5", "400"]),
)


WORKLOADS = sorted(id_ for id_, check in CHECKS.items() if issubclass(check.reads, WorkloadFact))


@given(
    st.sampled_from(["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "LeaderWorkerSet"]),
    st.lists(CONTAINER, min_size=1, max_size=2),
    st.lists(CONTAINER, max_size=1),
    NOTES,
    NOTES,
    st.dictionaries(st.sampled_from(["domicile.dev/owner", "cost-center", "domicile.dev/cost-centre"]), st.just("x")),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_api_server_says_of_any_workload_what_the_packs_say(
    server: Connection, kind: str, stay: list[Props], first: list[Props], outer: Props, inner: Props, labels: Props
) -> None:
    groups = {"Pod": "core/v1", "Job": "batch/v1", "CronJob": "batch/v1"}
    group = {**groups, "LeaderWorkerSet": "leaderworkerset.x-k8s.io/v1"}.get(kind, "apps/v1")
    pod = {
        "containers": stay,
        "initContainers": [{key: told for key, told in one.items() if key not in PROBES} for one in first],
        "restartPolicy": "Never",
    }
    if group == "apps/v1":
        pod["restartPolicy"] = "Always"
    template = {"metadata": {"annotations": inner, "labels": {"app": "it"}}, "spec": pod}
    spec: Any = {"template": template}
    if kind == "Pod":
        spec = pod
    elif kind == "LeaderWorkerSet":
        behind = {"spec": {"containers": copy.deepcopy(first) or [{"image": "a/b:1"}]}}
        pod["initContainers"] = []
        spec = {
            "replicas": 2,
            "leaderWorkerTemplate": {"size": 3, "leaderTemplate": template, "workerTemplate": behind},
        }
    elif kind == "CronJob":
        spec = {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}}
    written = {"metadata": {"annotations": outer, "labels": labels}, "spec": spec}
    one = complete(One(f"kubernetes:{group}:{kind}", json.loads(json.dumps(written))))
    for id_ in WORKLOADS:
        assert sentences(id_, asked(server, id_, one)) == judged(id_, one)


def test_every_rule_about_objects_is_asked_at_the_door_or_says_why_not() -> None:
    about_objects = {rule.id for rule in RULES if isinstance(rule, Rule) and issubclass(rule.reads, KubernetesFact)} | {
        "ai-autoscaling-bounds",
        "budget-gpu-total",
    }
    assert about_objects <= CHECKS.keys() | policy.ELSEWHERE.keys()
    assert not CHECKS.keys() & policy.ELSEWHERE.keys()
    assert CHECKS.keys() | policy.ELSEWHERE.keys() <= BY_ID.keys()


def test_the_command_writes_what_an_api_server_takes(server: Connection, tmp_path: Path) -> None:
    settings_ = tmp_path / "settings.json"
    settings_.write_text(json.dumps({"ai-rollback": "disabled", "ai-image-pinned": {"digests_only": True}}), "utf-8")
    arguments = ["admission", "--namespaces", "team=fraud", "--action", "warn", "--policy-pack-config", str(settings_)]
    done = CliRunner().invoke(app, [*arguments, "--cwd", str(ROOT)])
    assert done.exit_code == 0, done.output
    rules, bound = yaml.safe_load_all(done.stdout)
    for path, thing in ((POLICIES, rules), (BINDINGS, bound)):
        answer = server.request("POST", path, query={"dryRun": "All", "fieldValidation": "Strict"}, body=thing)
        assert answer.status == 201, answer.message
    assert bound["spec"]["validationActions"] == ["Warn", "Audit"]
    assert bound["spec"]["matchResources"]["namespaceSelector"] == {"matchLabels": {"team": "fraud"}}
    asked_ = {one["name"]: one["expression"] for one in rules["spec"]["variables"]}
    assert "ai_rollback" not in asked_
    assert "&& true" in asked_["ai_image_pinned"], "every tag moves where digests are asked for"
    wrong = CliRunner().invoke(app, ["admission", "--namespaces", "fraud", "--cwd", str(ROOT)])
    assert isinstance(wrong.exception, ProjectError)
    assert "write it as key=value" in str(wrong.exception)


def test_an_exemption_holds_for_objects_of_its_name_until_its_last_day() -> None:
    def expression(expires: str) -> str:
        excuse = {"resource": "*::old-*", "owner": "a", "reason": "b", "expires": expires}
        made = policy.spec({"ai-image-pinned": {"exemptions": [excuse], "today": "2026-11-27"}})
        return next(one["expression"] for one in made["variables"] if one["name"] == "ai_image_pinned")

    assert "!object.metadata.name.matches(" in expression("2026-11-27")
    assert "matches(" not in expression("2026-11-26").partition("?")[0]


def test_an_exempt_object_is_let_in(server: Connection) -> None:
    excuse = {"resource": "ol?-*", "owner": "a", "reason": "b", "expires": "2999-01-01"}
    config = {"all": "disabled", "ai-image-pinned": {"exemptions": [excuse], "enforcementLevel": "mandatory"}}
    created(server, "/api/v1/namespaces", {"metadata": {"name": "excused", "labels": {"rule": "excused"}}})
    created(server, POLICIES, {"metadata": {"name": "excused"}, "spec": policy.spec(config)})
    bound = policy.binding("excused", {"matchLabels": {"rule": "excused"}}, "deny")
    created(server, BINDINGS, {"metadata": {"name": "excused"}, "spec": bound})

    def status(name: str) -> int:
        pod = {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "a/b:latest"}]}}
        return server.request("POST", "/api/v1/namespaces/excused/pods", query={"dryRun": "All"}, body=pod).status

    deadline = time.monotonic() + PATIENCE_S
    while status("new-one") != 403:
        assert time.monotonic() < deadline
        os.sched_yield()
    assert status("old-one") == 201
    assert status("older-one") == 403
