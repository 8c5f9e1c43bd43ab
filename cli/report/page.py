"""The page: what a decision says, put together."""

import dataclasses
from pathlib import Path
from typing import Any

from catalog import places, tables
from cli.report import charts
from planning import breakeven, cost, demand, levers, placement
from planning.option import Option
from planning.placement import Decision
from planning.workload import Workload

FOLDER = Path(__file__).parent


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """Something on the map: x and y in degrees from the upper left corner."""

    x: float
    y: float
    kind: str
    label: str


def render(workload: Workload) -> str:
    """The page of a workload's decision, self-contained."""
    return fill(FOLDER / "page.html.j2", content(placement.decide(workload)))


def fill(template: Path, content: dict[str, Any]) -> str:
    """A page of ours with its content; what people wrote is escaped. Parts of pages lie beside this module."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([template.parent, FOLDER]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template.name).render(**content)


def land() -> list[str]:
    """The outlines of the continents, as SVG paths."""
    return [row["path"] for row in tables.rows("land")]


def content(decision: Decision) -> dict[str, Any]:
    """What the page shows."""
    workload = decision.workload
    chosen, bill = decision.chosen, cost.bill_of(decision)
    even = breakeven.break_even(decision)
    grouped: dict[tuple[str, ...], list[str]] = {}
    for one in decision.rejected:
        grouped.setdefault(one.reasons, []).append(one.what)
    return {
        "workload": workload,
        "decision": decision,
        "chosen": chosen,
        "bill": bill,
        "units": cost.units(workload, bill) if bill else None,
        "even": even,
        "levers": levers.levers(decision) if decision.winner else (),
        "rejected": grouped,
        "land": land(),
        "marks": marks(decision, chosen),
        "cost_chart": charts.bars(bill) if bill else "",
        "even_chart": charts.curves(even, workload.traffic.requests_per_s) if even else "",
        "time_chart": charts.ownership(even.ownership) if even and even.ownership else "",
        "load_chart": charts.day(demand.hourly(workload)[:24], _replicas(workload, chosen)),
        "objectives": _objectives(workload, chosen),
    }


def marks(decision: Decision, chosen: Option | None) -> list[Mark]:
    """Where people, data, models and runners-up are."""
    workload = decision.workload
    codes = workload.users or workload.data.subjects
    found = [mark(places.countries()[code].place, "people", f"people in {code}") for code in codes]
    for one in decision.runners_up:
        found += _of(one.scored.option, "other", f"{one.scored.option.where}, runner-up")
    if chosen:
        found += _of(chosen, "model", f"{chosen.where}: model and data")
    if decision.training and decision.winner:
        found += _of(decision.training, "training", f"{decision.training.where}: training")
    return found


def _of(option: Option, kind: str, label: str) -> list[Mark]:
    if option.site:
        return [mark(places.countries()[option.site.country].place, kind, label)]
    known = places.regions().get((option.target, option.region))
    if known and known.place:
        return [mark(known.place, kind, label)]
    country = places.countries().get(option.country)
    return [mark(country.place, kind, label)] if country else []


def mark(place: places.Place, kind: str, label: str) -> Mark:
    """A mark at a place."""
    return Mark(round(place.longitude + 180, 1), round(90 - place.latitude, 1), kind, label)


def _replicas(workload: Workload, chosen: Option | None) -> tuple[int, ...] | None:
    return demand.replicas_by_hour(workload, chosen.fit)[:24] if chosen and chosen.fit else None


def _objectives(workload: Workload, chosen: Option | None) -> list[tuple[str, str, str]]:
    asked = workload.objectives
    if chosen is None or chosen.first_ms == 0:
        return []
    rows = [
        ("first answer, p95", f"{asked.first_token_ms:,} ms", f"{chosen.first_ms:,.0f} ms"),
        ("availability", f"{asked.availability_percent:g} %", f"{chosen.availability:.3f} %"),
    ]
    rows.append(("errors", f"{asked.error_percent:g} %", "an alert's threshold, not a plan"))
    if asked.end_to_end_ms:
        rows.append(("whole answer, p95", f"{asked.end_to_end_ms:,} ms", f"{chosen.whole_ms:,.0f} ms"))
    return rows
