"""What the stores have in common on Kubernetes: one pod on encrypted storage, its service, its wall, its backup."""

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input

from components import pods
from components.core import Component, manifest
from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store's shape. ``command`` is empty where the image's own is right; ``backup`` is a shell command."""

    name: str
    ownership: Ownership
    namespace: Input[str]
    image: str
    command: tuple[str, ...]
    port: int
    health: str
    storage_gib: int
    storage_class: str
    memory_gib: int
    data_path: str
    clients: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    backup_image: str
    backup_schedule: str
    backup: str


def build(owner: Component, store: Store) -> None:
    """Create a store's objects as children of a component."""
    labels = store.ownership.labels(store.name)
    selector = store.ownership.selector(store.name)
    backup_part = f"{store.name}-backup"
    place = {"namespace": store.namespace, "labels": labels}
    service = k8s.core.v1.Service(
        f"{owner.name}-service",
        metadata=manifest({"name": store.name, **place}),
        spec=manifest({"clusterIP": "None", "selector": selector, "ports": [{"name": "http", "port": store.port}]}),
        opts=owner.child(),
    )
    k8s.apps.v1.StatefulSet(
        f"{owner.name}-set",
        metadata=manifest({"name": store.name, **place}),
        spec=manifest(
            {
                "serviceName": store.name,
                "replicas": 1,
                "selector": {"matchLabels": selector},
                "template": {"metadata": {"labels": labels}, "spec": _pod(store)},
                "volumeClaimTemplates": [claim("data", selector, store.storage_class, store.storage_gib)],
            }
        ),
        opts=owner.child(depends_on=[service]),
    )
    k8s.networking.v1.NetworkPolicy(
        f"{owner.name}-clients",
        **pods.allow(
            f"{store.name}-clients",
            store.namespace,
            labels,
            selector,
            tuple(store.ownership.selector(client) for client in (*store.clients, backup_part)),
            store.port,
        ),
        opts=owner.child(),
    )
    k8s.networking.v1.NetworkPolicy(
        f"{owner.name}-backup-reach",
        **pods.reach(
            f"{backup_part}-reach",
            store.namespace,
            labels,
            store.ownership.selector(backup_part),
            ((selector, store.port),),
        ),
        opts=owner.child(),
    )
    k8s.policy.v1.PodDisruptionBudget(
        f"{owner.name}-budget",
        metadata=manifest({"name": store.name, **place}),
        spec=manifest({"maxUnavailable": 1, "selector": {"matchLabels": selector}}),
        opts=owner.child(),
    )
    _backup(owner, store, backup_part)


def _pod(store: Store) -> dict[str, Any]:
    probe = {"httpGet": {"path": store.health, "port": store.port}}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": 60,
        "containers": [
            {
                "name": store.name,
                "image": store.image,
                "args": list(store.command) or None,
                "env": [{"name": key, "value": value} for key, value in store.environment] or None,
                "ports": [{"name": "http", "containerPort": store.port}],
                "resources": pods.resources("500m", f"{store.memory_gib}Gi"),
                "securityContext": pods.container_security(),
                "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 60},
                "readinessProbe": {**probe, "periodSeconds": 5},
                "livenessProbe": {**probe, "periodSeconds": 10, "failureThreshold": 6},
                "volumeMounts": [{"name": "data", "mountPath": store.data_path}, pods.scratch_mount()],
            }
        ],
        "volumes": [pods.scratch()],
    }


def claim(name: str, labels: dict[str, str], storage_class: str, storage_gib: int) -> dict[str, Any]:
    """A volume claim; a StatefulSet's template takes labels that never change, since nobody may change it."""
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": f"{storage_gib}Gi"}},
        },
    }


def _backup(owner: Component, store: Store, part: str) -> None:
    labels = store.ownership.labels(part)
    place = {"namespace": store.namespace, "labels": labels}
    volume = claim(part, labels, store.storage_class, store.storage_gib)
    k8s.core.v1.PersistentVolumeClaim(
        f"{owner.name}-backup-volume",
        metadata=manifest({"name": part, **place}),
        spec=manifest(volume["spec"]),
        opts=owner.child(),
    )
    k8s.batch.v1.CronJob(
        f"{owner.name}-backup",
        metadata=manifest({"name": part, **place}),
        spec=manifest(
            {
                "schedule": store.backup_schedule,
                "concurrencyPolicy": "Forbid",
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 3,
                "jobTemplate": {
                    "spec": {
                        "backoffLimit": 2,
                        "template": {
                            "metadata": {"labels": labels},
                            "spec": {
                                "restartPolicy": "Never",
                                "automountServiceAccountToken": False,
                                "enableServiceLinks": False,
                                "securityContext": pods.pod_security(),
                                "containers": [
                                    {
                                        "name": "backup",
                                        "image": store.backup_image,
                                        "command": ["/bin/sh", "-euc", store.backup],
                                        "resources": pods.resources("100m", "128Mi"),
                                        "securityContext": pods.container_security(),
                                        "volumeMounts": [
                                            {"name": "backup", "mountPath": "/backup"},
                                            pods.scratch_mount(),
                                        ],
                                    }
                                ],
                                "volumes": [
                                    {"name": "backup", "persistentVolumeClaim": {"claimName": part}},
                                    pods.scratch(),
                                ],
                            },
                        },
                    }
                },
            }
        ),
        opts=owner.child(),
    )
