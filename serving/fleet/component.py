"""The hub of a fleet: one pod that sites ask what to run, with the releases and what sites told on its volume."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import budgets, pods, stateful
from components.core import Component, manifest
from components.ownership import PREFIX, digest
from serving import entrance, keys
from serving.fleet.files import SERVE, hub
from serving.fleet.spec import NAME, PORT, HubSpec

CONFIG, SECRET, FOLDER = "hub-config", "hub-keys", "/etc/hub"
VARIABLES = ("DOMICILE_MASTER", "DOMICILE_OPERATOR_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubArgs:
    """The spec, and where it lives."""

    spec: HubSpec
    namespace: Input[str]


class Hub(Component):
    """See the module. The Secret ``SECRET`` has the operators' key and what sites' tokens are made of."""

    TOKEN = "domicile:serving:Hub"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: HubArgs, opts: ResourceOptions | None = None) -> None:
        """Create it."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels(NAME), spec.ownership.selector(NAME)
        place = {"namespace": args.namespace, "labels": labels}
        secret = k8s.core.v1.Secret(
            f"{name}-keys",
            metadata=manifest({"name": SECRET, **place}),
            string_data={variable: keys.random_key(self, f"{name}-{variable[9:].lower()}") for variable in VARIABLES},
            opts=self.child(),
        )
        content = hub(spec)
        settings = k8s.core.v1.ConfigMap(
            f"{name}-config", metadata=manifest({"name": CONFIG, **place}), data=content, opts=self.child()
        )
        notes = {
            **pods.scraped(PORT, "/metrics"),
            f"{PREFIX}/config": digest(json.dumps(content, sort_keys=True)),
        }
        pods_of = k8s.apps.v1.StatefulSet(
            f"{name}-set",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest(
                {
                    "serviceName": NAME,
                    "replicas": 1,
                    "selector": {"matchLabels": selector},
                    "template": {"metadata": {"labels": labels, "annotations": notes}, "spec": _pod(spec)},
                    "volumeClaimTemplates": [stateful.claim("state", selector, spec.storage_class, spec.storage_gib)],
                }
            ),
            opts=self.child(depends_on=[secret, settings]),
        )
        service = k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest({"selector": selector, "ports": [{"name": "http", "port": PORT}]}),
            opts=self.child(depends_on=[pods_of]),
        )
        budgets.one_at_a_time(self, NAME, place, selector)
        inbound = pods.allow_door(f"{NAME}-clients", args.namespace, labels, selector, (), PORT)
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **inbound, opts=self.child())
        entrance.build(self, spec, PORT, {"name": NAME, **place}, service)
        self.endpoint = Output.from_input(f"https://{spec.hostname}" if spec.hostname else f"http://{NAME}:{PORT}")
        self.finish()


def _pod(spec: HubSpec) -> dict[str, Any]:
    settings = {"HOME": "/tmp", "PYTHONPATH": FOLDER, "DOMICILE_STATE": "/state"}
    health = {"httpGet": {"path": "/health", "port": PORT}}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": 45,
        "containers": [
            {
                "name": NAME,
                "image": spec.image,
                "command": ["uvicorn", *SERVE],
                "args": ["--host", "0.0.0.0", "--port", str(PORT)],  # noqa: S104 in a pod
                "envFrom": [{"secretRef": {"name": SECRET}}],
                "env": [{"name": key, "value": text} for key, text in settings.items()],
                "ports": [{"name": "http", "containerPort": PORT}],
                "resources": pods.resources("500m", "512Mi"),
                "securityContext": pods.container_security(),
                "startupProbe": {**health, "periodSeconds": 2, "failureThreshold": 60},
                "readinessProbe": {**health, "periodSeconds": 5},
                "livenessProbe": {**health, "periodSeconds": 10},
                "volumeMounts": [
                    {"name": "config", "mountPath": FOLDER, "readOnly": True},
                    {"name": "state", "mountPath": "/state"},
                    pods.scratch_mount(),
                ],
            }
        ],
        "volumes": [{"name": "config", "configMap": {"name": CONFIG}}, pods.scratch()],
    }
