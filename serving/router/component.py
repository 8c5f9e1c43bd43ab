"""A router before a model's replicas: Envoy, beside it the endpoint picker of the Gateway API Inference Extension."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import budgets, pods, rights
from components.core import Component, manifest
from components.ownership import digest
from serving.router import picker, proxy
from serving.router.spec import HEALTH_PORT, METRICS_PORT, PICKER_HEALTH_PORT, PICKER_PORT, PORT, RouterSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterArgs:
    """The spec, and where it lives."""

    spec: RouterSpec
    namespace: Input[str]


class Router(Component):
    """See the module."""

    TOKEN = "domicile:serving:Router"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: RouterArgs, opts: ResourceOptions | None = None) -> None:
        """Create the router, its service, its rights and its walls."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels(spec.name), spec.ownership.selector(spec.name)
        place: dict[str, Any] = {"namespace": args.namespace, "labels": labels}
        told = json.dumps(proxy.configuration())
        settings = k8s.core.v1.ConfigMap(
            f"{name}-config",
            metadata=manifest({"name": spec.name, **place}),
            data={"proxy.json": told},
            opts=self.child(),
        )
        binding = rights.grant(
            self,
            name,
            {"name": spec.name, **place},
            [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}],
        )
        marks = {"domicile.dev/config": digest(told), **pods.scraped(METRICS_PORT, "/metrics")}
        deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=manifest({"name": spec.name, **place}),
            spec=manifest(
                {
                    "replicas": spec.replicas,
                    "selector": {"matchLabels": selector},
                    "template": {"metadata": {"labels": labels, "annotations": marks}, "spec": _pod(spec, selector)},
                }
            ),
            opts=self.child(depends_on=[settings, binding]),
        )
        k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": spec.name, **place}),
            spec=manifest({"selector": selector, "ports": [{"name": "http", "port": PORT}]}),
            opts=self.child(depends_on=[deployment]),
        )
        budgets.one_at_a_time(self, spec.name, place, selector)
        self._walls(name, args, labels, selector)
        self.endpoint = Output.from_input(f"http://{spec.name}:{PORT}/v1")
        self.finish()

    def _walls(self, name: str, args: RouterArgs, labels: dict[str, str], selector: dict[str, str]) -> None:
        """The gateway asks it; it asks the replicas, and the cluster's API which of them there are."""
        spec = args.spec
        clients = tuple(spec.ownership.selector(client) for client in spec.clients)
        inbound = pods.allow(f"{spec.name}-clients", args.namespace, labels, selector, clients, PORT)
        inbound["spec"]["ingress"].append(pods.scraping(METRICS_PORT))
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **inbound, opts=self.child())
        replicas = dict(spec.selector)
        ports = sorted({spec.port, spec.metrics_port})
        outbound = pods.reach(
            f"{spec.name}-reach", args.namespace, labels, selector, tuple((replicas, port) for port in ports)
        )
        outbound["spec"]["egress"].append(pods.to_api())
        k8s.networking.v1.NetworkPolicy(f"{name}-reach", **outbound, opts=self.child())


def _pod(spec: RouterSpec, selector: dict[str, str]) -> dict[str, Any]:
    own = [
        {"name": key, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for key, path in (("NAMESPACE", "metadata.namespace"), ("POD_NAME", "metadata.name"))
    ]
    health = {"httpGet": {"path": "/", "port": HEALTH_PORT}}
    picks = {"grpc": {"port": PICKER_HEALTH_PORT, "service": "inference-extension"}}
    return {
        "serviceAccountName": spec.name,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": 130,
        "topologySpreadConstraints": pods.spread(selector),
        "containers": [
            {
                "name": "proxy",
                "image": spec.image,
                "args": ["--config-path", "/config/proxy.json", "--log-level", "warning"],
                "ports": [{"name": "http", "containerPort": PORT}],
                "resources": pods.resources("250m", "256Mi"),
                "securityContext": pods.container_security(),
                "readinessProbe": {**health, "periodSeconds": 5},
                "livenessProbe": {**health, "periodSeconds": 10, "failureThreshold": 6},
                "lifecycle": {"preStop": {"sleep": {"seconds": 30}}},
                "volumeMounts": [
                    {"name": "config", "mountPath": "/config", "readOnly": True},
                    pods.scratch_mount(),
                ],
            },
            {
                "name": "picker",
                "image": spec.picker_image,
                "args": picker.arguments(spec),
                "env": own,
                "ports": [
                    {"name": "picker", "containerPort": PICKER_PORT},
                    {"name": "metrics", "containerPort": METRICS_PORT},
                ],
                "resources": pods.resources("500m", "1Gi"),
                "securityContext": pods.container_security(),
                "readinessProbe": {**picks, "periodSeconds": 2},
                "livenessProbe": {**picks, "periodSeconds": 10, "failureThreshold": 6},
                "lifecycle": {"preStop": {"sleep": {"seconds": 30}}},
            },
        ],
        "volumes": [{"name": "config", "configMap": {"name": spec.name}}, pods.scratch("64Mi")],
    }
