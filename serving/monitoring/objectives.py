"""Objectives as rules: the share of bad requests over several windows, and how fast it burns the budget of errors.

The windows and factors are those of the SRE Workbook, chapter 5: an alert needs a long window, so that it matters, and
a short one, so that it ends when the trouble does. Without traffic a share is not a number, and nothing fires.
"""

from dataclasses import dataclass

from serving.monitoring import doors
from serving.monitoring.rule import Alert, Record
from serving.monitoring.spec import MonitoringSpec

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
#: factor, long window, short window, severity
BURNS = (
    (14.4, "1h", "5m", "page"),
    (6.0, "6h", "30m", "page"),
    (3.0, "1d", "2h", "ticket"),
    (1.0, "3d", "6h", "ticket"),
)
#: an objective so low that no error rate could burn its budget fast is alerted on when nearly all requests are bad
MOST = 0.9


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective of one alias: which of its requests are bad, out of which, and the share that may be.

    Where ``bad`` is empty, they are all but ``good``.
    """

    workload: str
    name: str
    alias: str
    bad: str
    good: str
    all: str
    budget: float


def objectives(spec: MonitoringSpec) -> list[Objective]:
    """The objectives of a workload."""
    workload = spec.ownership.workload
    available, quick = (round(1 - percent / 100, 6) for percent in (spec.availability_percent, spec.latency_percent))
    return [
        one
        for alias in spec.aliases
        for one in (
            Objective(
                workload,
                "availability",
                alias,
                doors.failed(spec, alias),
                "",
                doors.requests(spec, alias),
                available,
            ),
            Objective(workload, "latency", alias, *doors.slow(spec, alias), quick),
        )
    ]


def ratio(objective: Objective, window: str) -> str:
    """The share of bad requests over a window; no bad ones at all is 0, no requests at all is not a number."""
    counted = objective.bad or objective.good
    share = f"(sum(rate({counted}[{window}])) or vector(0)) / sum(rate({objective.all}[{window}]))"
    return share if objective.bad else f"1 - {share}"


def _recorded(objective: Objective, window: str) -> str:
    only = f'alias="{objective.alias}",objective="{objective.name}",workload="{objective.workload}"'
    return f"domicile:bad:ratio_rate{window}{{{only}}}"


def records(spec: MonitoringSpec) -> list[Record]:
    """The recording rules."""
    return [
        Record(
            f"domicile:bad:ratio_rate{window}",
            ratio(objective, window),
            {"alias": objective.alias, "objective": objective.name, "workload": spec.ownership.workload},
        )
        for objective in objectives(spec)
        for window in WINDOWS
    ]


def alerts(spec: MonitoringSpec) -> list[Alert]:
    """The burn-rate alerts: for each objective a page and a ticket."""
    return [
        Alert(
            name="AvailabilityBurn" if objective.name == "availability" else "LatencyBurn",
            expression=" or ".join(
                _burning(objective, factor, long, short) for factor, long, short, kind in BURNS if kind == severity
            ),
            lasting="2m" if severity == "page" else "15m",
            severity=severity,
            summary=f"{objective.alias}: bad requests use up the error budget ({objective.name}) too fast",
            labels={"alias": objective.alias},
        )
        for objective in objectives(spec)
        for severity in ("page", "ticket")
    ]


def _burning(objective: Objective, factor: float, long: str, short: str) -> str:
    limit = round(min(factor * objective.budget, MOST), 6)
    return f"({_recorded(objective, long)} > {limit} and {_recorded(objective, short)} > {limit})"
