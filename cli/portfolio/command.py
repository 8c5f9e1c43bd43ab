"""Every stack in one view: a table, JSON, or a page with a map that opens without a network."""

from dataclasses import asdict, dataclass
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from blueprints import load
from blueprints.fleet.resolve import FleetPlan
from blueprints.governed import Governed, WorkPlan
from blueprints.load import Blueprint, Plan
from blueprints.platform.model import Platform
from blueprints.platform.resolve import PlatformPlan
from blueprints.scored.model import Scored
from blueprints.served.model import Served
from blueprints.state_store.resolve import StateStorePlan
from blueprints.trained.model import Trained
from catalog import places
from catalog.documents import DocumentError
from cli.check.report import Judged, tally
from cli.output import as_json as print_json
from cli.output import console
from cli.report import page
from cli.subject import blueprint_of

TEMPLATE = Path(__file__).parent / "page.html.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A stack. ``usd`` is what is known of its month, ``unpriced`` what is not; ``findings`` is None when not asked.

    ``refused`` says why it has no plan; then it is nowhere and costs nothing yet.
    """

    stack: str
    kind: str = ""
    owner: str = ""
    contact: str = ""
    cost_centre: str = ""
    classes: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    where: str = ""
    region: str = ""
    country: str = ""
    usd: float = 0.0
    budget_usd: float | None = None
    unpriced: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    findings: dict[str, int] | None = None
    refused: str = ""


def run(folder: Path, out: Path | None, *, findings: bool, as_json: bool) -> None:
    """Show every stack of the project.

    Raises:
        ProjectError: there is no project here.
        OSError: the page cannot be written.
    """
    found = rows(folder, findings=findings)
    if out is not None:
        text = page.fill(TEMPLATE, {"rows": found, "land": page.land(), "marks": _marks(found), "total": _total(found)})
        out.write_text(text, encoding="utf-8")
        console().print(f"{out}: {len(found)} stacks, {len(text) / 1024:.0f} KiB, opens without a network")
    elif as_json:
        print_json([asdict(row) for row in found])
    else:
        _show(found)


def rows(folder: Path, *, findings: bool = False) -> list[Row]:
    """Every stack of the project; with ``findings`` the gate is asked about each.

    Raises:
        ProjectError: there is no project here.
    """
    from engine import project as projects

    stacks = tuple(projects.load(folder).stacks())
    judged = _judged(folder, stacks) if findings else {}
    return [_row(stack, blueprint_of(stack, folder), judged.get(stack)) for stack in stacks]


def _judged(folder: Path, stacks: tuple[str, ...]) -> dict[str, Judged]:
    from cli.check.command import Asked, check

    return {one.name: one for one in check(Asked(folder, stacks)).judged}


def _row(stack: str, file: Path, judged: Judged | None) -> Row:
    found = dict(tally(judged.findings)) if judged is not None else None
    try:
        blueprint, plan = load.decide(file)
    except DocumentError as error:
        return Row(stack=stack, findings=found, refused=str(error))
    owner = blueprint.owner
    classes, countries = _data(blueprint, plan)
    return Row(
        stack=stack,
        kind=load.kind_of(blueprint),
        owner=owner.team,
        contact=owner.contact,
        cost_centre=owner.cost_centre,
        classes=classes,
        jurisdictions=countries,
        where=plan.cluster if isinstance(plan, WorkPlan) else plan.region,
        region=plan.region,
        country=plan.country,
        usd=float(plan.cost.total),
        budget_usd=_budget(plan),
        unpriced=tuple(line.item for line in plan.cost.lines if line.usd is None),
        objectives=_objectives(blueprint),
        findings=found,
    )


def _data(blueprint: Blueprint, plan: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The classes of its data, and the countries they must stay in."""
    if isinstance(blueprint, Governed):
        return (blueprint.data.class_,), tuple(blueprint.data.jurisdictions)
    if isinstance(blueprint, Platform):
        return tuple(blueprint.data.classes), tuple(blueprint.data.jurisdictions)
    if isinstance(plan, FleetPlan):
        return (plan.hub.ownership.data_class,), plan.hub.ownership.jurisdictions
    if isinstance(plan, StateStorePlan):
        return (plan.store.ownership.data_class,), plan.store.ownership.jurisdictions
    return (), ()


def _budget(plan: Plan) -> float | None:
    if isinstance(plan, WorkPlan):
        return plan.budget_usd
    return plan.budget.monthly_usd if isinstance(plan, PlatformPlan) else None


def _objectives(blueprint: Blueprint) -> tuple[str, ...]:
    if isinstance(blueprint, Scored):
        return (
            f"{blueprint.availability_percent:g} % available",
            f"decided within {blueprint.demand.within_ms:,} ms",
        )
    if isinstance(blueprint, Trained):
        return (f"trained within {blueprint.deadline_hours:g} h",)
    if not isinstance(blueprint, Served):
        return ()
    latency = blueprint.latency
    return (
        f"{blueprint.availability_percent:g} % available",
        f"first token {latency.first_token_ms:,} ms",
        f"{latency.per_token_ms} ms a token",
    )


def _total(rows: list[Row]) -> float:
    return sum(row.usd for row in rows)


def _marks(rows: list[Row]) -> list[page.Mark]:
    """A mark for each place, with the stacks that are there."""
    there: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.country:
            there.setdefault((row.region, row.country), []).append(row.stack)
    found: list[page.Mark] = []
    for (region, country), stacks in there.items():
        known = next((one.place for (_, name), one in places.regions().items() if name == region and one.place), None)
        of_country = places.countries().get(country)
        place = known or (of_country.place if of_country else None)
        if place is not None:
            found.append(page.mark(place, "model", f"{region}, {country}: {', '.join(stacks)}"))
    return found


def _show(rows: list[Row]) -> None:
    out = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    asked = any(row.findings is not None for row in rows)
    for column in ("stack", "where", "data", "USD/month", "budget", "owner", *(("findings",) if asked else ())):
        number = column in ("USD/month", "budget")
        table.add_column(
            column, justify="right" if number else "left", no_wrap=column in ("stack", "USD/month"), overflow="fold"
        )
    for row in rows:
        if row.refused:
            table.add_row(row.stack, "[red]refused[/]", *[""] * (4 + asked))
            continue
        cells = (
            row.stack,
            f"{row.region}, {row.country}",
            f"{' '.join(row.classes)} in {' '.join(row.jurisdictions)}",
            f"{row.usd:,.2f}{'+' if row.unpriced else ''}",
            f"{row.budget_usd:,.0f}" if row.budget_usd is not None else "",
            row.owner,
        )
        table.add_row(*map(escape, cells), *((said(row),) if asked else ()))
    out.print(table)
    out.print(f"{len(rows)} stacks, {_total(rows):,.2f} USD a month of what has a price (+: a part has none)")
    for row in rows:
        for line in row.refused.splitlines():
            out.print(f"[red]{row.stack}[/] {escape(line)}")


def said(row: Row) -> str:
    """What the gate says of a stack."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted((row.findings or {}).items())) or "none"
