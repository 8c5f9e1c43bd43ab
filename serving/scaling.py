"""Autoscaling of a model server ahead of its load: by KEDA where it is installed, else by a small scaler of our own.

Both do what `serving.scripts.foresight` says: KEDA asks Prometheus for it (`serving.monitoring.foresight`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods, rights
from components.core import Component, manifest
from components.ownership import Ownership, digest
from serving import scripted
from serving.engines import metrics
from serving.gateway.spec import NAME as DOOR
from serving.gateway.spec import PORT as DOOR_PORT
from serving.monitoring import foresight
from serving.monitoring.doors import GATEWAY

HOLD_S = 300
INTERVAL_S = 15
#: what no forecast reaches: load that is only expected wakes nobody
NEVER = "1000000000"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A time of the week with at least so many replicas: days as `mon`, times as `08:00` in a zone."""

    days: tuple[str, ...]
    from_: str
    to: str
    zone: str
    replicas: int

    @property
    def cron(self) -> dict[str, str]:
        """As a trigger of KEDA's; midnight is a minute before it."""
        days = ",".join(str((WEEK.index(day) + 1) % 7) for day in self.days)
        begin, end = (reversed(time.split(":")) for time in (self.from_, "23:59" if self.to == "24:00" else self.to))
        start, stop = (" ".join(str(int(part)) for part in one) + f" * * {days}" for one in (begin, end))
        return {"timezone": self.zone, "start": start, "end": stop, "desiredReplicas": str(self.replicas)}

    @property
    def told(self) -> dict[str, Any]:
        """As `scripts/hours.py` takes it."""
        days = [WEEK.index(day) for day in self.days]
        return {"days": days, "from": self.from_, "to": self.to, "zone": self.zone, "replicas": self.replicas}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingSpec:
    """Between how many replicas a server moves. ``prometheus`` is the address KEDA asks.

    A replica is for ``target`` requests in flight, of about ``answer_s`` seconds each, and serves after ``start_s``.
    ``least`` is for a server that is awake; one that sleeps has none after ``sleep_s`` without a request, 0 for never.
    """

    server: str
    engine: str
    release: str
    metrics_port: int
    metrics_path: str
    ownership: Ownership
    least: int
    most: int
    target: int
    answer_s: int
    start_s: int
    keda: bool
    prometheus: str
    image: str
    hours: tuple[Hours, ...] = ()
    sleep_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingArgs:
    """The spec, where it lives, and the scaler's programs by file, for clusters without KEDA."""

    spec: ScalingSpec
    namespace: Input[str]
    scripts: Mapping[str, Input[str]]


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
        self.by = Output.from_input("keda" if args.spec.keda else "scaler")
        self.finish()

    def _keda(self, name: str, args: ScalingArgs) -> None:
        spec = args.spec
        here = f'namespace="{spec.ownership.workload}"'
        names = metrics.of(spec.engine, spec.release)
        now = " + ".join(f"sum({names[key].of(spec.server, more=here)})" for key in ("running", "waiting"))
        wanted = f'max({foresight.WANTED}{{server="{spec.server}",workload="{spec.ownership.workload}"}})'
        triggers = [
            _asked(spec, _or_asleep(spec, wanted), NEVER if spec.sleep_s else ""),
            _asked(spec, _or_asleep(spec, now), "0" if spec.sleep_s else ""),
            *([_asked(spec, _knocks(spec), "0")] if spec.sleep_s else []),
            *({"type": "cron", "metadata": hours.cron} for hours in spec.hours),
        ]
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
                    "cooldownPeriod": spec.sleep_s or HOLD_S,
                    "minReplicaCount": 0 if spec.sleep_s else spec.least,
                    "maxReplicaCount": spec.most,
                    "fallback": {"failureThreshold": 3, "replicas": spec.least, "behavior": "currentReplicasIfHigher"},
                    "advanced": {
                        "horizontalPodAutoscalerConfig": {
                            "behavior": {"scaleDown": {"stabilizationWindowSeconds": HOLD_S}}
                        }
                    },
                    "triggers": triggers,
                }
            ),
            opts=self.child(),
        )

    def _own(self, name: str, args: ScalingArgs) -> None:
        spec = args.spec
        part = f"{spec.server}-scaler"
        labels, selector = spec.ownership.labels(part), spec.ownership.selector(part)
        place: dict[str, Any] = {"namespace": args.namespace, "labels": labels}
        scripted.programs(self, part, place, args.scripts)
        k8s.core.v1.ConfigMap(
            f"{name}-memory",
            metadata=manifest({"name": f"{part}-memory", **place}),
            data={},
            opts=self.child(ignore_changes=["data"]),
        )
        binding = rights.grant(
            self,
            name,
            {"name": part, **place},
            [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
                {
                    "apiGroups": ["apps"],
                    "resources": ["deployments/scale"],
                    "resourceNames": [spec.server],
                    "verbs": ["get", "patch"],
                },
                {
                    "apiGroups": [""],
                    "resources": ["configmaps"],
                    "resourceNames": [f"{part}-memory"],
                    "verbs": ["get", "patch"],
                },
            ],
        )
        self._walls(name, args, labels, selector)
        programs = Output.all(*args.scripts.values()).apply(lambda texts: digest("\n".join(texts)))
        marks = {"domicile.dev/script": programs}
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
            (
                (spec.ownership.selector(spec.server), spec.metrics_port),
                *(((spec.ownership.selector(DOOR), DOOR_PORT),) if spec.sleep_s else ()),
            ),
        )
        reach["spec"]["egress"].append(pods.to_api())
        k8s.networking.v1.NetworkPolicy(f"{name}-reach", **reach, opts=self.child())


def _asked(spec: ScalingSpec, query: str, wakes_above: str) -> dict[str, Any]:
    metadata = {
        "serverAddress": spec.prometheus,
        "query": query,
        "threshold": str(spec.target),
        "ignoreNullValues": "false",
        **({"activationThreshold": wakes_above} if wakes_above else {}),
    }
    return {"type": "prometheus", "metricType": "AverageValue", "metadata": metadata}


def _or_asleep(spec: ScalingSpec, query: str) -> str:
    """A query that is 0 while there is no replica; where nothing answers for another reason, the scaler is blind."""
    if not spec.sleep_s:
        return query
    where = f'namespace="{spec.ownership.workload}",deployment="{spec.server}"'
    return f"({query}) or (vector(0) and on () kube_deployment_spec_replicas{{{where}}} == 0)"


def _knocks(spec: ScalingSpec) -> str:
    """Requests that wait for it to come up, and those that found it asleep and went elsewhere."""
    here = f'namespace="{spec.ownership.workload}"'
    waiting, found = (GATEWAY[key].of(spec.server, more=here) for key in ("knocking", "knocks"))
    return f"(sum({waiting}) + sum(increase({found}[1m]))) or vector(0)"


def _selector(spec: ScalingSpec, part: str) -> str:
    return ",".join(f"{key}={value}" for key, value in spec.ownership.selector(part).items())


def _sleep(spec: ScalingSpec) -> dict[str, str]:
    if not spec.sleep_s:
        return {}
    return {
        "SLEEP_S": str(spec.sleep_s),
        "DOOR": _selector(spec, DOOR),
        "DOOR_PORT": str(DOOR_PORT),
        "KNOCKS": GATEWAY["knocks"].name,
        "KNOCKING": GATEWAY["knocking"].name,
    }


def _pod(args: ScalingArgs, part: str) -> dict[str, Any]:
    spec = args.spec
    names = metrics.of(spec.engine, spec.release)
    settings = {
        "DEPLOYMENT": spec.server,
        "SELECTOR": _selector(spec, spec.server),
        "PORT": str(spec.metrics_port),
        "PATH_OF_METRICS": spec.metrics_path,
        "MIN": str(spec.least),
        "MAX": str(spec.most),
        "RUNNING": names["running"].name,
        "WAITING": names["waiting"].name,
        "TARGET": str(spec.target),
        "ANSWER_S": str(spec.answer_s),
        "LEAD_MINUTES": str(foresight.lead_minutes(spec.start_s)),
        "MEMORY": f"{part}-memory",
        "INTERVAL_S": str(INTERVAL_S),
        **({"HOURS": json.dumps([one.told for one in spec.hours])} if spec.hours else {}),
        **_sleep(spec),
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
                "command": ["python3", "/scripts/scaler.py"],
                "env": [namespace, *({"name": key, "value": value} for key, value in settings.items())],
                "resources": pods.resources("50m", "64Mi"),
                "securityContext": pods.container_security(),
                "volumeMounts": [scripted.MOUNT, pods.scratch_mount()],
            }
        ],
        "volumes": [{"name": "script", "configMap": {"name": part}}, pods.scratch("16Mi")],
    }
