"""What every service of ours at which requests arrive is made of in a cluster: pods, a disk, files, a door."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, Resource

from components import budgets, pods, stateful
from components.core import Component, manifest
from components.ownership import PREFIX, Ownership, digest
from serving import libraries


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A service: what it runs (`uvicorn` with ``serves``), for whom, and where it keeps what must not be lost.

    Its files lie in ``folder``, those of ``libraries`` (a ConfigMap) in `/libraries`; ``disk`` is the volume's name and
    mount. ``variables`` come from Secrets: the variable's name, the Secret's, and its key. ``account`` is its service
    account, if it has one of its own.
    """

    name: str
    ownership: Ownership
    namespace: Input[str]
    image: str
    port: int
    replicas: int
    serves: tuple[str, ...]
    folder: str
    secret: str
    settings: Mapping[str, Input[str]]
    disk: str
    disk_gib: int
    storage_class: str
    cpu: str
    memory: str
    metrics: str = "/metrics/"
    variables: tuple[tuple[str, str, str], ...] = ()
    libraries: tuple[str, ...] = ()
    account: str = ""

    @property
    def labels(self) -> dict[str, str]:
        """Of everything that belongs to it."""
        return self.ownership.labels(self.name)

    @property
    def selector(self) -> dict[str, str]:
        """Of its pods."""
        return self.ownership.selector(self.name)

    @property
    def place(self) -> dict[str, Any]:
        """What the metadata of its objects have in common."""
        return {"namespace": self.namespace, "labels": self.labels}


def build(
    owner: Component, door: Door, content: Output[dict[str, str]], after: tuple[Resource, ...]
) -> k8s.core.v1.Service:
    """Create its files, pods, service and budget as children of a component; they begin ``after`` some others."""
    name = owner.name
    config = f"{door.name}-config"
    settings = k8s.core.v1.ConfigMap(
        f"{name}-config", metadata=manifest({"name": config, **door.place}), data=content, opts=owner.child()
    )
    mark = content.apply(lambda found: digest(json.dumps(found, sort_keys=True)))
    notes = {**pods.scraped(door.port, door.metrics), f"{PREFIX}/config": mark}
    made = k8s.apps.v1.StatefulSet(
        f"{name}-set",
        metadata=manifest({"name": door.name, **door.place}),
        spec=manifest(
            {
                "serviceName": door.name,
                "replicas": door.replicas,
                "podManagementPolicy": "Parallel",
                "selector": {"matchLabels": door.selector},
                "template": {"metadata": {"labels": door.labels, "annotations": notes}, "spec": _pod(door, config)},
                "volumeClaimTemplates": [stateful.claim(door.disk, door.selector, door.storage_class, door.disk_gib)],
            }
        ),
        opts=owner.child(depends_on=[settings, *after]),
    )
    service = k8s.core.v1.Service(
        f"{name}-service",
        metadata=manifest({"name": door.name, **door.place}),
        spec=manifest({"selector": door.selector, "ports": [{"name": "http", "port": door.port}]}),
        opts=owner.child(depends_on=[made]),
    )
    budgets.one_at_a_time(owner, door.name, door.place, door.selector)
    return service


def _pod(door: Door, config: str) -> dict[str, Any]:
    health = {"httpGet": {"path": "/health", "port": door.port}}
    paths = ":".join((door.folder, *(f"{libraries.FOLDER}/{one}" for one in door.libraries)))
    settings = {"HOME": "/tmp", "PYTHONPATH": paths, **door.settings}
    return {
        **({"serviceAccountName": door.account} if door.account else {}),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": 45,
        "topologySpreadConstraints": pods.spread(door.selector),
        "containers": [
            {
                "name": door.name,
                "image": door.image,
                "command": ["uvicorn", *door.serves],
                "args": ["--host", "0.0.0.0", "--port", str(door.port)],  # noqa: S104 in a pod
                "envFrom": [{"secretRef": {"name": door.secret}}],
                "env": [*({"name": key, "value": text} for key, text in settings.items()), *_variables(door)],
                "ports": [{"name": "http", "containerPort": door.port}],
                "resources": pods.resources(door.cpu, door.memory),
                "securityContext": pods.container_security(),
                "startupProbe": {**health, "periodSeconds": 2, "failureThreshold": 60},
                "readinessProbe": {**health, "periodSeconds": 5},
                "livenessProbe": {**health, "periodSeconds": 10},
                "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
                "volumeMounts": [
                    {"name": "config", "mountPath": door.folder, "readOnly": True},
                    {"name": door.disk, "mountPath": f"/{door.disk}"},
                    pods.scratch_mount(),
                    *([libraries.MOUNT] if door.libraries else []),
                ],
            }
        ],
        "volumes": [
            {"name": "config", "configMap": {"name": config}},
            pods.scratch(),
            *([libraries.volume(door.name)] if door.libraries else []),
        ],
    }


def _variables(door: Door) -> list[dict[str, Any]]:
    """The pod's name, and what comes from Secrets."""
    hostname = {"name": "HOSTNAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    secrets = (
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
        for name, secret, key in door.variables
    )
    return [hostname, *secrets]
