"""What is attested of a stack that is destroyed, by looking again at a real API server."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import MakeStack, Stack
from decided import until

from cli.decommission import GONE, THERE, UNSEEN, Witness, words
from engine.errors import EngineError
from engine.providers.contract import Found, Subject
from engine.providers.kubernetes.api import Connection
from engine.providers.kubernetes.provider import KubernetesProvider
from engine.values import Props

pytestmark = pytest.mark.usefixtures("kubeconfig")
PROGRAM = """
import os
import pulumi
import pulumi_kubernetes as k8s
provider = k8s.Provider('p', kubeconfig=os.environ['TEST_KUBECONFIG'])
here = pulumi.ResourceOptions(provider=provider)
space = k8s.core.v1.Namespace('space', metadata={{'name': '{space}'}}, opts=here)
labels = {{'app': 'kept'}}
k8s.apps.v1.StatefulSet('set', metadata={{'name': 'kept', 'namespace': '{space}', 'annotations': {{'pulumi.com/skipAwait': 'true'}}}}, spec={{
    'serviceName': 'kept', 'replicas': 1, 'selector': {{'matchLabels': labels}},
    'template': {{'metadata': {{'labels': labels}}, 'spec': {{'containers': [{{'name': 'c', 'image': 'nginx:1.27'}}]}}}},
    'volumeClaimTemplates': [{{'metadata': {{'name': 'data'}}, 'spec': {{'accessModes': ['ReadWriteOnce'], 'storageClassName': '{space}',
        'resources': {{'requests': {{'storage': '1Gi'}}}}}}}}]}}, opts=pulumi.ResourceOptions(provider=provider, depends_on=[space]))
k8s.core.v1.ConfigMap('words', metadata={{'name': 'words', 'namespace': '{space}'}}, data={{'a': '1'}}, opts=pulumi.ResourceOptions(provider=provider, depends_on=[space]))
"""


@pytest.fixture
def connection(kubeconfig: Path) -> Connection:
    return Connection(str(kubeconfig), None)


def volume(connection: Connection, name: str) -> None:
    """A volume that its class keeps, for claims of the class of its name."""
    spec: Props = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": name,
        "hostPath": {"path": "/nowhere"},
    }
    body: Props = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}
    assert connection.request("POST", "/api/v1/persistentvolumes", body=body).status == 201


def bound(connection: Connection, claim: str) -> bool:
    """Whether a claim is made and has its volume: its controller makes it some time after the set."""
    found = connection.request("GET", claim)
    return found.status == 200 and found.body["status"].get("phase") == "Bound"


def destroyed(stack: Stack) -> dict[str, Any]:
    """The statement of a stack that is destroyed."""
    witness = Witness(stack.session())
    done = stack.run("destroy")
    assert done.ok, stack.messages()
    return witness.statement(ok=done.ok)


def test_what_is_gone_is_seen_to_be_gone(make_stack: MakeStack) -> None:
    stack = make_stack(PROGRAM.format(space="leaves"))
    assert stack.run("up").ok, stack.messages()
    found = destroyed(stack)
    assert {one["seen"] for one in found["deleted"]} == {GONE}
    assert len(found["deleted"]) == 3
    assert found["complete"] is True
    sealed = found.pop("sha256")
    assert hashlib.sha256(json.dumps(found, sort_keys=True, ensure_ascii=False).encode()).hexdigest() == sealed


def test_a_volume_that_its_class_keeps_is_named(make_stack: MakeStack, connection: Connection, tmp_path: Path) -> None:
    volume(connection, "stays")
    stack = make_stack(PROGRAM.format(space="stays"))
    assert stack.run("up").ok, stack.messages()
    assert until(lambda: bound(connection, "/api/v1/namespaces/stays/persistentvolumeclaims/data-kept-0"))
    found = destroyed(stack)
    assert found["volumes"] == [{"claim": "stays/data-kept-0", "volume": "stays", "seen": THERE}]
    assert found["complete"] is False
    told = "\n".join(words(found, tmp_path / "proof.json"))
    assert "not complete" in told
    assert "volume stays of stays/data-kept-0: delete it" in told
    connection.request("DELETE", "/api/v1/persistentvolumes/stays")


def test_what_is_still_there_is_not_attested(make_stack: MakeStack, tmp_path: Path) -> None:
    stack = make_stack(PROGRAM.format(space="remains"))
    assert stack.run("up").ok, stack.messages()
    found = Witness(stack.session()).statement(ok=True)
    assert {one["seen"] for one in found["deleted"]} == {THERE}
    assert {one["why"] for one in found["deleted"]} == {"the state still has it"}
    assert found["complete"] is False
    assert "3 still there; not complete" in next(iter(words(found, tmp_path / "p")))
    assert stack.run("destroy").ok


def test_who_may_not_look_says_so(make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = make_stack(PROGRAM.format(space="hidden"))
    assert stack.run("up").ok, stack.messages()
    witness = Witness(stack.session())
    assert stack.run("destroy").ok

    def refuses(self: KubernetesProvider, subject: Subject, inputs: Props, outputs: Props) -> Found | None:
        del self, inputs, outputs
        message = f"{subject.name}: forbidden"
        raise EngineError(message)

    monkeypatch.setattr(KubernetesProvider, "read", refuses)
    found = witness.statement(ok=True)
    assert {(one["seen"], one["why"].endswith("forbidden")) for one in found["deleted"]} == {(UNSEEN, True)}
    assert found["complete"] is False
