"""`serving.scripts.foresight` as recording rules, for clusters whose replicas KEDA counts.

The same forecasts, judged by the same errors: what is wanted of a server stands in `domicile:load:wanted`.
"""

from collections.abc import Callable

from serving.engines import metrics
from serving.monitoring.rule import Record
from serving.monitoring.spec import MonitoringSpec, Watched
from serving.scripts.foresight import AT_FIRST, CHANCE, COVERED, COVERED_CLIMBING, DRAIN_S, LATE_IS_WORSE

#: a series of a server by its name, with further matchers
Selector = Callable[..., str]
WANTED = "domicile:load:wanted"
_LOAD, _FORECAST, _CLIMBS = "domicile:load", "domicile:load:forecast", "domicile:load:climbs"
_MISSED, _COST = "domicile:load:missed", "domicile:load:cost"


def lead_minutes(start_s: float) -> int:
    """Until a replica that is asked for serves: its start, and a minute until somebody has looked."""
    return -(-round(start_s + 60) // 60)


def load(server: Watched, here: str) -> str:
    """The requests that would be in flight if none had to wait, as PromQL."""
    names = metrics.of(server.engine, server.release)
    running, waiting = (names[key].of(server.name, more=here) for key in ("running", "waiting"))
    grown = f"sum(deriv({waiting}[2m])) + sum({waiting}) / {DRAIN_S:g}"
    return f"sum({running}) + {server.answer_s} * clamp_min({grown}, 0)"


def records(spec: MonitoringSpec) -> list[Record]:
    """The rules of every server that is scaled; they are evaluated one after another."""
    return [
        record
        for server in spec.servers
        if server.scaled
        for record in _of(server, spec.here, {"server": server.name, "workload": spec.namespace})
    ]


def _of(server: Watched, here: str, labels: dict[str, str]) -> list[Record]:
    only = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))

    def of(name: str, more: str = "") -> str:
        return f"{name}{{{only}{more}}}"

    lead = 60 * lead_minutes(server.start_s)
    now, before = f"avg_over_time({of(_LOAD)}[2m])", f"avg_over_time({of(_LOAD)}[10m] offset 2m)"
    forecasts = {
        "stays": now,
        "rises": f"clamp_min(predict_linear({of(_LOAD)}[10m], {lead}), 0)",
        "leaps": f"clamp_min(predict_linear({of(_LOAD)}[4m], {lead}), 0)",
        "day": _as_before(of(_LOAD), 86_400, lead),
        "week": _as_before(of(_LOAD), 7 * 86_400, lead),
    }
    climbs = f"{now} - {before} > bool {CHANCE:g} * sqrt({before} + 1)"
    missed = f"{of(_LOAD)} - on (server) group_right () ({of(_FORECAST)} offset {lead}s)"
    return [
        Record(_LOAD, load(server, here), labels),
        *(Record(_FORECAST, text, {**labels, "by": name}) for name, text in forecasts.items()),
        Record(_CLIMBS, climbs, labels),
        *(
            Record(_MISSED, f"({missed}) and on (server) ({of(_CLIMBS)} offset {lead}s == {climbing})", known)
            for climbing in (0, 1)
            if (known := {**labels, "climbing": str(climbing)})
        ),
        Record(_COST, f"{LATE_IS_WORSE:g} * clamp_min({of(_MISSED)}, 0) + clamp_min(-{of(_MISSED)}, 0)", labels),
        Record(WANTED, _wanted(of), labels),
    ]


def _as_before(series: str, ago_s: int, lead_s: int) -> str:
    """The most there was then until as long after, as much more or less as the last quarter of an hour was."""
    ratio = f"avg_over_time({series}[15m]) / avg_over_time({series}[15m] offset {ago_s}s)"
    return f"max_over_time({series}[{lead_s}s] offset {ago_s - lead_s}s) * clamp({ratio}, 0.6, 1.6)"


def _wanted(of: Selector) -> str:
    """The forecast that has erred least in a day, and what covers nearly all its errors; at first a fixed share."""
    shares = {0: COVERED, 1: COVERED_CLIMBING}
    found: list[str] = []
    for climbing, share in shares.items():
        when = f',climbing="{climbing}"'
        margin = f"clamp_min(quantile_over_time({share:g}, {of(_MISSED, when)}[1d]), 0)"
        best = f"bottomk by (server) (1, avg_over_time({of(_COST, when)}[1d]))"
        sum_ = f"({of(_FORECAST)} + on (server, by) group_left () {margin}) and on (server, by) {best}"
        found.append(f"max by (server) ({sum_}) and on (server) {of(_CLIMBS)} == {climbing}")
    at_first = f"max by (server) ({of(_LOAD)}) * {1 + AT_FIRST:g}"
    expected = " or on (server) ".join((*(f"({one})" for one in found), f"({at_first})"))
    seen = f"max by (server) ({of(_LOAD)})"
    return f"max by (server) (({expected}) > {seen} or {seen})"
