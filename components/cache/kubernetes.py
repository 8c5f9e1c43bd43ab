"""A cache on Kubernetes: Valkey with a password, over TLS, its certificate from cert-manager."""

from typing import Any

import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import Input, Output, ResourceOptions

from components import pods, stateful
from components.cache.contract import CacheArgs
from components.cache.spec import CacheSpec
from components.core import Component, manifest

PORT = 6379
START = (
    'exec valkey-server --port 0 --tls-port 6379 --requirepass "$PASSWORD" --dir /data --appendonly yes '
    "--tls-cert-file /tls/tls.crt --tls-key-file /tls/tls.key --tls-ca-cert-file /tls/ca.crt --tls-auth-clients no"
)
PING = 'valkey-cli --tls --cacert /tls/ca.crt -h localhost -a "$PASSWORD" --no-auth-warning ping | grep -q PONG'


class KubernetesCache(Component):
    """See the module."""

    TOKEN = "domicile:cache/kubernetes:Cache"  # noqa: S105 a type token
    endpoint: Output[str]
    port: Output[int]
    secret: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: CacheArgs, namespace: Input[str], opts: ResourceOptions | None = None) -> None:
        """Create the cache."""
        super().__init__(name, args, opts)
        spec = args.spec
        part = spec.name.removeprefix(f"{spec.ownership.workload}-")
        labels, selector = spec.ownership.labels(part), spec.ownership.selector(part)
        place = {"namespace": namespace, "labels": labels}
        password = random.RandomPassword(f"{name}-password", length=40, special=False, opts=self.child())
        k8s.core.v1.Secret(
            f"{name}-password",
            metadata=manifest({"name": spec.name, **place}),
            string_data={"password": password.result},
            opts=self.child(),
        )
        names = [spec.name, Output.concat(spec.name, ".", namespace), "localhost"]
        k8s.apiextensions.CustomResource(
            f"{name}-certificate",
            api_version="cert-manager.io/v1",
            kind="Certificate",
            metadata=manifest({"name": spec.name, **place}),
            spec={
                "secretName": f"{spec.name}-tls",
                "dnsNames": names,
                "duration": "2160h",
                "privateKey": {"algorithm": "ECDSA", "rotationPolicy": "Always"},
                "issuerRef": {"kind": "ClusterIssuer", "name": "domicile"},
            },
            opts=self.child(),
        )
        k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": spec.name, **place}),
            spec=manifest({"selector": selector, "ports": [{"name": "tls", "port": PORT}]}),
            opts=self.child(),
        )
        k8s.apps.v1.StatefulSet(
            f"{name}-set",
            metadata=manifest({"name": spec.name, **place}),
            spec=manifest(
                {
                    "serviceName": spec.name,
                    "replicas": 1,
                    "selector": {"matchLabels": selector},
                    "template": {"metadata": {"labels": labels}, "spec": _pod(spec)},
                    "volumeClaimTemplates": [stateful.claim("data", selector, spec.storage_class, 2 * spec.memory_gib)],
                }
            ),
            opts=self.child(),
        )
        k8s.networking.v1.NetworkPolicy(
            f"{name}-clients",
            metadata=manifest({"name": f"{spec.name}-clients", **place}),
            spec=manifest(
                {
                    "podSelector": {"matchLabels": selector},
                    "policyTypes": ["Ingress"],
                    "ingress": [
                        {
                            "from": [{"namespaceSelector": {}, "podSelector": {}}],
                            "ports": [{"port": PORT, "protocol": "TCP"}],
                        }
                    ],
                }
            ),
            opts=self.child(),
        )
        self.endpoint = Output.concat(spec.name, ".", namespace)
        self.port = Output.from_input(PORT)
        self.secret = Output.from_input(spec.name)
        self.resource = Output.from_input(spec.name)
        self.finish()


def _pod(spec: CacheSpec) -> dict[str, Any]:
    probe = {"exec": {"command": ["/bin/sh", "-c", PING]}, "timeoutSeconds": 5}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": 30,
        "containers": [
            {
                "name": "valkey",
                "image": spec.image,
                "command": ["/bin/sh", "-c", START],
                "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": spec.name, "key": "password"}}}],
                "ports": [{"name": "tls", "containerPort": PORT}],
                "resources": pods.resources("500m", f"{spec.memory_gib}Gi"),
                "securityContext": pods.container_security(),
                "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 30},
                "readinessProbe": {**probe, "periodSeconds": 5},
                "livenessProbe": {**probe, "periodSeconds": 15, "failureThreshold": 4},
                "volumeMounts": [
                    {"name": "data", "mountPath": "/data"},
                    {"name": "tls", "mountPath": "/tls", "readOnly": True},
                    pods.scratch_mount(),
                ],
            }
        ],
        "volumes": [{"name": "tls", "secret": {"secretName": f"{spec.name}-tls"}}, pods.scratch()],
    }
