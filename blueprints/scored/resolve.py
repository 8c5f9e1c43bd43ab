"""From a workload that decides and an inventory to a plan: every decision, or every reason against. Pure."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from blueprints import governed
from blueprints.governed import WorkPlan
from blueprints.images import IMAGES
from blueprints.refusal import Reason, RefusedError
from blueprints.scored import refused, watching
from blueprints.scored.model import CHALLENGER, REVIEWERS, SCORER, Model, Scored
from blueprints.served.gateway import HIGH_AVAILABILITY, issuers
from blueprints.served.resolve import PROCESSORS
from catalog.inventory import Inventory
from components.document_store.spec import DocumentStoreSpec
from components.feature_store.server import PORT as FEATURES_PORT
from planning import cost
from planning.capacity import Capacity, Placed
from planning.cost import Cost, CostLine
from serving.decisions import spec as decisions
from serving.decisions.spec import NAME, DecisionsSpec
from serving.scorer import ScorerSpec, Shape

#: a server that is wholly needed is one behind which requests wait
USED = 0.7
#: decisions a second of one pod of the service with a processor: 1.5 ms of it for each were measured, a third is left
#: for slower processors and for people who look
DOOR_PER_S = 400.0
MOST_REPLICAS = 64
#: a line of the audit log, and the largest volume that clouds have
AUDIT_BYTES, MOST_AUDIT_GIB = 1000, 16_384
REMEDY = "raise it, keep less, or find a model that carries more a second"
UNASKED = ("availability_percent", "access", "log_values", "rules")


@dataclass(frozen=True, slots=True)
class ScorerDecision:
    """A model's servers: how many, why, and where; ``placed`` is None where processors do."""

    role: str
    model: str
    replicas: int
    gpus: int
    placed: Placed | None
    reasons: tuple[str, ...]
    rejected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPlan(WorkPlan):
    """Everything that will be made, what it costs, and the reasons."""

    decisions: tuple[ScorerDecision, ...]
    documents: DocumentStoreSpec
    scorers: tuple[ScorerSpec, ...]
    service: DecisionsSpec

    @property
    def products(self) -> dict[str, int]:
        """GPUs in use, by product."""
        found: Counter[str] = Counter()
        for one in self.decisions:
            if one.placed is not None:
                found[one.placed.product] += one.gpus * one.replicas
        return dict(found)

    @property
    def replicated(self) -> tuple[Placed, ...]:
        """Where parts with accelerators stand of which there is more than one."""
        return tuple(one.placed for one in self.decisions if one.placed and one.replicas > 1)


def resolve(
    blueprint: Scored, inventory: Inventory, classes: tuple[str, ...] | None = None, *, in_house: bool = True
) -> ScoredPlan:
    """Decide everything; ``classes`` are the classes of data the target has keys for, None where any will do.

    Raises:
        RefusedError: it cannot be planned; carries every reason.
    """
    reasons = refused.reasons(blueprint, inventory, classes, in_house=in_house)
    capacity = Capacity(inventory)
    made: dict[str, ScorerDecision] = {}
    for role, model in _models(blueprint).items():
        found = _decide(blueprint, role, model, capacity)
        if isinstance(found, ScorerDecision):
            made[role] = found
        else:
            reasons.append(found)
    audit_gib = _audit_gib(blueprint)
    if audit_gib > MOST_AUDIT_GIB:
        text = (
            f"the log of {blueprint.data.retention_days} days is {audit_gib:,} GiB for each of {_doors(blueprint)} "
            f"replicas, a volume has {MOST_AUDIT_GIB:,}: keep it for fewer days"
        )
        reasons.append(Reason(("data", "retention_days"), text))
    bill = _bill(blueprint, inventory, made, audit_gib)
    warnings = governed.money(blueprint, bill, REMEDY, reasons)
    if reasons:
        raise RefusedError(tuple(reasons))
    return _plan(blueprint, inventory, made, bill=bill, warnings=warnings)


def _models(blueprint: Scored) -> dict[str, Model]:
    return dict(zip((SCORER, CHALLENGER), blueprint.versions, strict=False))


def _highly_available(blueprint: Scored) -> bool:
    return blueprint.availability_percent > HIGH_AVAILABILITY


def _doors(blueprint: Scored) -> int:
    """Pods of the service: enough for the load, and one more where it must be there."""
    needed = math.ceil(blueprint.demand.busiest_per_s / (USED * DOOR_PER_S))
    return needed + 1 if _highly_available(blueprint) else needed


def _audit_gib(blueprint: Scored) -> int:
    total = blueprint.demand.daily * blueprint.data.retention_days * AUDIT_BYTES / 1024**3
    return math.ceil(total / _doors(blueprint)) + 5


def _stored_gib(blueprint: Scored) -> int:
    """Models in a few versions, and what waits for people."""
    return math.ceil(sum(one.mib for one in blueprint.versions) * 4 / 1024) + 5


def _decide(blueprint: Scored, role: str, model: Model, capacity: Capacity) -> ScorerDecision | Reason:
    busiest = blueprint.demand.busiest_per_s
    needed = math.ceil(busiest / (USED * model.per_second))
    spare = 1 if _highly_available(blueprint) and role == SCORER else 0
    replicas = needed + spare
    name = f"{model.name}@{model.version}"
    where = "model" if role == SCORER else "challenger"
    if replicas > MOST_REPLICAS:
        text = f"{replicas} servers of {model.per_second:g} a second for {busiest:g}: find one that carries more"
        return Reason((where, "per_second"), text)
    reasons = [f"{busiest:g} decisions a second at {USED:.0%} of {model.per_second:g} a server: {needed}"]
    if spare:
        reasons.append("one more, so that it is there when one is not")
    if not model.gpu:
        return ScorerDecision(role, name, replicas, 0, None, tuple(reasons), ())
    rejected: list[str] = []
    for pool in capacity.gpu_pools():
        memory = pool.accelerator.memory_gib if pool.accelerator else 0
        if memory < model.memory_gib:
            rejected.append(f"pool '{pool.name}': {memory} GiB of a GPU's memory, {model.memory_gib} are needed")
            continue
        placed = capacity.take(pool.name, 1, replicas)
        if isinstance(placed, str):
            rejected.append(placed)
            continue
        return ScorerDecision(role, name, replicas, 1, placed, tuple(reasons), tuple(rejected))
    return Reason((where, "gpu"), f"'{name}' finds no place: {'; '.join(rejected) or 'there are no GPU pools'}")


def _bill(blueprint: Scored, inventory: Inventory, made: Mapping[str, ScorerDecision], audit_gib: int) -> Cost:
    lines = [
        cost.gpus(f"{one.role} ({one.model})", inventory, one.placed.pool, one.gpus * one.replicas)
        for one in made.values()
        if one.placed is not None
    ]
    lines.append(cost.volumes(2 * _stored_gib(blueprint) + audit_gib * _doors(blueprint)))
    if blueprint.elsewhere is not None:
        lines.append(CostLine("what goes elsewhere", None, "how much that is, is not foreseen"))
    lines.append(CostLine(PROCESSORS, None, "the catalog has no price of processors and memory without accelerators"))
    return Cost(tuple(lines))


def _plan(
    blueprint: Scored,
    inventory: Inventory,
    made: Mapping[str, ScorerDecision],
    *,
    bill: Cost,
    warnings: tuple[str, ...],
) -> ScoredPlan:
    models = _models(blueprint)
    scorers = tuple(_scorer(blueprint, role, models[role], one) for role, one in made.items())
    service = _service(blueprint, made)
    processors = sum(one.cpu * one.replicas for one in scorers) + service.replicas + 16
    memory = sum(one.memory_gib * one.replicas for one in scorers) + service.replicas + 32
    count = sum(one.replicas for one in scorers) + service.replicas
    return ScoredPlan(
        name=blueprint.name,
        cluster=blueprint.target.cluster,
        region=inventory.region,
        country=inventory.country,
        decisions=tuple(made.values()),
        cost=bill,
        budget_usd=blueprint.budget.monthly_usd,
        warnings=warnings,
        assumed=(*governed.assumed(blueprint, UNASKED), *blueprint.taken_for_granted()),
        # while versions change there may be twice as many pods
        namespace=governed.namespace(
            blueprint,
            gpus=sum(one.gpus * one.replicas for one in scorers),
            cpu=2 * processors,
            memory_gib=2 * memory,
            pods=2 * count + 20,
        ),
        documents=governed.documents(blueprint, _stored_gib(blueprint), (NAME, *made, "application")),
        scorers=scorers,
        service=service,
        monitoring=watching.spec_of(blueprint, scorers, bill),
    )


def _scorer(blueprint: Scored, role: str, model: Model, decision: ScorerDecision) -> ScorerSpec:
    shapes = {one.name: one.shape for one in blueprint.values}
    return ScorerSpec(
        name=role,
        ownership=blueprint.ownership,
        model=model.name,
        version=model.version,
        digest=model.digest,
        format=model.format,
        licence=model.licence,
        inputs=tuple(
            Shape(name=one.name, datatype=one.datatype, dims=shapes[one.field] if one.field else (len(one.fields),))
            for one in model.inputs
        ),
        outputs=tuple(
            Shape(name=one.name, datatype="FP32", dims=(one.size,)) for one in (model.score, model.reasons) if one
        ),
        batch=model.batch,
        gather_ms=min(5.0, blueprint.demand.within_ms / 25),
        replicas=decision.replicas,
        gpus=decision.gpus,
        cpu=model.cpu,
        memory_gib=model.memory_gib,
        gib=round(model.mib / 1024, 3),
        fetch_image=IMAGES["python"],
        clients=(NAME,),
        gpu_label=decision.placed.label if decision.placed else None,
        node_labels=decision.placed.labels if decision.placed else (),
    )


def _asked(blueprint: Scored, role: str, model: Model) -> decisions.Asked:
    shapes = {one.name: one.shape for one in blueprint.values}
    return decisions.Asked(
        server=role,
        name=model.name,
        version=model.version,
        inputs=tuple(
            decisions.Tensor(
                name=one.name,
                datatype=one.datatype,
                fields=tuple(one.fields),
                field=one.field,
                shape=shapes[one.field] if one.field else (),
            )
            for one in model.inputs
        ),
        score=model.score.name,
        index=model.index,
        reasons=model.reasons.name if model.reasons else "",
    )


def _service(blueprint: Scored, made: Mapping[str, ScorerDecision]) -> DecisionsSpec:
    doors = _doors(blueprint)
    carried = blueprint.model.per_second * made[SCORER].replicas
    features, elsewhere = blueprint.looked_up, blueprint.elsewhere
    return DecisionsSpec(
        ownership=blueprint.ownership,
        image=IMAGES["gateway"],
        replicas=doors,
        within_ms=blueprint.demand.within_ms,
        # Little's law: what is under way is what comes a second times how long it takes
        parallel=max(1, math.ceil(carried * blueprint.demand.within_ms / 1000 / doors)),
        fields=blueprint.values,
        model=_asked(blueprint, SCORER, blueprint.model),
        challenger=_asked(blueprint, CHALLENGER, blueprint.challenger) if blueprint.challenger else None,
        outcomes=tuple(
            decisions.Outcome(name=one.name, at_least=one.at_least, people=one.people) for one in blueprint.outcomes
        ),
        rules=tuple(decisions.Rule(**one.model_dump()) for one in blueprint.rules),
        otherwise=blueprint.otherwise,
        callers=tuple(blueprint.access.callers),
        reviewers=REVIEWERS,
        verdicts=blueprint.verdicts,
        issuers=issuers(blueprint.access.identities),
        features=decisions.Features(
            address=f"http://features.{features.namespace}:{FEATURES_PORT}",
            namespace=features.namespace,
            view=features.view,
            entity=features.entity,
            field=features.field,
            names=tuple(features.names),
        )
        if features
        else None,
        burst=decisions.Burst(address=elsewhere.address, country=elsewhere.country, first=blueprint.asked_first)
        if elsewhere
        else None,
        choices=blueprint.choices,
        most_choices=blueprint.most_choices,
        log_values=blueprint.log_values,
        keep_days=blueprint.data.retention_days,
        audit_gib=_audit_gib(blueprint),
        storage_class=blueprint.target.storage_class,
        clients=("application",),
    )
