"""`domicile plan`: the decision and its reasons."""

import dataclasses
from pathlib import Path

from rich.table import Table

from blueprints import load
from blueprints.fleet.resolve import FleetPlan
from blueprints.governed import WorkPlan
from blueprints.load import Plan
from blueprints.platform.resolve import PlatformPlan
from blueprints.scored.resolve import ScoredPlan
from blueprints.served.resolve import ServedPlan
from blueprints.state_store.resolve import StateStorePlan
from blueprints.trained.resolve import TrainedPlan
from cli.output import as_json as print_json
from cli.output import console
from cli.subject import blueprint_of
from serving.decisions.spec import NAME as SERVICE
from serving.queries.spec import QueriesSpec
from serving.retrieval.spec import RetrievalSpec


def run(subject: str, folder: Path, engine: str, *, offline: bool, as_json: bool) -> None:
    """Plan a blueprint, or a stack's, and show it; of a stack, preview it then."""
    file = Path(subject)
    stack = "" if file.is_file() or file.suffix in (".yaml", ".yml") else subject
    if stack:
        file = blueprint_of(stack, folder)
    plan = load.plan(file)
    if as_json:
        print_json(dataclasses.asdict(plan) | {"total_usd": str(plan.cost.total)})
        return
    show(plan)
    if stack:
        from cli import operate

        asked = operate.Run("preview", folder, stack, engine, (), "warn", offline=offline)
        operate.run(asked, as_json=False, yes=True)


def show(plan: Plan) -> None:
    """Write a plan for a person."""
    if isinstance(plan, PlatformPlan):
        _platform(plan)
    elif isinstance(plan, StateStorePlan):
        operators = ", ".join(plan.store.operators)
        console().print(f"[bold]{plan.name}[/] in {plan.region}, {plan.country}, for {operators}")
    elif isinstance(plan, FleetPlan):
        _fleet(plan)
    elif isinstance(plan, ScoredPlan):
        _scored(plan)
    elif isinstance(plan, TrainedPlan):
        _trained(plan)
    else:
        _served(plan)


def _platform(plan: PlatformPlan) -> None:
    out = console()
    zones = ", ".join(plan.cluster.zones)
    out.print(
        f"[bold]{plan.name}[/] in {plan.region}, {plan.country} (zones {zones}), Kubernetes {plan.cluster.version}"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("pool", "purpose", "instance", "accelerators", "nodes", "capacity"):
        table.add_column(column, overflow="fold")
    for pool in plan.pools:
        table.add_row(
            pool.name,
            pool.purpose,
            pool.instance_type,
            f"{pool.per_node} x {pool.accelerator}",
            f"{pool.least} to {pool.most}",
            ", then ".join(pool.capacity),
        )
    out.print(table)
    made = plan.stores.names
    out.print(f"keys for {', '.join(plan.keys.data_classes)}; stores {', '.join(made) or 'none'}")
    out.print(
        f"audit kept {plan.audit.retention_days} days; network {plan.network.cidr}, services {plan.network.services}"
    )
    for line in plan.cost.lines:
        usd = "not priced" if line.usd is None else f"{line.usd:,.2f} USD a month"
        out.print(f"  {line.item}: {usd}: {line.basis}")
    for text in plan.warnings:
        out.print(f"[yellow]warning[/] {text}")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        number = column in ("replicas", "GPUs", "USD/month")
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table


def _servers(plan: ServedPlan) -> Table:
    table = _table("server", "model", "where", "replicas", "GPUs", "USD/month")
    for decision, line in zip(plan.decisions, plan.cost.lines, strict=False):
        zones = ", ".join(f"{zone} x{count}" for zone, count in decision.placed.zones.items())
        table.add_row(
            decision.role,
            decision.model,
            f"pool {decision.placed.pool} ({zones})",
            str(decision.sizing.replicas),
            f"{decision.sizing.gpus_per_replica * decision.sizing.replicas} x {decision.placed.product}",
            "unknown" if line.usd is None else f"{line.usd:,.2f}",
        )
    return table


def _served(plan: ServedPlan) -> None:
    out = console()
    out.print(f"[bold]{plan.name}[/] on {plan.cluster} ({plan.region}, {plan.country})")
    if plan.decisions:
        out.print(_servers(plan))
    if plan.asking:
        out.print(_warehouse(plan.asking.service))
    if plan.retrieval and plan.knowledge:
        out.print(_documents(plan.retrieval, plan.knowledge.ingestion.permissions))
    out.print(f"total {plan.cost.total:,.2f} USD a month of a budget of {plan.budget_usd:,} USD")
    out.print("\n[bold]why[/]")
    for decision, line in zip(plan.decisions, plan.cost.lines, strict=False):
        for reason in decision.sizing.reasons:
            out.print(f"  {decision.role}: {reason}")
        for reason in decision.rejected:
            out.print(f"  {decision.role}: not chosen: {reason}")
        out.print(f"  {decision.role}: price: {line.basis}")
    _rest(plan, len(plan.decisions))


def _documents(service: RetrievalSpec, permissions: str) -> str:
    """Who is answered from which documents."""
    said = f"; {', '.join(service.vouched)} may say which groups a user is in" if service.vouched else ""
    who = f"each user from what the source lets them read{said}" if permissions == "source" else "everybody from all"
    best = f", the best of {service.considered}" if service.reranker else ""
    return f"documents: answers {who}; up to {service.passages} passages{best}, each named"


def _warehouse(service: QueriesSpec) -> str:
    """What may be asked of a warehouse, and what people approve."""
    sensitive = [f"{table.name}.{one.name}" for table in service.tables for one in table.columns if one.sensitive]
    unit = f"{service.unasked / 2**30:g} GiB" if service.engine == "bigquery" else f"{service.unasked:,} rows"
    tables = ", ".join(one.name for one in service.tables)
    people = ", ".join((*sensitive, f"queries that read more than {unit}"))
    return f"warehouse: {service.engine} at {service.address}: {tables}\npeople approve {people}"


def _scored(plan: ScoredPlan) -> None:
    out = console()
    service = plan.service
    out.print(f"[bold]{plan.name}[/] on {plan.cluster} ({plan.region}, {plan.country}), within {service.within_ms} ms")
    table = _table("server", "model", "where", "replicas", "GPUs")
    table.add_row(SERVICE, "the one door: rules, log, people", "processors", str(service.replicas), "0")
    for one in plan.decisions:
        where = f"pool {one.placed.pool}" if one.placed else "processors"
        table.add_row(one.role, one.model, where, str(one.replicas), str(one.gpus * one.replicas))
    out.print(table)
    bounds = [f"{one.name} from {one.at_least:g}{' (people)' if one.people else ''}" for one in service.outcomes]
    if service.choices:
        asked = service.burst
        first = f"; {asked.address} ({asked.country}) is asked first" if asked and asked.first else ""
        out.print(f"chooses {service.most_choices} of {len(service.choices)}{first}")
    out.print(
        f"outcomes: {', '.join(bounds)}; when no model answers {len(service.rules)} rules, then {service.otherwise}"
    )
    out.print(f"total {plan.cost.total:,.2f} USD a month of a budget of {plan.budget_usd:,} USD")
    out.print("\n[bold]why[/]")
    for one in plan.decisions:
        for reason in one.reasons:
            out.print(f"  {one.role}: {reason}")
        for reason in one.rejected:
            out.print(f"  {one.role}: not chosen: {reason}")
    _rest(plan, 0)


def _trained(plan: TrainedPlan) -> None:
    out = console()
    run = plan.training
    out.print(
        f"[bold]{plan.name}[/] on {plan.cluster} ({plan.region}, {plan.country}): run {run.run} makes {run.model}"
    )
    table = _table("base", "where", "nodes", "GPUs", "hours", "USD/month")
    for one, line in zip(plan.decisions, plan.cost.lines, strict=False):
        usd = "unknown" if line.usd is None else f"{line.usd:,.2f}"
        gpus = f"{one.nodes * one.gpus_per_node} x {one.placed.product}"
        table.add_row(one.model, f"pool {one.placed.pool}", str(one.nodes), gpus, f"{one.hours:,.1f}", usd)
    out.print(table)
    again = f"again by '{run.schedule}' ({run.time_zone})" if run.schedule else "once"
    out.print(f"trained {again}; handed over as /models/{run.model}/<version> when it passes {run.gates}")
    out.print(f"total {plan.cost.total:,.2f} USD a month of a budget of {plan.budget_usd:,} USD")
    out.print("\n[bold]why[/]")
    for one in plan.decisions:
        for reason in (*one.reasons, *(f"not chosen: {text}" for text in one.rejected)):
            out.print(f"  {one.role}: {reason}")
    _rest(plan, 0)


def _fleet(plan: FleetPlan) -> None:
    out = console()
    out.print(f"[bold]{plan.name}[/]: {len(plan.sites)} sites, their hub on {plan.cluster} ({plan.region})")
    rings = _table("ring", "sites", "the next one waits")
    for ring in plan.hub.rings:
        rings.add_row(ring.name, str(plan.rings[ring.name]), f"{ring.soak_s / 3600:g} h")
    out.print(rings)
    table = _table("sites", "count", "servers", "USD/month")
    for variant, line in zip(plan.variants, plan.cost.lines, strict=False):
        servers = ", ".join(f"{one.replicas} x {one.model}" for one in variant.plan.decisions)
        table.add_row(variant.name, str(len(variant.sites)), servers, f"{line.usd:,.2f}")
    out.print(table)
    gates = plan.hub.gates
    out.print(
        f"a ring shows {gates.least_requests:,} requests, at most {gates.margin:.1%} more that fail, "
        f"{gates.enough:.0%} of its sites settled; more than {gates.rolled_back:.0%} that go back stop the release"
    )
    out.print(f"total {plan.cost.total:,.2f} USD a month of a budget of {plan.budget_usd:,} USD")
    _rest(plan, len(plan.variants))


def _rest(plan: WorkPlan, priced: int) -> None:
    """The bill's lines after the first ones, warnings, and what was taken for granted."""
    out = console()
    for line in plan.cost.lines[priced:]:
        usd = "not priced" if line.usd is None else f"{line.usd:,.2f} USD a month"
        out.print(f"  {line.item}: {usd}: {line.basis}")
    for text in plan.warnings:
        out.print(f"[yellow]warning[/] {text}")
    if plan.assumed:
        out.print("\n[bold]assumed[/]")
        for text in plan.assumed:
            out.print(f"  {text}")
