"""What is watched: scraping, rules and a dashboard, for the Prometheus operator or without it."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components.core import Component, manifest
from serving.gateway.spec import pods_of
from serving.monitoring import alerts, foresight, objectives
from serving.monitoring.dashboard import dashboard
from serving.monitoring.spec import MonitoringSpec
from serving.retrieval.spec import NAME as RETRIEVAL

NAME = "monitoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringArgs:
    """The spec, and where it lives."""

    spec: MonitoringSpec
    namespace: Input[str]


def groups(spec: MonitoringSpec) -> dict[str, Any]:
    """The rule groups of a workload, as a rule file or a PrometheusRule has them."""
    name = spec.ownership.workload
    found = [*objectives.alerts(spec), *alerts.alerts(spec)]
    return {
        "groups": [
            {
                "name": f"{name}-objectives",
                "interval": "30s",
                "rules": [one.rule() for one in objectives.records(spec)],
            },
            *(
                [{"name": f"{name}-load", "interval": "30s", "rules": [one.rule() for one in foreseen]}]
                if spec.keda and (foreseen := foresight.records(spec))
                else []
            ),
            {"name": f"{name}-alerts", "interval": "15s", "rules": [one.rule(name) for one in found]},
        ]
    }


class Monitoring(Component):
    """See the module."""

    TOKEN = "domicile:serving:Monitoring"  # noqa: S105 a type token
    alerts: Output[int]

    def __init__(self, name: str, args: MonitoringArgs, opts: ResourceOptions | None = None) -> None:
        """Create rules, dashboard and, with the operator, monitors."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.labels(NAME)
        made = groups(spec)
        if spec.operator:
            self._operator(name, args, made, labels)
        else:
            k8s.core.v1.ConfigMap(
                f"{name}-rules",
                metadata=manifest(
                    {
                        "name": "alert-rules",
                        "namespace": args.namespace,
                        "labels": {**labels, "prometheus.io/rules": "true"},
                    }
                ),
                data={"rules.yaml": json.dumps(made, indent=1)},
                opts=self.child(),
            )
        k8s.core.v1.ConfigMap(
            f"{name}-dashboard",
            metadata=manifest(
                {
                    "name": "dashboard",
                    "namespace": args.namespace,
                    "labels": {**labels, "grafana_dashboard": "1"},
                }
            ),
            data={f"{spec.ownership.workload}.json": json.dumps(dashboard(spec), indent=1)},
            opts=self.child(),
        )
        self.alerts = Output.from_input(len(made["groups"][-1]["rules"]))
        self.finish()

    def _operator(self, name: str, args: MonitoringArgs, made: dict[str, Any], labels: dict[str, str]) -> None:
        place = {"namespace": args.namespace, "labels": labels}
        k8s.apiextensions.CustomResource(
            f"{name}-rules",
            api_version="monitoring.coreos.com/v1",
            kind="PrometheusRule",
            metadata=manifest({"name": "alert-rules", **place}),
            spec=manifest(made),
            opts=self.child(),
        )
        envoy = args.spec.gateway == "envoy"
        if envoy:
            self._pods(name, args, place)
        scraped = [
            *([(args.spec.door, "http", "/metrics/")] if args.spec.door and not envoy else []),
            *([(args.spec.hub, "http", "/metrics")] if args.spec.hub else []),
            *([(RETRIEVAL, "http", "/metrics/")] if args.spec.documents_s else []),
            *((one.name, one.port, one.path) for one in args.spec.servers),
        ]
        for server, port, path in scraped:
            k8s.apiextensions.CustomResource(
                f"{name}-{server}",
                api_version="monitoring.coreos.com/v1",
                kind="ServiceMonitor",
                metadata=manifest({"name": server, **place}),
                spec=manifest(
                    {
                        "selector": {"matchLabels": args.spec.ownership.selector(server)},
                        "endpoints": [{"port": port, "path": path, "interval": "15s"}],
                    }
                ),
                opts=self.child(),
            )

    def _pods(self, name: str, args: MonitoringArgs, place: dict[str, Any]) -> None:
        """The part that reads requests beside Envoy has no service."""
        k8s.apiextensions.CustomResource(
            f"{name}-{args.spec.door}",
            api_version="monitoring.coreos.com/v1",
            kind="PodMonitor",
            metadata=manifest({"name": args.spec.door, **place}),
            spec=manifest(
                {
                    "selector": {"matchLabels": args.spec.ownership.selector(pods_of("envoy"))},
                    "podMetricsEndpoints": [{"port": "aigw-admin", "path": "/metrics", "interval": "15s"}],
                }
            ),
            opts=self.child(),
        )
