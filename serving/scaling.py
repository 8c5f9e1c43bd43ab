"""Autoscaling of a model server by its queue: KEDA where it is installed, else a small scaler of our own."""

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods
from components.core import Component, manifest
from components.ownership import Ownership, digest
from serving.engines import metrics

WAITING_PER_REPLICA = 5
COOLDOWN_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingSpec:
    """Between how many replicas a server moves. ``prometheus`` is the address KEDA asks."""

    server: str
    engine: str
    release: str
    metrics_port: int
    metrics_path: str
    ownership: Ownership
    least: int
    most: int
    keda: bool
    prometheus: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingArgs:
    """The spec, where it lives, and the scaler's program for clusters without KEDA."""

    spec: ScalingSpec
    namespace: Input[str]
    script: Input[str]


class Scaling(Component):
    """See the module."""

    TOKEN = "domicile:serving:Scaling"  # noqa: S105 a type token
    by: Output[str]

    def __init__(self, name: str, args: ScalingArgs, opts: ResourceOptions | None = None) -> None:
        """Create the scaler."""
        super().__init__(name, args, opts)
        if args.spec.keda:
            self._keda(name, args)
        else:
            self._own(name, args)
        self.by = Output.from_input("keda" if args.spec.keda else "queue-scaler")
        self.finish()

    def _keda(self, name: str, args: ScalingArgs) -> None:
        spec = args.spec
        here = f'namespace="{spec.ownership.workload}"'
        waiting = metrics.of(spec.engine, spec.release)["waiting"].of(spec.server, more=here)
        labels = spec.ownership.labels(f"{spec.server}-scaler")
        k8s.apiextensions.CustomResource(
            f"{name}-scaled-object",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata=manifest({"name": spec.server, "namespace": args.namespace, "labels": labels}),
            spec=manifest(
                {
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": spec.server},
                    "pollingInterval": 15,
                    "cooldownPeriod": COOLDOWN_S,
                    "minReplicaCount": spec.least,
                    "maxReplicaCount": spec.most,
                    "fallback": {"failureThreshold": 3, "replicas": spec.least, "behavior": "currentReplicasIfHigher"},
                    "advanced": {
                        "horizontalPodAutoscalerConfig": {
                            "behavior": {"scaleDown": {"stabilizationWindowSeconds": COOLDOWN_S}}
                        }
                    },
                    "triggers": [
                        {
                            "type": "prometheus",
                            "metricType": "AverageValue",
                            "metadata": {
                                "serverAddress": spec.prometheus,
                                "query": f"sum({waiting})",
                                "threshold": str(WAITING_PER_REPLICA),
                                "ignoreNullValues": "false",
                            },
                        }
                    ],
                }
            ),
            opts=self.child(),
        )

    def _own(self, name: str, args: ScalingArgs) -> None:
        spec = args.spec
        part = f"{spec.server}-scaler"
        labels, selector = spec.ownership.labels(part), spec.ownership.selector(part)
        place: dict[str, Any] = {"namespace": args.namespace, "labels": labels}
        k8s.core.v1.ConfigMap(
            f"{name}-script",
            metadata=manifest({"name": part, **place}),
            data={"queue_scaler.py": args.script},
            opts=self.child(),
        )
        account = k8s.core.v1.ServiceAccount(
            f"{name}-account", metadata=manifest({"name": part, **place}), opts=self.child()
        )
        role = k8s.rbac.v1.Role(
            f"{name}-role",
            metadata=manifest({"name": part, **place}),
            rules=manifest(
                [
                    {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
                    {
                        "apiGroups": ["apps"],
                        "resources": ["deployments/scale"],
                        "resourceNames": [spec.server],
                        "verbs": ["get", "patch"],
                    },
                ]
            ),
            opts=self.child(),
        )
        binding = k8s.rbac.v1.RoleBinding(
            f"{name}-binding",
            metadata=manifest({"name": part, **place}),
            role_ref=manifest({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": part}),
            subjects=manifest([{"kind": "ServiceAccount", "name": part, "namespace": args.namespace}]),
            opts=self.child(depends_on=[account, role]),
        )
        self._walls(name, args, labels, selector)
        marks = {"domicile.dev/script": Output.from_input(args.script).apply(digest)}
        k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=manifest({"name": part, **place}),
            spec=manifest(
                {
                    "replicas": 1,
                    "selector": {"matchLabels": selector},
                    "template": {"metadata": {"labels": labels, "annotations": marks}, "spec": _pod(args, part)},
                }
            ),
            opts=self.child(depends_on=[binding]),
        )

    def _walls(self, name: str, args: ScalingArgs, labels: dict[str, str], selector: dict[str, str]) -> None:
        spec = args.spec
        reach = pods.reach(
            f"{spec.server}-scaler-reach",
            args.namespace,
            labels,
            selector,
            ((spec.ownership.selector(spec.server), spec.metrics_port),),
        )
        reach["spec"]["egress"].append({"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]})
        k8s.networking.v1.NetworkPolicy(f"{name}-reach", **reach, opts=self.child())


def _pod(args: ScalingArgs, part: str) -> dict[str, Any]:
    spec = args.spec
    selector = ",".join(f"{key}={value}" for key, value in spec.ownership.selector(spec.server).items())
    settings = {
        "DEPLOYMENT": spec.server,
        "SELECTOR": selector,
        "PORT": str(spec.metrics_port),
        "PATH_OF_METRICS": spec.metrics_path,
        "MIN": str(spec.least),
        "MAX": str(spec.most),
        "WAITING": metrics.of(spec.engine, spec.release)["waiting"].name,
        "WAITING_PER_REPLICA": str(WAITING_PER_REPLICA),
        "COOLDOWN_S": str(COOLDOWN_S),
        "INTERVAL_S": "15",
    }
    namespace = {"name": "NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    return {
        "serviceAccountName": part,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "containers": [
            {
                "name": "scaler",
                "image": spec.image,
                "command": ["python3", "/scripts/queue_scaler.py"],
                "env": [namespace, *({"name": key, "value": value} for key, value in settings.items())],
                "resources": pods.resources("50m", "64Mi"),
                "securityContext": pods.container_security(),
                "volumeMounts": [{"name": "script", "mountPath": "/scripts", "readOnly": True}, pods.scratch_mount()],
            }
        ],
        "volumes": [{"name": "script", "configMap": {"name": part}}, pods.scratch("16Mi")],
    }
