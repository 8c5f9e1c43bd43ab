"""A registry on Kubernetes: zot, which fetches images of its mirrors when they are first asked for."""

import json
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods, stateful
from components.core import Component, manifest
from components.ownership import PREFIX, digest
from components.registry.contract import RegistryArgs
from components.registry.spec import RegistrySpec

PORT = 5000


class KubernetesRegistry(Component):
    """See the module."""

    TOKEN = "domicile:registry/kubernetes:Registry"  # noqa: S105 a type token
    host: Output[str]
    resource: Output[str]

    def __init__(
        self, name: str, args: RegistryArgs, namespace: Input[str], opts: ResourceOptions | None = None
    ) -> None:
        """Create the registry."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels("registry"), spec.ownership.selector("registry")
        place = {"namespace": namespace, "labels": labels}
        config = _config(spec)
        k8s.core.v1.ConfigMap(
            f"{name}-config",
            metadata=manifest({"name": spec.name, **place}),
            data={"config.json": config},
            opts=self.child(),
        )
        k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": spec.name, **place}),
            spec=manifest({"selector": selector, "ports": [{"name": "http", "port": PORT}]}),
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
                    "template": {
                        "metadata": {"labels": labels, "annotations": {f"{PREFIX}/config": digest(config)}},
                        "spec": _pod(spec),
                    },
                    "volumeClaimTemplates": [stateful.claim("images", selector, spec.storage_class, spec.storage_gib)],
                }
            ),
            opts=self.child(),
        )
        self.host = Output.concat(spec.name, ".", namespace, f":{PORT}")
        self.resource = Output.from_input(spec.name)
        self.finish()


def _config(spec: RegistrySpec) -> str:
    mirrors = [
        {"urls": [f"https://{mirror}"], "onDemand": True, "tlsVerify": True, "content": [{"prefix": "**"}]}
        for mirror in spec.mirrors
    ]
    return json.dumps(
        {
            "distSpecVersion": "1.1.1",
            "storage": {"rootDirectory": "/images", "gc": True, "dedupe": True},
            "http": {"address": "0.0.0.0", "port": str(PORT)},  # noqa: S104 inside its own pod
            "log": {"level": "info"},
            "extensions": {"sync": {"enable": True, "registries": mirrors}, "search": {"enable": True}},
        },
        indent=2,
    )


def _pod(spec: RegistrySpec) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/livez", "port": PORT}}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "containers": [
            {
                "name": "registry",
                "image": spec.image,
                "args": ["serve", "/config/config.json"],
                "ports": [{"name": "http", "containerPort": PORT}],
                "resources": pods.resources("250m", "1Gi"),
                "securityContext": pods.container_security(),
                "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 30},
                "readinessProbe": {"httpGet": {"path": "/readyz", "port": PORT}},
                "livenessProbe": {**probe, "periodSeconds": 15},
                "volumeMounts": [
                    {"name": "images", "mountPath": "/images"},
                    {"name": "config", "mountPath": "/config", "readOnly": True},
                    pods.scratch_mount(),
                ],
            }
        ],
        "volumes": [{"name": "config", "configMap": {"name": spec.name}}, pods.scratch()],
    }
