"""The one door of a workload that decides: a model is asked in time, rules stand in, all is written down."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import budgets, pods, stateful
from components.core import Component, manifest
from components.document_store.spec import PORT as DOCUMENTS_PORT
from components.feature_store.server import PORT as FEATURES_PORT
from components.ownership import PREFIX, digest
from serving import keys
from serving.decisions.files import SERVE, files
from serving.decisions.spec import NAME, PORT, DecisionsSpec
from serving.scorer import PORT as SERVER_PORT

CONFIG, SECRET = "decisions-config", "decisions-keys"
#: the Secret with the key of a model elsewhere: an operator makes it, the stack never sees it
OUTSIDE = "decisions-outside"
FOLDER = "/etc/decisions"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsArgs:
    """The spec, where it lives, the models' servers by name, and the store of what waits for people."""

    spec: DecisionsSpec
    namespace: Input[str]
    endpoints: Mapping[str, Input[str]]
    documents: Input[str]


class Decisions(Component):
    """See the module. A team's key lies in the Secret ``keys.secret_of(team)``."""

    TOKEN = "domicile:serving:Decisions"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: DecisionsArgs, opts: ResourceOptions | None = None) -> None:
        """Create the service."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels(NAME), spec.ownership.selector(NAME)
        place = {"namespace": args.namespace, "labels": labels}
        secret = k8s.core.v1.Secret(
            f"{name}-keys",
            metadata=manifest({"name": SECRET, **place}),
            string_data={
                "DOMICILE_KEYS": keys.of_teams(self, (*spec.callers, spec.reviewers), place),
                "DOMICILE_TOKENS": keys.random_key(self, f"{name}-tokens"),
            },
            opts=self.child(),
        )
        content = Output.from_input(dict(args.endpoints)).apply(
            lambda found: files(spec, {server: str(address) for server, address in found.items()})
        )
        settings = k8s.core.v1.ConfigMap(
            f"{name}-config", metadata=manifest({"name": CONFIG, **place}), data=content, opts=self.child()
        )
        mark = content.apply(lambda found: digest(json.dumps(found, sort_keys=True)))
        notes = {**pods.scraped(PORT, "/metrics/"), f"{PREFIX}/config": mark}
        pods_of = k8s.apps.v1.StatefulSet(
            f"{name}-set",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest(
                {
                    "serviceName": NAME,
                    "replicas": spec.replicas,
                    "podManagementPolicy": "Parallel",
                    "selector": {"matchLabels": selector},
                    "template": {"metadata": {"labels": labels, "annotations": notes}, "spec": _pod(args, selector)},
                    "volumeClaimTemplates": [stateful.claim("audit", selector, spec.storage_class, spec.audit_gib)],
                }
            ),
            opts=self.child(depends_on=[secret, settings]),
        )
        k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest({"selector": selector, "ports": [{"name": "http", "port": PORT}]}),
            opts=self.child(depends_on=[pods_of]),
        )
        budgets.one_at_a_time(self, NAME, place, selector)
        self._walls(name, args, labels, selector)
        self.endpoint = Output.from_input(f"http://{NAME}:{PORT}/v1")
        self.finish()

    def _walls(self, name: str, args: DecisionsArgs, labels: dict[str, str], selector: dict[str, str]) -> None:
        spec = args.spec
        sources = tuple(spec.ownership.selector(client) for client in spec.clients)
        inbound = pods.allow_door(f"{NAME}-clients", args.namespace, labels, selector, sources, PORT)
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **inbound, opts=self.child())
        inside = [(spec.ownership.selector(server), SERVER_PORT) for server in sorted(args.endpoints)]
        inside.append((spec.ownership.selector("documents"), DOCUMENTS_PORT))
        reach = pods.reach(f"{NAME}-reach", args.namespace, labels, selector, tuple(inside))
        if spec.features:
            where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": spec.features.namespace}}}
            reach["spec"]["egress"].append({"to": [where], "ports": [{"port": FEATURES_PORT, "protocol": "TCP"}]})
        if spec.burst or spec.issuers:
            reach["spec"]["egress"].append({"ports": [{"port": 443, "protocol": "TCP"}]})
        k8s.networking.v1.NetworkPolicy(f"{name}-reach", **reach, opts=self.child())


def _pod(args: DecisionsArgs, selector: dict[str, str]) -> dict[str, Any]:
    spec = args.spec
    settings: dict[str, Input[str]] = {
        "HOME": "/tmp",
        "PYTHONPATH": FOLDER,
        "DOMICILE_AUDIT": "/audit",
        "DOCUMENTS": args.documents,
    }
    burst = {"name": "BURST_API_KEY", "valueFrom": {"secretKeyRef": {"name": OUTSIDE, "key": "BURST_API_KEY"}}}
    health = {"httpGet": {"path": "/health", "port": PORT}}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": 45,
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
                "name": NAME,
                "image": spec.image,
                "command": ["uvicorn", *SERVE],
                "args": ["--host", "0.0.0.0", "--port", str(PORT)],  # noqa: S104 in a pod
                "envFrom": [{"secretRef": {"name": SECRET}}],
                "env": [
                    *({"name": key, "value": text} for key, text in settings.items()),
                    {"name": "HOSTNAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    *([burst] if spec.burst else []),
                ],
                "ports": [{"name": "http", "containerPort": PORT}],
                "resources": pods.resources("1", "1Gi"),
                "securityContext": pods.container_security(),
                "startupProbe": {**health, "periodSeconds": 2, "failureThreshold": 60},
                "readinessProbe": {**health, "periodSeconds": 5},
                "livenessProbe": {**health, "periodSeconds": 10},
                "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
                "volumeMounts": [
                    {"name": "config", "mountPath": FOLDER, "readOnly": True},
                    {"name": "audit", "mountPath": "/audit"},
                    pods.scratch_mount(),
                ],
            }
        ],
        "volumes": [{"name": "config", "configMap": {"name": CONFIG}}, pods.scratch()],
    }
