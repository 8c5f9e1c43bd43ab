"""What the stores have in common on Kubernetes: one pod on encrypted storage, its service, its wall, its backup."""

from dataclasses import dataclass
from typing import Any, Literal

import pulumi_kubernetes as k8s
from pulumi import Input

from components import budgets, pods, rights
from components.core import Component, manifest
from components.ownership import Ownership

BACKUPS = "/backup"
_API = "https://kubernetes.default.svc/apis/snapshot.storage.k8s.io/v1/namespaces"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What keeps a store's data twice: a shell command, run by a schedule.

    ``volume`` says who has the backups' volume: the `job`, which fetches them; the `store`, which writes them itself
    (the job runs on its node and clears up); `none` where they are snapshots, which the cluster's API takes.
    ``restore`` brings one back, the newest where the variable `ARCHIVE` names none: a schedule that never runs, of
    which an operator makes a job.
    """

    image: str
    schedule: str
    command: str
    volume: Literal["job", "store", "none"] = "job"
    restore: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store's shape. ``command`` is empty where the image's own is right; ``health`` is a path.

    ``namespaces`` are those whose pods may reach it too; ``health_port`` is the port itself where it is 0.
    """

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
    backup: Backup
    namespaces: tuple[str, ...] = ()
    health_port: int = 0


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
            namespaces=store.namespaces,
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
    budgets.one_at_a_time(owner, store.name, place, selector)
    _backup(owner, store, backup_part)


def _pod(store: Store) -> dict[str, Any]:
    probe = {"httpGet": {"path": store.health, "port": store.health_port or store.port}}
    inside = store.backup.volume == "store"
    backups = {"name": "backups", "persistentVolumeClaim": {"claimName": f"{store.name}-backup"}}
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
                "volumeMounts": [
                    {"name": "data", "mountPath": store.data_path},
                    pods.scratch_mount(),
                    *([{"name": "backups", "mountPath": BACKUPS}] if inside else []),
                ],
            }
        ],
        "volumes": [pods.scratch(), *([backups] if inside else [])],
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
    backup = store.backup
    mine = backup.volume != "none"
    if mine:
        backup_volume(owner, part, place, store.storage_class, store.storage_gib)
    else:
        _may_snapshot(owner, store, part)
    beside = {
        "podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "labelSelector": {"matchLabels": store.ownership.selector(store.name)},
                    "topologyKey": "kubernetes.io/hostname",
                }
            ]
        }
    }
    mounts = [{"name": "backup", "mountPath": BACKUPS}] if mine else []
    volumes = [{"name": "backup", "persistentVolumeClaim": {"claimName": part}}] if mine else []
    pod = {
        "restartPolicy": "Never",
        "affinity": beside if backup.volume == "store" else None,
        "serviceAccountName": part if backup.volume == "none" else None,
        "automountServiceAccountToken": backup.volume == "none",
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "volumes": [*volumes, pods.scratch()],
    }
    container = {
        "name": "backup",
        "image": backup.image,
        "command": ["/bin/sh", "-euc", backup.command],
        "resources": pods.resources("100m", "128Mi"),
        "securityContext": pods.container_security(),
        "volumeMounts": [*mounts, pods.scratch_mount()],
    }
    k8s.batch.v1.CronJob(
        f"{owner.name}-backup",
        metadata=manifest({"name": part, **place}),
        spec=manifest(schedule(backup.schedule, labels, {**pod, "containers": [container]})),
        opts=owner.child(),
    )
    if backup.restore:
        container = {
            **container,
            "command": ["/bin/sh", "-euc", backup.restore],
            "env": [{"name": "ARCHIVE", "value": ""}],
        }
        k8s.batch.v1.CronJob(
            f"{owner.name}-restore",
            metadata=manifest({"name": f"{store.name}-restore", **place}),
            spec=manifest(never(labels, {**pod, "containers": [container]})),
            opts=owner.child(),
        )


def backup_volume(owner: Component, name: str, place: dict[str, Any], storage_class: str, storage_gib: int) -> None:
    """The volume that a store's backups are on."""
    k8s.core.v1.PersistentVolumeClaim(
        f"{owner.name}-backup-volume",
        metadata=manifest({"name": name, **place}),
        spec=manifest(claim(name, {}, storage_class, storage_gib)["spec"]),
        opts=owner.child(),
    )


def schedule(cron: str, labels: dict[str, str], pod: dict[str, Any]) -> dict[str, Any]:
    """A CronJob's specification: one at a time, tried three times."""
    return {
        "schedule": cron,
        "concurrencyPolicy": "Forbid",
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"spec": {"backoffLimit": 2, "template": {"metadata": {"labels": labels}, "spec": pod}}},
    }


def never(labels: dict[str, str], pod: dict[str, Any]) -> dict[str, Any]:
    """The same for a job that never runs by itself: an operator makes one of it."""
    return {"suspend": True, **schedule("0 0 1 1 *", labels, pod)}


def snapshot(name: str, keep: int) -> str:
    """A shell command that takes a snapshot of a store's volume in the place of the one of ``keep`` days before."""
    body = (
        '{"apiVersion":"snapshot.storage.k8s.io/v1","kind":"VolumeSnapshot","metadata":{"name":"\'$one\'"},'
        f'"spec":{{"source":{{"persistentVolumeClaimName":"data-{name}-0"}}}}}}'
    )
    ask = f'curl -sS --cacert {ACCOUNT}/ca.crt -H "Authorization: Bearer $(cat {ACCOUNT}/token)"'
    return (
        f"one={name}-$(( $(date +%s) / 86400 % {keep} )); at={_API}/$(cat {ACCOUNT}/namespace)/volumesnapshots; "
        f"{ask} -X DELETE $at/$one > /dev/null; "
        f"{ask} --fail --retry 10 --retry-all-errors -H 'Content-Type: application/json' -d '{body}' $at"
    )


def _may_snapshot(owner: Component, store: Store, part: str) -> None:
    """The account of the backup's job, which may take and drop snapshots, and the way to the cluster's API."""
    labels = store.ownership.labels(part)
    place = {"name": part, "namespace": store.namespace, "labels": labels}
    verbs = ["create", "delete", "get"]
    rules = [{"apiGroups": ["snapshot.storage.k8s.io"], "resources": ["volumesnapshots"], "verbs": verbs}]
    rights.grant(owner, f"{owner.name}-backup", place, rules)
    k8s.networking.v1.NetworkPolicy(
        f"{owner.name}-backup-api",
        metadata=manifest({"name": f"{part}-api", "namespace": store.namespace, "labels": labels}),
        spec=manifest(
            {
                "podSelector": {"matchLabels": store.ownership.selector(part)},
                "policyTypes": ["Egress"],
                "egress": [pods.to_api()],
            }
        ),
        opts=owner.child(),
    )
