"""What is watched: scraping, alert rules and a dashboard, for the Prometheus operator or without it.

Metric names are vLLM's (V1); ``METRICS`` is the one place that names them.
"""

import json
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components.core import Component, manifest
from components.ownership import Ownership

NAME = "monitoring"
METRICS = {
    "waiting": "vllm:num_requests_waiting",
    "running": "vllm:num_requests_running",
    "kv_cache": "vllm:kv_cache_usage_perc",
    "first_token": "vllm:time_to_first_token_seconds",
    "per_token": "vllm:inter_token_latency_seconds",
    "steps": "vllm:iteration_tokens_total_count",
    "preemptions": "vllm:num_preemptions_total",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringSpec:
    """The servers that are watched and the objectives they are held to, in seconds."""

    ownership: Ownership
    servers: tuple[str, ...]
    chat: str
    first_token_s: float
    per_token_s: float
    operator: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringArgs:
    """The spec, and where it lives."""

    spec: MonitoringSpec
    namespace: Input[str]


def rules(spec: MonitoringSpec) -> list[dict[str, Any]]:
    """The alert rules of a workload."""
    chat = f'{{model_name="{spec.chat}"}}'
    found = [
        _rule(
            "FirstTokenSlow",
            f"{_p95(METRICS['first_token'], chat)} > {spec.first_token_s}",
            "10m",
            f"95 % of first tokens should come within {spec.first_token_s} s",
        ),
        _rule(
            "TokensSlow",
            f"{_p95(METRICS['per_token'], chat)} > {spec.per_token_s}",
            "10m",
            f"95 % of tokens should come within {spec.per_token_s} s of each other",
        ),
    ]
    for server in spec.servers:
        only = f'{{model_name="{server}"}}'
        busy = f"(sum({METRICS['running']}{only}) > 0 or sum({METRICS['waiting']}{only}) > 0)"
        found += [
            _rule(
                f"EngineStalled_{server}",
                f"sum(rate({METRICS['steps']}{only}[2m])) == 0 and {busy}",
                "2m",
                f"{server} has work and makes no step: its health endpoint may still answer",
            ),
            _rule(f"QueueLong_{server}", f"sum({METRICS['waiting']}{only}) > 20", "5m", f"requests queue at {server}"),
            _rule(
                f"CacheFull_{server}", f"max({METRICS['kv_cache']}{only}) > 0.95", "10m", f"{server}'s KV cache is full"
            ),
            _rule(f"Absent_{server}", f"absent({METRICS['running']}{only})", "5m", f"{server} reports nothing"),
        ]
    return found


def _p95(metric: str, only: str) -> str:
    return f"histogram_quantile(0.95, sum by (le) (rate({metric}_bucket{only}[5m])))"


def _rule(name: str, expression: str, lasting: str, summary: str) -> dict[str, Any]:
    return {
        "alert": name.replace("-", "_"),
        "expr": expression,
        "for": lasting,
        "labels": {"severity": "warning"},
        "annotations": {"summary": summary},
    }


def dashboard(spec: MonitoringSpec) -> dict[str, Any]:
    """A Grafana dashboard of a workload."""
    queries = (
        ("Requests running", f"sum by (model_name) ({METRICS['running']})"),
        ("Requests waiting", f"sum by (model_name) ({METRICS['waiting']})"),
        ("KV cache used", f"max by (model_name) ({METRICS['kv_cache']})"),
        (
            "First token, p95 s",
            f"histogram_quantile(0.95, sum by (le, model_name) (rate({METRICS['first_token']}_bucket[5m])))",
        ),
        (
            "Between tokens, p95 s",
            f"histogram_quantile(0.95, sum by (le, model_name) (rate({METRICS['per_token']}_bucket[5m])))",
        ),
        ("Preemptions per s", f"sum by (model_name) (rate({METRICS['preemptions']}[5m]))"),
    )
    panels = [
        {
            "id": index + 1,
            "type": "timeseries",
            "title": title,
            "gridPos": {"x": 12 * (index % 2), "y": 8 * (index // 2), "w": 12, "h": 8},
            "targets": [{"expr": expression, "refId": "A"}],
        }
        for index, (title, expression) in enumerate(queries)
    ]
    return {
        "title": spec.ownership.workload,
        "uid": spec.ownership.workload[:40],
        "schemaVersion": 41,
        "time": {"from": "now-6h", "to": "now"},
        "panels": panels,
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
        groups = {"groups": [{"name": spec.ownership.workload, "rules": rules(spec)}]}
        if spec.operator:
            self._operator(name, args, groups, labels)
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
                data={"rules.yaml": json.dumps(groups, indent=1)},
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
        self.alerts = Output.from_input(len(rules(spec)))
        self.finish()

    def _operator(self, name: str, args: MonitoringArgs, groups: dict[str, Any], labels: dict[str, str]) -> None:
        place = {"namespace": args.namespace, "labels": labels}
        k8s.apiextensions.CustomResource(
            f"{name}-rules",
            api_version="monitoring.coreos.com/v1",
            kind="PrometheusRule",
            metadata=manifest({"name": "alert-rules", **place}),
            spec=manifest(groups),
            opts=self.child(),
        )
        for server in args.spec.servers:
            k8s.apiextensions.CustomResource(
                f"{name}-{server}",
                api_version="monitoring.coreos.com/v1",
                kind="ServiceMonitor",
                metadata=manifest({"name": server, **place}),
                spec=manifest(
                    {
                        "selector": {"matchLabels": args.spec.ownership.selector(server)},
                        "endpoints": [{"port": "http", "path": "/metrics", "interval": "15s"}],
                    }
                ),
                opts=self.child(),
            )
