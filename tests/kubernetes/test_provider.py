"""The Kubernetes provider against a real API server."""

from pathlib import Path

import pytest
from conftest import MakeStack

from engine.core.model import Checked
from engine.localcluster.cluster import Cluster
from engine.providers.contract import Subject
from engine.providers.kubernetes.api import APPLY, Connection
from engine.providers.kubernetes.provider import KubernetesProvider
from engine.values import Props

HEAD = """
import os
import pulumi
import pulumi_kubernetes as k8s
provider = k8s.Provider('p', kubeconfig=os.environ['TEST_KUBECONFIG'], enable_config_map_mutable=True)
here = pulumi.ResourceOptions(provider=provider)
"""
WEB = """
k8s.apps.v1.Deployment('web', metadata={{'name': 'web-{name}', 'annotations': {notes}}}, spec={{
    'replicas': {replicas}, 'selector': {{'matchLabels': {{'app': '{name}'}}}},
    'template': {{'metadata': {{'labels': {{'app': '{name}'}}}}, 'spec': {spec}}}}}, opts=here)
"""
SMALL = "{'containers': [{'name': 'web', 'image': 'nginx:1.27'}]}"


pytestmark = pytest.mark.usefixtures("kubeconfig")


@pytest.fixture
def connection(kubeconfig: Path) -> Connection:
    return Connection(str(kubeconfig), None)


def web(name: str, replicas: int = 1, spec: str = SMALL, notes: str = "{}") -> str:
    return HEAD + WEB.format(name=name, replicas=replicas, spec=spec, notes=notes)


def test_a_conflict_names_the_manager_and_the_field(make_stack: MakeStack, connection: Connection) -> None:
    stack = make_stack(web("conflict"))
    assert stack.run("up").ok, stack.messages()
    path = "/apis/apps/v1/namespaces/default/deployments/web-conflict"
    body: Props = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web-conflict"},
        "spec": {"replicas": 3},
    }
    taken = connection.request(
        "PATCH", path, query={"fieldManager": "somebody", "force": "true"}, body=body, content_type=APPLY
    )
    assert taken.status == 200
    stack.write(web("conflict", replicas=2))
    assert not stack.run("up").ok
    assert 'conflict with "somebody"' in stack.messages()
    assert ".spec.replicas" in stack.messages()
    assert connection.request("GET", path).body["spec"]["replicas"] == 3, "never forced by default"
    stack.write(web("conflict", replicas=2, notes="{'pulumi.com/patchForce': 'true'}"))
    assert stack.run("up").ok, stack.messages()
    assert connection.request("GET", path).body["spec"]["replicas"] == 2
    assert stack.run("destroy").ok


def test_drift_is_seen_and_mended(make_stack: MakeStack, connection: Connection) -> None:
    program = (
        HEAD
        + "k8s.core.v1.ConfigMap('c', metadata={'name': 'drifts', 'annotations': {%s}}, data={'a': '1'}, opts=here)"
    )
    stack = make_stack(program % "")
    assert stack.run("up").ok
    path = "/api/v1/namespaces/default/configmaps/drifts"
    connection.request("PATCH", path, body={"data": {"a": "2"}}, content_type="application/merge-patch+json")
    assert stack.run("refresh").ok
    assert ("refresh", "c") in stack.steps()
    assert not stack.run("up").ok, "somebody else owns the value now"
    assert "conflict with" in stack.messages()
    stack.write(program % "'pulumi.com/patchForce': 'true'")
    assert stack.run("up").changes == {"same": 2, "update": 1}
    assert connection.request("GET", path).body["data"] == {"a": "1"}
    connection.request("DELETE", path)
    assert stack.run("refresh").ok
    assert stack.run("up").changes == {"same": 2, "create": 1}
    assert stack.run("destroy").ok


def test_what_cannot_change_in_place_is_replaced(make_stack: MakeStack) -> None:
    stack = make_stack(web("fixed"))
    assert stack.run("up").ok
    stack.write(web("fixed").replace("'app': 'fixed'", "'app': 'moved'"))
    assert stack.run("up").ok, stack.messages()
    assert [op for op, _ in stack.steps()] == ["delete-replaced", "replace", "create-replacement"]
    assert stack.run("destroy").ok


def test_the_server_tells_what_else_cannot_change(make_stack: MakeStack) -> None:
    program = (
        HEAD
        + "k8s.core.v1.Service('s', metadata={{'name': 'ip'}}, spec={{'clusterIP': {ip!r}, 'ports': [{{'port': 80}}]}}, opts=here)"
    )
    stack = make_stack(program.format(ip="10.96.77.1"))
    assert stack.run("up").ok, stack.messages()
    stack.write(program.format(ip="10.96.77.2"))
    assert stack.run("up").ok, stack.messages()
    assert ("replace", "s") in stack.steps()
    assert stack.run("destroy").ok


def test_a_pod_that_cannot_run_is_told_with_the_reason(make_stack: MakeStack) -> None:
    greedy = (
        "{'containers': [{'name': 'web', 'image': 'nginx:1.27', 'resources': {'limits': {'nvidia.com/gpu': '64'}}}]}"
    )
    stack = make_stack(web("greedy", spec=greedy, notes="{'pulumi.com/timeoutSeconds': '3'}"))
    assert not stack.run("up").ok
    assert "is not scheduled" in stack.messages()
    assert "nvidia.com/gpu" in stack.messages()
    recorded = stack.session().store.load().resources[-1]
    assert recorded.init_errors, "the object exists and the state says that it is not ready"
    stack.write(web("greedy", notes="{'pulumi.com/timeoutSeconds': '30'}"))
    assert stack.run("up").ok, stack.messages()
    assert stack.run("destroy").ok


CLAIM = """
k8s.core.v1.PersistentVolumeClaim('claim', metadata={'name': 'held', 'annotations': {'pulumi.com/timeoutSeconds': '1'}},
    spec={'accessModes': ['ReadWriteMany'], 'resources': {'requests': {'storage': '1Gi'}}}, opts=here)
"""


def test_a_claim_that_a_pod_mounts_is_not_gone_and_its_pod_is_named(
    make_stack: MakeStack, connection: Connection
) -> None:
    stack = make_stack(HEAD + CLAIM)
    assert stack.run("up").ok, stack.messages()
    volumes = [{"name": "held", "persistentVolumeClaim": {"claimName": "held"}}]
    pod: Props = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "holder", "finalizers": ["domicile.dev/test"]},
        "spec": {"nodeName": "general-0", "volumes": volumes, "containers": [{"name": "a", "image": "nginx:1.27"}]},
    }
    made = connection.request("POST", "/api/v1/namespaces/default/pods", body=pod)
    assert made.status == 201, made.message
    assert not stack.run("destroy").ok
    said = "PersistentVolumeClaim 'default/held' is being deleted, and is held by kubernetes.io/pvc-protection: mounted"
    assert f"{said} by pod 'holder'; delete what made them" in stack.messages()
    other = make_stack(HEAD + CLAIM, name="other")
    assert not other.run("up").ok, "what is being deleted is not taken for what was made"
    assert "mounted by pod 'holder'" in other.messages()
    freed: Props = {"metadata": {"finalizers": None}}
    path = "/api/v1/namespaces/default/pods/holder"
    connection.request("PATCH", path, body=freed, content_type="application/merge-patch+json")
    connection.request("DELETE", path, body={"gracePeriodSeconds": 0})
    assert other.run("up").ok, other.messages()
    assert stack.run("destroy").ok
    assert other.run("destroy").ok


def test_what_is_deleted_is_gone_with_its_pods(make_stack: MakeStack, connection: Connection) -> None:
    """As with the CLI's provider, which deletes in the foreground."""
    stack = make_stack(web("foreground", replicas=3))
    assert stack.run("up").ok, stack.messages()
    pods = {"labelSelector": "app=foreground"}
    assert len(connection.request("GET", "/api/v1/namespaces/default/pods", query=pods).body["items"]) == 3
    assert stack.run("destroy").ok, stack.messages()
    assert connection.request("GET", "/api/v1/namespaces/default/pods", query=pods).body["items"] == []


def test_not_waiting_is_a_choice(make_stack: MakeStack) -> None:
    greedy = (
        "{'containers': [{'name': 'web', 'image': 'nginx:1.27', 'resources': {'limits': {'nvidia.com/gpu': '64'}}}]}"
    )
    stack = make_stack(web("patient", spec=greedy, notes="{'pulumi.com/skipAwait': 'true'}"))
    assert stack.run("up").ok, stack.messages()
    assert stack.run("destroy").ok


def test_an_unreachable_cluster_is_never_taken_for_deleted_resources(
    make_stack: MakeStack, tmp_path: Path, kubeconfig: Path
) -> None:
    copy = tmp_path / "kubeconfig"
    copy.write_text(kubeconfig.read_text(encoding="utf-8"), encoding="utf-8")
    program = HEAD.replace("os.environ['TEST_KUBECONFIG']", repr(str(copy)))
    stack = make_stack(program + "k8s.core.v1.ConfigMap('c', metadata={'name': 'stays'}, data={'a': '1'}, opts=here)")
    assert stack.run("up").ok
    whole = copy.read_text(encoding="utf-8")
    port = Connection(str(kubeconfig), None).server.rsplit(":", 1)[-1]
    copy.write_text(whole.replace(f":{port}", ":1"), encoding="utf-8")
    for kind in ("refresh", "destroy"):
        assert not stack.run(kind).ok
        assert "cannot be reached" in stack.messages()
        assert len(stack.session().store.load().resources) == 3
    copy.write_text(whole, encoding="utf-8")
    assert stack.run("up").changes == {"same": 3}
    assert stack.run("destroy").ok


def test_a_preview_without_a_cluster_still_checks_types(
    make_stack: MakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "no-such-kubeconfig"
    missing.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: a, user: {token: x}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("TEST_KUBECONFIG", str(missing))
    stack = make_stack(HEAD + "k8s.core.v1.ConfigMap('c', data={'a': '1'}, opts=here)")
    assert stack.run("preview").ok, stack.messages()
    stack.write(
        HEAD
        + "k8s.apps.v1.Deployment('d', spec={'replica': 1, 'selector': {}, 'template': {'spec': {'containers': [{'name': 'a', 'ports': [{'containerPort': 'x'}]}]}}}, opts=here)"
    )
    assert not stack.run("preview").ok
    assert "spec.replica: no such property; did you mean 'replicas'?" in stack.messages()
    assert "spec.template.spec.containers[0].ports[0].containerPort: must be a whole number" in stack.messages()


def test_admission_refuses_in_the_preview(make_stack: MakeStack) -> None:
    program = (
        HEAD
        + "n = k8s.core.v1.Namespace('n', metadata={'name': 'strict', 'labels': {'pod-security.kubernetes.io/enforce': 'restricted'}}, opts=here)\n"
    )
    stack = make_stack(program)
    assert stack.run("up").ok
    stack.write(
        program
        + "k8s.core.v1.Pod('p', metadata={'name': 'p', 'namespace': 'strict'}, spec={'containers': [{'name': 'a', 'image': 'b:1'}]}, opts=here)"
    )
    assert not stack.run("preview").ok
    assert 'violates PodSecurity "restricted' in stack.messages()
    assert stack.run("destroy").ok


def test_manifests_can_be_rendered_instead(make_stack: MakeStack, tmp_path: Path) -> None:
    out = tmp_path / "out"
    stack = make_stack(
        "import pulumi, pulumi_kubernetes as k8s\n"
        f"provider = k8s.Provider('p', render_yaml_to_directory={str(out)!r})\n"
        "k8s.core.v1.ConfigMap('c', metadata={'name': 'c'}, data={'a': '1'}, opts=pulumi.ResourceOptions(provider=provider))"
    )
    assert stack.run("up").ok, stack.messages()
    files = [path.relative_to(out).as_posix() for path in out.rglob("*.yaml")]
    assert files == ["1-manifest/v1-configmap-default-c.yaml"]
    assert stack.run("up").changes == {"same": 3}
    assert stack.run("destroy").ok
    assert not list(out.rglob("*.yaml"))


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        ("kubernetes:helm.sh/v3:Release", "Helm"),
        ("kubernetes:helm.sh/v4:Chart", "Helm"),
        ("kubernetes:yaml/v2:ConfigGroup", "remote components"),
    ],
)
def test_what_is_not_served_is_refused_by_name(type_: str, said: str) -> None:
    from engine.errors import UnsupportedError

    with pytest.raises(UnsupportedError, match=said):
        KubernetesProvider().check(Subject("urn", type_, "n"), {}, {})


def test_autonames_are_kept_and_secret_data_is_secret() -> None:
    from engine.values import is_secret

    provider = KubernetesProvider()
    subject = Subject("urn", "kubernetes:core/v1:Secret", "my_Name")
    first: Checked = provider.check(subject, {}, {"stringData": {"a": "b"}})
    name = first.inputs["metadata"]["name"]
    assert name.startswith("my-name-")
    assert first.inputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    assert is_secret(first.inputs["stringData"])
    assert provider.check(subject, first.inputs, {"stringData": {"a": "c"}}).inputs["metadata"]["name"] == name


def test_clusters_stand_side_by_side(cluster: Cluster) -> None:
    assert cluster.status().state == "running"
    assert set(cluster.status().members) >= {"etcd", "kube-apiserver", "kube-scheduler", "kwok"}
