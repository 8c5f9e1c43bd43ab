"""Records that auditors ask for, from the blueprint and the plan: model card, data sheet, impact assessment."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from blueprints.governance import practices
from blueprints.governance.practices import Judged, Situation
from blueprints.governed import Governed
from blueprints.scored.model import Scored
from blueprints.scored.resolve import ScoredPlan
from blueprints.served.model import Served
from blueprints.served.resolve import ServedPlan
from blueprints.trained.model import Trained
from blueprints.trained.resolve import TrainedPlan
from catalog import models as catalog
from components.document_store.spec import DocumentStoreSpec
from components.vector_store.spec import VectorStoreSpec

TEMPLATES = Path(__file__).parent / "templates"
NAMES = ("model-card", "data-sheet", "impact-assessment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A model as the card has it; blank where it is not known."""

    part: str
    model: str
    licence: str
    parameters: str
    where: str
    replicas: int
    accelerators: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A store: its volume, and how long its backups are kept."""

    name: str
    gib: int
    backups: str


def records(situation: Situation, file: str) -> dict[str, str]:
    """The records by file name; ``file`` is how they name the blueprint. The same for the same files."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 it is Markdown, of the workload's own words
    )
    judged = practices.judge(situation)
    told: dict[str, Any] = {
        "file": file,
        "blueprint": situation.blueprint,
        "plan": situation.plan,
        "risk": situation.blueprint.risk,
        "judged": judged,
        "needs": situation.needs,
        "models": list(_models(situation)),
        "reasons": list(_reasons(situation)),
        "objectives": list(_objectives(situation)),
        "oversight": list(_oversight(judged)),
        "stores": list(_stores(situation)),
        "reached": list(_reached(situation)),
        "logged": _logged(situation.blueprint, judged),
    }
    return {f"{name}.md": environment.get_template(f"{name}.md.j2").render(told) for name in NAMES}


def _models(one: Situation) -> Iterator[Card]:
    plan = one.plan
    if isinstance(plan, ScoredPlan):
        for scorer, decision in zip(plan.scorers, plan.decisions, strict=True):
            yield Card(
                part=scorer.name,
                model=f"{scorer.model}@{scorer.version} ({scorer.format}, {scorer.digest[:19]})",
                licence=scorer.licence,
                parameters="",
                where=f"pool {decision.placed.pool}" if decision.placed else "processors",
                replicas=scorer.replicas,
                accelerators=f"{scorer.gpus} each" if scorer.gpus else "none",
            )
        return
    if isinstance(plan, TrainedPlan):
        (run,) = plan.decisions
        yield Card(
            part=f"base of {plan.training.model}",
            model=run.model,
            licence=known.licence if (known := catalog.find(run.model)) is not None else "",
            parameters=_parameters(run.model),
            where=f"pool {run.placed.pool}, {run.hours:g} hours",
            replicas=run.nodes,
            accelerators=f"{run.gpus_per_node} x {run.placed.product} each",
        )
        return
    if not isinstance(plan, ServedPlan):
        return
    for server, decision in zip(plan.servers, plan.decisions, strict=True):
        yield Card(
            part=server.name,
            model=f"{server.model} ({server.precision}, {server.engine} {server.runs.release})",
            licence=server.licence,
            parameters=_parameters(server.model),
            where=f"pool {decision.placed.pool}",
            replicas=server.replicas,
            accelerators=f"{server.gpus} x {decision.placed.product} each",
        )
    for adapter in one.blueprint.adapters if isinstance(one.blueprint, Served) else ():
        said = adapter.registry
        yield Card(
            part=adapter.alias,
            model=f"{said.name}@{said.version} of {said.address}, an adapter of {adapter.of}",
            licence=said.licence or "as its tags in the registry say",
            parameters="",
            where=f"with {adapter.of}",
            replicas=next(server.replicas for server in plan.servers if server.name == adapter.of),
            accelerators=f"those of {adapter.of}",
        )
    outside = one.blueprint.outside if isinstance(one.blueprint, Served) else None
    if outside is not None:
        yield Card(
            part=outside.alias,
            model=outside.endpoint.model,
            licence="by its vendor's contract",
            parameters="",
            where=f"{outside.endpoint.address}, in {outside.endpoint.country}",
            replicas=0,
            accelerators="none of ours",
        )


def _parameters(model: str) -> str:
    known = catalog.find(model)
    return f"{known.params_b:g} billion" if known is not None and known.params_b is not None else ""


def _reasons(one: Situation) -> Iterator[str]:
    if isinstance(one.plan, ScoredPlan):
        for scored in one.plan.decisions:
            yield from (f"{scored.role}: {text}" for text in scored.reasons)
    if isinstance(one.plan, TrainedPlan):
        for trained in one.plan.decisions:
            yield from (f"{trained.role}: {text}" for text in trained.reasons)
    if isinstance(one.plan, ServedPlan):
        for served in one.plan.decisions:
            yield from (f"{served.role}: {text}" for text in served.sizing.reasons)


def _objectives(one: Situation) -> Iterator[str]:
    blueprint = one.blueprint
    if isinstance(blueprint, Trained):
        yield f"a run ends within {blueprint.deadline_hours:g} hours"
        for gate in blueprint.gates:
            bound = f"at least {gate.at_least:g}" if gate.at_least is not None else f"at most {gate.at_most:g}"
            yield f"nothing is handed over unless {gate.measure} is {bound}"
    else:
        yield f"{blueprint.availability_percent:g} % of requests are answered"
    if isinstance(blueprint, Scored):
        yield f"95 % within {blueprint.demand.within_ms:,} ms"
    if isinstance(blueprint, Served):
        latency = blueprint.latency
        yield f"95 % begin within {latency.first_token_ms:,} ms and go on with a token each {latency.per_token_ms:,} ms"
    yield f"it costs {one.plan.cost.total:,.0f} USD a month, {blueprint.budget.monthly_usd:,} at most"


def _oversight(judged: tuple[Judged, ...]) -> Iterator[str]:
    wanted = ("fallback", "people-look", "redaction", "alerts-arrive")
    for one in judged:
        if one.practice.id in wanted:
            yield f"{one.practice.title}: {one.seen.says}"


def _stores(one: Situation) -> Iterator[Stored]:
    plan = one.plan
    specs: list[DocumentStoreSpec | VectorStoreSpec] = []
    audit, replicas = 0, 0
    if isinstance(plan, ScoredPlan):
        specs.append(plan.documents)
        audit, replicas = plan.service.audit_gib, plan.service.replicas
    if isinstance(plan, TrainedPlan):
        specs.append(plan.documents)
        yield Stored(name="checkpoints", gib=plan.training.checkpoints_gib, backups="none")
    if isinstance(plan, ServedPlan):
        specs += [plan.knowledge.documents, plan.knowledge.vectors] if plan.knowledge is not None else []
        specs += [plan.batch.documents] if plan.batch is not None else []
        audit, replicas = plan.gateway.audit_gib, plan.gateway.replicas
    if isinstance(plan, ServedPlan) and plan.retrieval is not None:
        logs = f"log of who was shown what, of each of {plan.retrieval.replicas} replicas"
        yield Stored(name=logs, gib=plan.retrieval.audit_gib, backups="none")
    for spec in specs:
        yield Stored(name=spec.name, gib=spec.storage_gib, backups=f"{spec.keep_backups} days")
    if replicas:
        yield Stored(name=f"audit log of each of {replicas} replicas", gib=audit, backups="none")


def _reached(one: Situation) -> Iterator[str]:
    blueprint = one.blueprint
    if isinstance(blueprint, Scored):
        yield f"asked by {', '.join(blueprint.access.callers)}, with a key each"
    if isinstance(blueprint, Trained):
        yield "its own pods, and the store of its data and models"
    if isinstance(blueprint, Served):
        yield f"asked by {', '.join(team.name for team in blueprint.access.teams)}, with a key each"
    yield from blueprint.exposed or ("from outside the cluster nobody reaches it, and it asks nobody there",)


def _logged(blueprint: Governed, judged: tuple[Judged, ...]) -> str:
    if isinstance(blueprint, Trained):
        return "Of each version: its base, its dataset with the digest, its image, its measures."
    return next(one.seen.says for one in judged if one.practice.id == "no-texts-in-logs") + "."
