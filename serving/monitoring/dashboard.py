"""A Grafana dashboard of a workload: its objectives first, then what may be the cause."""

from typing import Any

from serving.engines import metrics
from serving.engines.metrics import Meaning
from serving.monitoring.doors import ENVOY, GATEWAY
from serving.monitoring.spec import MonitoringSpec, Watched

SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT = 8, 7


def dashboard(spec: MonitoringSpec) -> dict[str, Any]:
    """The dashboard, as Grafana imports it."""
    rows = [("Objectives", _objectives(spec)), ("Gateway", _gateway(spec))] if spec.door else []
    rows += [(f"{server.name} ({server.engine} {server.release})", _engine(spec, server)) for server in spec.servers]
    if spec.accelerated:
        rows.append(("GPUs", _gpus(spec)))
    panels: list[dict[str, Any]] = []
    top = 0
    for title, charts in rows:
        place = {"x": 0, "y": top, "w": 24, "h": 1}
        panels.append({"id": len(panels) + 1, "type": "row", "title": title, "gridPos": place, "panels": []})
        top += 1
        for index, (name, unit, queries) in enumerate(charts):
            place = {"x": WIDTH * (index % 3), "y": top + HEIGHT * (index // 3), "w": WIDTH, "h": HEIGHT}
            panels.append(_panel(len(panels) + 1, name, unit, queries, place))
        top += HEIGHT * -(-len(charts) // 3)
    return {
        "title": spec.ownership.workload,
        "uid": spec.ownership.workload[:40],
        "tags": ["domicile", spec.ownership.data_class],
        "schemaVersion": 41,
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": panels,
    }


Chart = tuple[str, str, dict[str, str]]


def _panel(number: int, title: str, unit: str, queries: dict[str, str], place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(65 + index), "expr": query, "legendFormat": legend, "datasource": SOURCE}
            for index, (legend, query) in enumerate(queries.items())
        ],
    }


def _objectives(spec: MonitoringSpec) -> list[Chart]:
    def bad(objective: str, window: str) -> str:
        return f'domicile:bad:ratio_rate{window}{{workload="{spec.ownership.workload}",objective="{objective}"}}'

    return [
        (
            title,
            "percentunit",
            {
                "{{alias}} 1h": bad(objective, "1h"),
                "{{alias}} 1d": bad(objective, "1d"),
                "allowed": f"vector({allowed})",
            },
        )
        for title, objective, allowed in (
            ("Failed requests", "availability", round(1 - spec.availability_percent / 100, 6)),
            ("Slow answers", "latency", round(1 - spec.latency_percent / 100, 6)),
        )
    ]


def _gateway(spec: MonitoringSpec) -> list[Chart]:
    if spec.gateway == "envoy":
        return _envoy(spec)

    def total(meaning: Meaning, by: str, window: str = "5m") -> str:
        return f"sum by ({by}) (rate({GATEWAY[meaning].name}{{{spec.here}}}[{window}]))"

    first = f"sum by (le, alias) (rate({GATEWAY['first_token'].name}_bucket{{{spec.here}}}[5m]))"
    return [
        ("Requests per second", "reqps", {"{{alias}} {{outcome}}": total("requests", "alias, outcome")}),
        ("Refused per second", "reqps", {"{{team}} {{reason}}": total("refusals", "team, reason")}),
        ("First piece, p95", "s", {"{{alias}}": f"histogram_quantile(0.95, {first})"}),
        ("Under way", "short", {"{{alias}}": f"sum by (alias) ({GATEWAY['running'].name}{{{spec.here}}})"}),
        ("Spent this month", "currencyUSD", {"{{team}}": f"max by (team) ({GATEWAY['spent'].name}{{{spec.here}}})"}),
        ("Answers for people", "reqps", {"{{alias}} {{reason}}": total("reviews", "alias, reason", "1h")}),
    ]


def _envoy(spec: MonitoringSpec) -> list[Chart]:
    def total(meaning: Meaning, by: str, suffix: str = "") -> str:
        metric = ENVOY[meaning]
        matchers = ",".join(part for part in (spec.here, metric.selector) if part)
        return f"sum by ({by}) (rate({metric.name}{suffix}{{{matchers}}}[5m]))"

    alias = ENVOY["requests"].model_label
    named = f"{{{{{alias}}}}}"
    first, whole = (total(one, f"le, {alias}", "_bucket") for one in ("first_token", "end_to_end"))
    return [
        (
            "Requests per second",
            "reqps",
            {
                f"{named} by {{{{gen_ai_request_model}}}} {{{{error_type}}}}": total(
                    "requests", f"{alias}, gen_ai_request_model, error_type"
                )
            },
        ),
        ("First piece, p95", "s", {named: f"histogram_quantile(0.95, {first})"}),
        ("Whole answer, p95", "s", {named: f"histogram_quantile(0.95, {whole})"}),
        ("Tokens of answers per second", "short", {named: total("answer_tokens", alias)}),
    ]


def _engine(spec: MonitoringSpec, server: Watched) -> list[Chart]:
    known = metrics.of(server.engine, server.release)
    found: list[Chart] = []

    def of(meaning: Meaning, suffix: str = "") -> str:
        return known[meaning].of(server.name, suffix=suffix, more=spec.here)

    gauges: tuple[tuple[str, tuple[Meaning, ...]], ...] = (
        ("Requests", ("running", "waiting")),
        ("KV cache used", ("kv_cache",)),
    )
    for title, meanings in gauges:
        queries = {meaning: f"sum({of(meaning)})" for meaning in meanings if meaning in known}
        if queries:
            unit = "percentunit" if "kv_cache" in queries else "short"
            found.append((title, unit, queries))
    times: tuple[tuple[str, Meaning], ...] = (
        ("First token", "first_token"),
        ("Between tokens", "per_token"),
        ("In the queue", "queue_time"),
    )
    for title, meaning in times:
        if meaning in known:
            rate = f"sum by (le) (rate({of(meaning, '_bucket')}[5m]))"
            quantiles = {f"p{number}": f"histogram_quantile({number / 100}, {rate})" for number in (50, 95, 99)}
            found.append((title, "s", quantiles))
    rates: tuple[tuple[str, Meaning], ...] = (("Tokens answered", "answer_tokens"), ("Preemptions", "preemptions"))
    for title, meaning in rates:
        if meaning in known:
            found.append((f"{title} per second", "short", {meaning: f"sum(rate({of(meaning)}[5m]))"}))
    return found


def _gpus(spec: MonitoringSpec) -> list[Chart]:
    here = f"exported_{spec.here}"
    return [
        (
            "GPU at work",
            "percentunit",
            {"{{exported_pod}} {{gpu}}": f"avg by (exported_pod, gpu) (DCGM_FI_PROF_GR_ENGINE_ACTIVE{{{here}}})"},
        ),
        (
            "GPU memory",
            "decmbytes",
            {"{{exported_pod}} {{gpu}}": f"max by (exported_pod, gpu) (DCGM_FI_DEV_FB_USED{{{here}}})"},
        ),
        ("XID errors", "short", {"{{Hostname}} {{gpu}}": f"max by (Hostname, gpu) (DCGM_FI_DEV_XID_ERRORS{{{here}}})"}),
    ]
