"""A gateway's counters and kept answers: Valkey with a password and an append-only file, for the gateway alone."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from pulumi import Input

from components import pods, stateful
from components.core import Component, manifest
from serving.gateway.spec import NAME as GATEWAY
from serving.gateway.spec import GatewaySpec

NAME = "gateway-counters"
PORT = 6379
PASSWORD = "REDIS_PASSWORD"  # noqa: S105 the name of a variable
SECRET = "gateway-keys"  # noqa: S105 the name of a Secret
STORAGE_GIB = 5
START = (
    f'exec valkey-server --port {PORT} --requirepass "${PASSWORD}" --dir /data --appendonly yes '
    "--maxmemory 768mb --maxmemory-policy volatile-lfu"
)
PING = f'REDISCLI_AUTH="${PASSWORD}" valkey-cli ping | grep -q PONG'


def build(owner: Component, namespace: Input[str], spec: GatewaySpec) -> pulumi.Resource:
    """Create it as children of the gateway."""
    labels, selector = spec.ownership.labels(NAME), spec.ownership.selector(NAME)
    place = {"namespace": namespace, "labels": labels}
    service = k8s.core.v1.Service(
        f"{owner.name}-counters-service",
        metadata=manifest({"name": NAME, **place}),
        spec=manifest({"clusterIP": "None", "selector": selector, "ports": [{"name": "redis", "port": PORT}]}),
        opts=owner.child(),
    )
    k8s.networking.v1.NetworkPolicy(
        f"{owner.name}-counters-clients",
        **pods.allow(f"{NAME}-clients", namespace, labels, selector, (spec.ownership.selector(GATEWAY),), PORT),
        opts=owner.child(),
    )
    return k8s.apps.v1.StatefulSet(
        f"{owner.name}-counters",
        metadata=manifest({"name": NAME, **place}),
        spec=manifest(
            {
                "serviceName": NAME,
                "replicas": 1,
                "selector": {"matchLabels": selector},
                "template": {"metadata": {"labels": labels}, "spec": _pod(spec)},
                "volumeClaimTemplates": [stateful.claim("data", selector, spec.storage_class, STORAGE_GIB)],
            }
        ),
        opts=owner.child(depends_on=[service]),
    )


def _pod(spec: GatewaySpec) -> dict[str, Any]:
    probe = {"exec": {"command": ["/bin/sh", "-c", PING]}, "timeoutSeconds": 5}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": 30,
        "containers": [
            {
                "name": "valkey",
                "image": spec.counters_image,
                "command": ["/bin/sh", "-c", START],
                "env": [{"name": PASSWORD, "valueFrom": {"secretKeyRef": {"name": SECRET, "key": PASSWORD}}}],
                "ports": [{"name": "redis", "containerPort": PORT}],
                "resources": pods.resources("250m", "1Gi"),
                "securityContext": pods.container_security(),
                "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 30},
                "readinessProbe": {**probe, "periodSeconds": 5},
                "livenessProbe": {**probe, "periodSeconds": 15, "failureThreshold": 4},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}, pods.scratch_mount()],
            }
        ],
        "volumes": [pods.scratch("64Mi")],
    }
