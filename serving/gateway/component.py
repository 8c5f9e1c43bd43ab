"""The one door of a workload: an OpenAI-compatible endpoint that routes by alias, with keys, limits and fallbacks."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, Resource, ResourceOptions

from components import budgets, pods, stateful
from components.core import Component, manifest
from components.ownership import digest
from serving import entrance, keys
from serving.gateway import counters, traces, walls
from serving.gateway.files import files
from serving.gateway.litellm import ENVIRONMENT
from serving.gateway.spec import NAME, PORT, ROLLOUT, GatewaySpec

CONFIG = "gateway-config"
REVIEW = "answers-for-review"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayArgs:
    """The spec, where it lives, and the servers' endpoints by name."""

    spec: GatewaySpec
    namespace: Input[str]
    endpoints: dict[str, Input[str]]


class Gateway(Component):
    """See the module. A team's key lies in the Secret ``keys.secret_of(team)``; the gateway knows ``digests`` only."""

    TOKEN = "domicile:serving:Gateway"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: GatewayArgs, opts: ResourceOptions | None = None) -> None:
        """Create the gateway and the store of its counters."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels(NAME), spec.ownership.selector(NAME)
        place = {"namespace": args.namespace, "labels": labels}
        secret = self._keys(name, spec, place)
        # `Output.all` without anything is a list
        content = Output.from_input(args.endpoints).apply(
            lambda found: files(spec, {server: str(address) for server, address in found.items()})
        )
        settings = k8s.core.v1.ConfigMap(
            f"{name}-config", metadata=manifest({"name": CONFIG, **place}), data=content, opts=self.child()
        )
        volumes: list[Resource] = [self._review_volume(name, spec, place)] if spec.reviewed else []
        volumes.append(self._shares(name, place))
        counting = counters.build(self, args.namespace, spec)
        scraped = pods.scraped(PORT, "/metrics/")
        mark = content.apply(lambda found: digest(json.dumps(found, sort_keys=True)))
        pods_of = k8s.apps.v1.StatefulSet(
            f"{name}-set",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest(
                {
                    "serviceName": NAME,
                    "replicas": spec.replicas,
                    "podManagementPolicy": "Parallel",
                    "selector": {"matchLabels": selector},
                    "template": {
                        "metadata": {"labels": labels, "annotations": {"domicile.dev/config": mark, **scraped}},
                        "spec": _pod(spec, selector),
                    },
                    "volumeClaimTemplates": [stateful.claim("audit", selector, spec.storage_class, spec.audit_gib)],
                }
            ),
            opts=self.child(depends_on=[secret, settings, counting, *volumes]),
        )
        # a service is ready when it has endpoints: it comes after its pods
        service = k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest({"selector": selector, "ports": [{"name": "http", "port": PORT}]}),
            opts=self.child(depends_on=[pods_of]),
        )
        counted = {
            "to": [{"podSelector": {"matchLabels": spec.ownership.selector(counters.NAME)}}],
            "ports": [{"port": counters.PORT, "protocol": "TCP"}],
        }
        walls.build(self, spec, args.namespace, args.endpoints, ways=(counted,))
        budgets.one_at_a_time(self, NAME, place, selector)
        entrance.build(self, spec, PORT, {"name": NAME, **place}, service)
        self.endpoint = Output.from_input(f"http://{NAME}:{PORT}/v1")
        self.finish()

    def _keys(self, name: str, spec: GatewaySpec, place: dict[str, Any]) -> k8s.core.v1.Secret:
        """A key for each team, and what the gateway is told of them."""
        self.digests = keys.digests(keys.of_teams(self, tuple(team.name for team in spec.teams), place))
        return k8s.core.v1.Secret(
            f"{name}-keys",
            metadata=manifest({"name": counters.SECRET, **place}),
            string_data={
                "DOMICILE_KEYS": self.digests,
                "LITELLM_MASTER_KEY": keys.random_key(self, f"{name}-master"),
                counters.PASSWORD: keys.random_key(self, f"{name}-counters-password"),
            },
            opts=self.child(),
        )

    def _shares(self, name: str, place: dict[str, Any]) -> k8s.core.v1.ConfigMap:
        """What rollouts write: the stack makes it, and leaves it to them."""
        return k8s.core.v1.ConfigMap(
            f"{name}-rollout",
            metadata=manifest({"name": ROLLOUT, **place}),
            data={"rollout.json": "{}"},
            opts=self.child(ignore_changes=["data"]),
        )

    def _review_volume(self, name: str, spec: GatewaySpec, place: dict[str, Any]) -> k8s.core.v1.PersistentVolumeClaim:
        return k8s.core.v1.PersistentVolumeClaim(
            f"{name}-review",
            metadata=manifest({"name": REVIEW, **place}),
            spec=manifest(
                {
                    "accessModes": ["ReadWriteMany"],
                    "storageClassName": spec.shared_storage_class,
                    "resources": {"requests": {"storage": f"{spec.review_gib}Gi"}},
                }
            ),
            opts=self.child(),
        )


#: the Secret with the keys of hosted APIs, by their variables' names: an operator makes it, the stack never sees them
OUTSIDE = "gateway-outside"


def _outside(variable: str) -> dict[str, Any]:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": OUTSIDE, "key": variable}}}


def _pod(spec: GatewaySpec, selector: dict[str, str]) -> dict[str, Any]:
    settings = {
        **ENVIRONMENT,
        "HOME": "/tmp",
        "PYTHONPATH": "/etc/litellm",
        "DOMICILE_AUDIT": "/audit",
        "DOMICILE_REVIEW": "/review",
        "REDIS_HOST": counters.NAME,
        "REDIS_PORT": str(counters.PORT),
        **(traces.environment(spec.traces, spec.ownership) if spec.traces else {}),
    }
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": spec.longest_s + 30,
        "topologySpreadConstraints": pods.spread(selector),
        "containers": [
            {
                "name": "litellm",
                "image": spec.image,
                "args": ["--config", "/etc/litellm/config.yaml", "--port", str(PORT)],
                "envFrom": [{"secretRef": {"name": counters.SECRET}}],
                "env": [
                    *({"name": key, "value": text} for key, text in settings.items()),
                    {"name": "HOSTNAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    *(_outside(one.key_variable) for one in spec.hosted if one.key_variable),
                ],
                "ports": [{"name": "http", "containerPort": PORT}],
                "resources": pods.resources("500m", "2Gi"),
                "securityContext": pods.container_security(),
                "startupProbe": {"httpGet": {"path": "/health/liveliness", "port": PORT}, "failureThreshold": 30},
                "readinessProbe": {"httpGet": {"path": "/health/readiness", "port": PORT}, "periodSeconds": 5},
                "livenessProbe": {"httpGet": {"path": "/health/liveliness", "port": PORT}, "periodSeconds": 10},
                "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
                "volumeMounts": [
                    {"name": "config", "mountPath": "/etc/litellm", "readOnly": True},
                    {"name": "audit", "mountPath": "/audit"},
                    {"name": "rollout", "mountPath": "/rollout", "readOnly": True},
                    *([{"name": "review", "mountPath": "/review"}] if spec.reviewed else []),
                    pods.scratch_mount(),
                ],
            }
        ],
        "volumes": [
            {"name": "config", "configMap": {"name": CONFIG}},
            {"name": "rollout", "configMap": {"name": ROLLOUT}},
            *([{"name": "review", "persistentVolumeClaim": {"claimName": REVIEW}}] if spec.reviewed else []),
            pods.scratch(),
        ],
    }
