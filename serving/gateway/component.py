"""The one door of a workload: an OpenAI-compatible endpoint that routes by model alias, with keys and fallbacks."""

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import Input, Output, ResourceOptions

from components import pods
from components.core import Component, manifest
from components.ownership import Ownership, digest

PORT = 4000
NAME = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An alias that applications name, and the server behind it. ``task`` is `generate` or `embed`.

    ``parallel`` is how many requests the server's replicas take at once: more wait at the gateway.
    """

    alias: str
    server: str
    task: str
    timeout_s: int
    parallel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySpec:
    """The gateway's routes. ``fallbacks`` maps an alias to the alias that answers for it when it cannot."""

    ownership: Ownership
    image: str
    replicas: int
    routes: tuple[Route, ...]
    fallbacks: tuple[tuple[str, str], ...]
    retries: int
    review_percent: int
    review_storage_class: str
    review_storage_gib: int
    hostname: str | None
    ingress_class: str
    gateway_api: bool
    clients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayArgs:
    """The spec, where it lives, and the servers' endpoints by name."""

    spec: GatewaySpec
    namespace: Input[str]
    endpoints: dict[str, Input[str]]


def configuration(spec: GatewaySpec, endpoints: dict[str, str]) -> dict[str, Any]:
    """LiteLLM's configuration."""
    models = [
        {
            "model_name": route.alias,
            "litellm_params": {
                "model": f"hosted_vllm/{route.server}",
                "api_base": endpoints[route.server],
                "timeout": route.timeout_s,
                "max_parallel_requests": route.parallel,
            },
            "model_info": {"mode": "embedding" if route.task == "embed" else "chat"},
        }
        for route in spec.routes
    ]
    settings: dict[str, Any] = {"num_retries": spec.retries, "drop_params": True}
    if spec.fallbacks:
        settings["fallbacks"] = [{alias: [other]} for alias, other in spec.fallbacks]
    if spec.review_percent:
        settings["callbacks"] = ["review_log.review"]
    return {
        "model_list": models,
        "litellm_settings": settings,
        "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
    }


class Gateway(Component):
    """See the module."""

    TOKEN = "domicile:serving:Gateway"  # noqa: S105 a type token
    endpoint: Output[str]
    key_secret: Output[str]

    def __init__(self, name: str, args: GatewayArgs, review_script: str, opts: ResourceOptions | None = None) -> None:
        """Create the gateway; ``review_script`` is the callback that keeps answers for people to review."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels(NAME), spec.ownership.selector(NAME)
        place = {"namespace": args.namespace, "labels": labels}
        key = random.RandomPassword(f"{name}-key", length=40, special=False, opts=self.child())
        secret = k8s.core.v1.Secret(
            f"{name}-keys",
            metadata=manifest({"name": "gateway-keys", **place}),
            string_data={"LITELLM_MASTER_KEY": key.result.apply(lambda text: f"sk-{text}")},
            opts=self.child(),
        )
        config = Output.json_dumps(
            Output.all(**args.endpoints).apply(lambda found: configuration(spec, {k: str(v) for k, v in found.items()}))
        )
        files: dict[str, Input[str]] = {"config.yaml": config, "review_log.py": review_script}
        settings = k8s.core.v1.ConfigMap(
            f"{name}-config", metadata=manifest({"name": "gateway-config", **place}), data=files, opts=self.child()
        )
        review = self._review_volume(name, spec, place) if spec.review_percent else None
        mark = config.apply(lambda text: digest(text + review_script))
        deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest(
                {
                    "replicas": spec.replicas,
                    "selector": {"matchLabels": selector},
                    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
                    "template": {
                        "metadata": {
                            "labels": labels,
                            "annotations": {"domicile.dev/config": mark},
                        },
                        "spec": _pod(spec, selector),
                    },
                }
            ),
            opts=self.child(depends_on=[secret, settings, *([review] if review else [])]),
        )
        self._walls(name, args, labels, selector)
        service = k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest({"selector": selector, "ports": [{"name": "http", "port": PORT}]}),
            opts=self.child(depends_on=[deployment]),
        )
        k8s.policy.v1.PodDisruptionBudget(
            f"{name}-budget",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest({"minAvailable": 1, "selector": {"matchLabels": selector}}),
            opts=self.child(),
        )
        if spec.hostname:
            self._entrance(name, spec, spec.hostname, place, service)
        self.endpoint = Output.from_input(f"http://{NAME}:{PORT}/v1")
        self.key_secret = Output.from_input("gateway-keys")
        self.finish()

    def _review_volume(self, name: str, spec: GatewaySpec, place: dict[str, Any]) -> k8s.core.v1.PersistentVolumeClaim:
        return k8s.core.v1.PersistentVolumeClaim(
            f"{name}-review",
            metadata=manifest({"name": "answers-for-review", **place}),
            spec=manifest(
                {
                    "accessModes": ["ReadWriteMany"],
                    "storageClassName": spec.review_storage_class,
                    "resources": {"requests": {"storage": f"{spec.review_storage_gib}Gi"}},
                }
            ),
            opts=self.child(),
        )

    def _walls(self, name: str, args: GatewayArgs, labels: dict[str, str], selector: dict[str, str]) -> None:
        spec = args.spec
        sources = tuple(spec.ownership.selector(client) for client in spec.clients)
        inbound = pods.allow("gateway-clients", args.namespace, labels, selector, sources, PORT)
        inbound["spec"]["ingress"][0]["from"].append(
            {"namespaceSelector": {"matchLabels": {"domicile.dev/gateway-client": "true"}}}
        )
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **inbound, opts=self.child())
        servers = tuple((spec.ownership.selector(route.server), 8000) for route in spec.routes)
        k8s.networking.v1.NetworkPolicy(
            f"{name}-reach",
            **pods.reach("gateway-reach", args.namespace, labels, selector, servers),
            opts=self.child(),
        )

    def _entrance(
        self, name: str, spec: GatewaySpec, hostname: str, place: dict[str, Any], service: k8s.core.v1.Service
    ) -> None:
        if spec.gateway_api:
            k8s.apiextensions.CustomResource(
                f"{name}-route",
                api_version="gateway.networking.k8s.io/v1",
                kind="HTTPRoute",
                metadata=manifest({"name": NAME, **place}),
                spec=manifest(
                    {
                        "parentRefs": [{"name": spec.ingress_class}],
                        "hostnames": [hostname],
                        "rules": [{"backendRefs": [{"name": NAME, "port": PORT}]}],
                    }
                ),
                opts=self.child(depends_on=[service]),
            )
            return
        k8s.networking.v1.Ingress(
            f"{name}-ingress",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest(
                {
                    "ingressClassName": spec.ingress_class,
                    "tls": [{"hosts": [hostname], "secretName": "gateway-tls"}],
                    "rules": [
                        {
                            "host": hostname,
                            "http": {
                                "paths": [
                                    {
                                        "path": "/v1",
                                        "pathType": "Prefix",
                                        "backend": {"service": {"name": NAME, "port": {"number": PORT}}},
                                    }
                                ]
                            },
                        }
                    ],
                }
            ),
            opts=self.child(depends_on=[service]),
        )


def _pod(spec: GatewaySpec, selector: dict[str, str]) -> dict[str, Any]:
    mounts: list[dict[str, Any]] = [
        {"name": "config", "mountPath": "/etc/litellm", "readOnly": True},
        pods.scratch_mount(),
    ]
    volumes: list[dict[str, Any]] = [{"name": "config", "configMap": {"name": "gateway-config"}}, pods.scratch()]
    if spec.review_percent:
        mounts.append({"name": "review", "mountPath": "/review"})
        volumes.append({"name": "review", "persistentVolumeClaim": {"claimName": "answers-for-review"}})
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": max(route.timeout_s for route in spec.routes) + 30,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector},
            }
        ],
        "containers": [
            {
                "name": "litellm",
                "image": spec.image,
                "args": ["--config", "/etc/litellm/config.yaml", "--port", str(PORT)],
                "envFrom": [{"secretRef": {"name": "gateway-keys"}}],
                "env": [
                    {"name": "HOME", "value": "/tmp"},
                    {"name": "LITELLM_LOCAL_MODEL_COST_MAP", "value": "True"},
                    {"name": "REVIEW_PERCENT", "value": str(spec.review_percent)},
                    {"name": "REVIEW_FOLDER", "value": "/review"},
                ],
                "ports": [{"name": "http", "containerPort": PORT}],
                "resources": pods.resources("500m", "1Gi"),
                "securityContext": pods.container_security(),
                "startupProbe": {"httpGet": {"path": "/health/liveliness", "port": PORT}, "failureThreshold": 30},
                "readinessProbe": {"httpGet": {"path": "/health/readiness", "port": PORT}, "periodSeconds": 5},
                "livenessProbe": {"httpGet": {"path": "/health/liveliness", "port": PORT}, "periodSeconds": 10},
                "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
                "volumeMounts": mounts,
            }
        ],
        "volumes": volumes,
    }
