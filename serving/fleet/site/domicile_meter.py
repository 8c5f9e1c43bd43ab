"""What a site's service has done since a release began: its pods' counters, added up over their restarts."""

import re
from collections.abc import Mapping
from typing import Any

LINE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
REQUESTS, OUTCOMES = "domicile_gateway_requests_total", "domicile_decisions_outcomes_total"


def read(text: str) -> dict[str, float]:
    """The counters we look at in a page of Prometheus' format."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match and match[1] in {REQUESTS, OUTCOMES}:
            found[f"{match[1]}{{{match[2] or ''}}}"] = float(match[3])
    return found


def counted(last: dict[str, dict[str, float]], pods: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """What was counted since the last look, which becomes this one; a counter that fell began anew."""
    grown: dict[str, float] = {}
    for pod, series in pods.items():
        before = last.get(pod, {})
        for name, value in series.items():
            was = before.get(name, 0.0)
            grown[name] = grown.get(name, 0.0) + (value - was if value >= was else value)
    last.clear()
    last.update({pod: dict(series) for pod, series in pods.items()})
    return {
        "asked": _sum(grown, REQUESTS),
        "failed": _sum(grown, REQUESTS, 'outcome="failed"'),
        "stood_in": _sum(grown, REQUESTS, 'fell_back="true"'),
        "outcomes": _outcomes(grown),
    }


def added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both together."""
    names = sorted({*one.get("outcomes", {}), *other.get("outcomes", {})})
    outcomes = {name: one.get("outcomes", {}).get(name, 0) + other.get("outcomes", {}).get(name, 0) for name in names}
    return {
        **{name: one.get(name, 0) + other.get(name, 0) for name in ("asked", "failed", "stood_in")},
        "outcomes": outcomes,
    }


def _sum(grown: Mapping[str, float], name: str, label: str = "") -> int:
    return round(sum(value for series, value in grown.items() if series.startswith(name) and label in series))


def _outcomes(grown: Mapping[str, float]) -> dict[str, int]:
    found: dict[str, int] = {}
    for series, value in grown.items():
        if series.startswith(OUTCOMES):
            name = series.partition('outcome="')[2].partition('"')[0]
            found[name] = found.get(name, 0) + round(value)
    return dict(sorted(found.items()))
