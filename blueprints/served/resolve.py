"""From a served workload and an inventory to a plan: every decision, or every reason against. Pure."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from blueprints import governed
from blueprints.governed import WorkPlan
from blueprints.images import IMAGES
from blueprints.refusal import Reason, RefusedError
from blueprints.served import (
    adapters,
    batches,
    gateway,
    hours,
    knowledge,
    queries,
    refused,
    retrieval,
    routing,
    watching,
)
from blueprints.served.batches import BatchWork
from blueprints.served.batching import Batching
from blueprints.served.gateway import HIGH_AVAILABILITY
from blueprints.served.knowledge import Knowledge
from blueprints.served.model import Served
from blueprints.served.queries import Asking
from blueprints.served.roles import Part, Role
from catalog import hardware, models
from catalog.inventory import Inventory
from components.namespace.spec import NamespaceSpec
from components.ownership import Ownership
from components.targets import hub_of
from planning import cost, sizing
from planning.capacity import Capacity, Placed, unknown_accelerator
from planning.cost import Cost, CostLine
from planning.sizing import Objective, Sizing
from serving.engines.table import ENGINES, metrics_engine
from serving.gateway.spec import GatewaySpec
from serving.model_server import MAX_START_S, ModelServerSpec, start_budget_s
from serving.retrieval.spec import RetrievalSpec
from serving.router.spec import RouterSpec
from serving.scaling import Hours, ScalingSpec
from serving.weights import WeightsSpec

PROCESSORS = "processors and memory of gateway, stores and jobs"
REMEDY = "raise it, use fewer tokens, allow slower tokens, or choose a smaller model"
#: room for an adapter's files in the volume of weights
ADAPTER_GIB = 1
#: what kind of model does a task
KINDS = {"generate": "llm", "embed": "embedding", "rerank": "reranker"}
#: what nobody is asked for
UNASKED = ("latency", "availability_percent", "models", "window", "worker", "fallback", "review", "access", "answers")


@dataclass(frozen=True, slots=True)
class ServerDecision:
    """One model server: its size, where it goes, and why not elsewhere."""

    role: str
    model: str
    sizing: Sizing
    placed: Placed
    rejected: tuple[str, ...]
    nodes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPlan(WorkPlan):
    """Everything that will be made, what it costs, and the reasons."""

    decisions: tuple[ServerDecision, ...]
    weights: WeightsSpec | None
    servers: tuple[ModelServerSpec, ...]
    scaling: tuple[ScalingSpec, ...]
    routers: tuple[RouterSpec, ...]
    gateway: GatewaySpec
    knowledge: Knowledge | None
    retrieval: RetrievalSpec | None
    batch: BatchWork | None
    asking: Asking | None

    @property
    def products(self) -> dict[str, int]:
        """GPUs in use, by product."""
        found: Counter[str] = Counter()
        for one in self.decisions:
            found[one.placed.product] += one.sizing.gpus_per_replica * one.sizing.replicas
        return dict(found)

    @property
    def replicated(self) -> tuple[Placed, ...]:
        """Where parts with accelerators stand of which there is more than one."""
        return tuple(one.placed for one in self.decisions if one.sizing.replicas > 1)


def resolve(blueprint: Served, inventory: Inventory, classes: tuple[str, ...] | None = None) -> ServedPlan:
    """Decide everything; ``classes`` are the classes of data the target has keys for, None where any will do.

    Raises:
        RefusedError: it cannot be planned; carries every reason.
    """
    reasons = refused.reasons(blueprint, inventory, classes)
    capacity = Capacity(inventory)
    decisions: dict[Role, ServerDecision] = {}
    for role in blueprint.roles():
        found = _decide(blueprint, role, capacity)
        if isinstance(found, ServerDecision):
            decisions[role] = found
        else:
            reasons.append(found)
    reasons += _hours(blueprint, decisions)
    weights_gib = _weights_gib(decisions) + ADAPTER_GIB * len(blueprint.adapters)
    bill = _bill(blueprint, inventory, decisions, weights_gib)
    warnings = governed.money(blueprint, bill, REMEDY, reasons)
    ownership = blueprint.ownership
    servers = {role: _server(blueprint, ownership, role, one) for role, one in decisions.items()}
    door = gateway.spec_of(blueprint, ownership, servers, bill, inventory.country)
    reasons += gateway.refused(blueprint, door)
    if reasons:
        raise RefusedError(tuple(reasons))
    warnings += (*_wide(decisions), *_wakes(blueprint, decisions), *routing.idle(blueprint, door))
    return _plan(blueprint, inventory, decisions, servers, door, weights_gib=weights_gib, bill=bill, warnings=warnings)


def _scaled(decisions: Mapping[Role, ServerDecision]) -> list[tuple[Role, ServerDecision]]:
    return [(role, one) for role, one in decisions.items() if role.generates and role.part is Part.MAIN]


def _hours(blueprint: Served, decisions: Mapping[Role, ServerDecision]) -> list[Reason]:
    """Why hours and sleep do not go together with the plan."""
    available = blueprint.availability_percent > HIGH_AVAILABILITY
    wide = next((role.name for role, one in _scaled(decisions) if one.nodes > 1), "")
    if wide and (blueprint.scales.hours or blueprint.scales.sleep):
        text = f"a replica of {wide} stands on several nodes: there are always as many as are planned"
        return [Reason(("scaling",), text)]
    return [
        reason
        for role, one in _scaled(decisions)
        for reason in hours.refused(
            blueprint.scales,
            most=one.sizing.replicas,
            stands_in=bool(role.fallbacks) or blueprint.outside is not None,
            available=available,
        )
    ]


def _wide(decisions: Mapping[Role, ServerDecision]) -> tuple[str, ...]:
    """What nobody has measured."""
    return tuple(
        f"{one.role}: a replica stands on {one.nodes} nodes; how fast depends on what is between them, which no "
        "measurement of the catalog covers: try it before people count on it"
        for one in decisions.values()
        if one.nodes > 1
    )


def _wakes(blueprint: Served, decisions: Mapping[Role, ServerDecision]) -> tuple[str, ...]:
    """How long a request may wait for a model that sleeps."""
    sleep = blueprint.scales.sleep
    if sleep is None or sleep.first_request != "waits":
        return ()
    rate = blueprint.target.weights_gib_per_s
    return tuple(
        f"after {sleep.after_minutes} minutes without a question, the next one may wait "
        f"{start_budget_s(one.sizing.weights_gib, role.engine, rate)} s until {role.name} is up"
        for role, one in _scaled(decisions)
    )


def _decide(blueprint: Served, role: Role, capacity: Capacity) -> ServerDecision | Reason:
    model = models.find(role.model)
    if model is None:
        known = ", ".join(sorted(models.models()))
        return Reason(role.path, f"the catalog does not know '{role.model}'; it knows {known}")
    wants = KINDS[role.task] if not role.sees else "vlm"
    if model.kind != wants and not (role.generates and model.kind == "vlm"):
        return Reason(role.path, f"'{model.id}' is a model of kind '{model.kind}', here '{wants}' is needed")
    spare = 1 if blueprint.availability_percent > HIGH_AVAILABILITY and role.part is not Part.FALLBACK else 0
    objective = Objective(blueprint.latency.first_token_ms, blueprint.latency.per_token_ms)
    groups = _in_groups(blueprint, role)
    rejected: list[str] = []
    for pool in capacity.gpu_pools():
        unknown = unknown_accelerator(pool)
        if unknown or pool.accelerator is None:
            rejected.append(unknown or f"pool '{pool.name}' has no GPUs")
            continue
        accelerator = hardware.accelerator(pool.accelerator.product)
        assert accelerator is not None  # noqa: S101 unknown_accelerator has just said so
        sized = sizing.smallest(
            model,
            role.precision,
            accelerator,
            role.load,
            objective,
            spare=spare,
            max_gpus=pool.accelerator.count * (pool.count if groups else 1),
            per_node=pool.accelerator.count,
        )
        if isinstance(sized, str):
            rejected.append(f"pool '{pool.name}': {sized}")
            continue
        nodes = max(1, sized.gpus_per_replica // pool.accelerator.count)
        read = sized.weights_gib / nodes
        if start_budget_s(read, role.engine, blueprint.target.weights_gib_per_s) > MAX_START_S:
            rejected.append(
                f"pool '{pool.name}': loading {read:.0f} GiB takes longer than {MAX_START_S} s at "
                f"{blueprint.target.weights_gib_per_s:g} GiB a second (`target.weights_gib_per_s`)"
            )
            continue
        placed = capacity.take(pool.name, sized.gpus_per_replica, sized.replicas)
        if isinstance(placed, str):
            rejected.append(placed)
            continue
        return ServerDecision(role.name, role.model, sized, placed, tuple(rejected), nodes)
    why = "; ".join(rejected) or "there are no GPU pools"
    return Reason(role.path, f"'{role.model}' finds no place: {why}{_hint(blueprint, role, rejected)}")


def _in_groups(blueprint: Served, role: Role) -> bool:
    """Whether a replica of a role may stand on several nodes."""
    able = "multi-node" in ENGINES[role.engine].capabilities and role.generates
    return able and blueprint.target.capabilities.leader_worker_set and not isinstance(blueprint, Batching)


def _hint(blueprint: Served, role: Role, rejected: list[str]) -> str:
    """What would let a model that no node holds stand on several."""
    if _in_groups(blueprint, role) or not any("does not fit" in one for one in rejected):
        return ""
    if "multi-node" not in ENGINES[role.engine].capabilities:
        return " (a replica stands on one node: on several, vllm or sglang could serve it)"
    return " (a replica stands on one node: several need `leader_worker_set` among the target's capabilities)"


def _weights_gib(decisions: Mapping[Role, ServerDecision]) -> int:
    """The volume of the weights; 0 where there are none."""
    weights = {one.model: one.sizing.weights_gib for one in decisions.values()}
    if not weights:
        return 0
    return math.ceil(sum(weights.values()) * 1.3) + 5


def _bill(blueprint: Served, inventory: Inventory, decisions: Mapping[Role, ServerDecision], weights_gib: int) -> Cost:
    lines = [
        cost.gpus(
            f"{one.role} ({one.model})",
            inventory,
            one.placed.pool,
            one.sizing.gpus_per_replica * one.sizing.replicas,
            batches.share(blueprint),
        )
        for one in decisions.values()
    ]
    parts = (
        knowledge.stored_gib,
        retrieval.stored_gib,
        batches.stored_gib,
        queries.stored_gib,
        gateway.storage_gib,
    )
    lines.append(cost.volumes(weights_gib + sum(stored(blueprint) for stored in parts)))
    lines += blueprint.spent
    lines.append(CostLine(PROCESSORS, None, "the catalog has no price of processors and memory without accelerators"))
    return Cost(tuple(lines))


def _plan(
    blueprint: Served,
    inventory: Inventory,
    decisions: Mapping[Role, ServerDecision],
    servers: Mapping[Role, ModelServerSpec],
    door: GatewaySpec,
    *,
    weights_gib: int,
    bill: Cost,
    warnings: tuple[str, ...],
) -> ServedPlan:
    ownership = blueprint.ownership
    return ServedPlan(
        name=blueprint.name,
        cluster=blueprint.target.cluster,
        region=inventory.region,
        country=inventory.country,
        decisions=tuple(decisions.values()),
        cost=bill,
        budget_usd=blueprint.budget.monthly_usd,
        warnings=warnings,
        assumed=(*governed.assumed(blueprint, UNASKED), *blueprint.taken_for_granted()),
        namespace=_namespace(blueprint, tuple(servers.values())),
        weights=WeightsSpec(
            ownership=ownership,
            image=IMAGES["vllm"],
            models=(
                *dict.fromkeys(one.model for one in servers.values()),
                *(one.folder for one in blueprint.adapters),
            ),
            storage_gib=weights_gib,
            storage_class=blueprint.target.shared_storage_class,
            fetch_timeout_s=3600,
            hub=hub_of(blueprint.target),
            pins=tuple(one.pin for one in (*blueprint.pinned, *blueprint.adapters)),
        )
        if servers
        else None,
        servers=tuple(servers.values()),
        scaling=tuple(
            _scaling(blueprint, ownership, one)
            for one in servers.values()
            if one.scaled and not isinstance(blueprint, Batching)
        ),
        routers=routing.decide(tuple(servers.values()), door),
        gateway=door,
        knowledge=knowledge.decide(blueprint, ownership),
        retrieval=retrieval.decide(blueprint, ownership, servers, door),
        batch=batches.decide(blueprint, ownership, servers),
        asking=queries.decide(blueprint, ownership),
        monitoring=watching.spec_of(blueprint, ownership, servers, bill),
    )


def _least(blueprint: Served, replicas: int) -> int:
    """How many replicas there are when nobody asks."""
    return min(replicas, 2 if blueprint.availability_percent > HIGH_AVAILABILITY else 1)


def _server(blueprint: Served, ownership: Ownership, role: Role, decision: ServerDecision) -> ModelServerSpec:
    sized = decision.sizing
    # an autoscaler without room between its bounds is none
    said = blueprint.scales
    follows = bool(said.hours or said.sleep) or not blueprint.target.capabilities.keda
    room = sized.replicas > _least(blueprint, sized.replicas) or follows
    return ModelServerSpec(
        name=role.name,
        ownership=ownership,
        engine=role.engine,
        model=role.model,
        licence=known.licence if (known := models.find(role.model)) else "",
        task=role.task,
        precision=role.precision,
        replicas=sized.replicas,
        gpus=sized.gpus_per_replica,
        gpu_label=decision.placed.label,
        memory_gib=math.ceil(sized.weights_gib / decision.nodes) + 8,
        cpu=4 * sized.gpus_per_replica // decision.nodes,
        nodes=decision.nodes,
        adapters=adapters.of(blueprint.adapters, role.name),
        adapter_rank=adapters.rank(blueprint.adapters, role.name),
        load_gib_per_s=blueprint.target.weights_gib_per_s,
        digest=next((one.digest for one in blueprint.pinned if one.model == role.model), ""),
        max_model_len=sized.max_model_len,
        max_num_seqs=sized.batch,
        weights_gib=round(sized.weights_gib, 2),
        answer_s=role.answer_s,
        clients=(routing.asker(blueprint, role, sized.replicas), f"{role.name}-scaler"),
        # what stands in for another, or is on trial, stands ready as planned
        scaled=role.generates and role.part is Part.MAIN and room and decision.nodes == 1,
        node_labels=decision.placed.labels,
    )


def _scaling(blueprint: Served, ownership: Ownership, server: ModelServerSpec) -> ScalingSpec:
    return ScalingSpec(
        server=server.name,
        engine=metrics_engine(server.engine),
        release=server.runs.release,
        metrics_port=server.runs.metrics_port,
        metrics_path=server.runs.metrics_path,
        ownership=ownership,
        least=_least(blueprint, server.replicas),
        most=server.replicas,
        target=server.max_num_seqs,
        answer_s=server.answer_s,
        start_s=server.start_s,
        keda=blueprint.target.capabilities.keda,
        prometheus="http://prometheus-operated.monitoring:9090",
        image=IMAGES["python"],
        hours=tuple(
            Hours(days=tuple(one.days), from_=one.from_, to=one.to, zone=one.zone, replicas=one.replicas)
            for one in blueprint.scales.hours
        ),
        sleep_s=60 * blueprint.scales.sleep.after_minutes if blueprint.scales.sleep else 0,
    )


def _namespace(blueprint: Served, servers: tuple[ModelServerSpec, ...]) -> NamespaceSpec:
    return governed.namespace(
        blueprint,
        gpus=sum(one.gpus * one.replicas for one in servers),
        cpu=sum(one.cpu * one.nodes * one.replicas for one in servers) + 16,
        memory_gib=sum(one.memory_gib * one.nodes * one.replicas for one in servers) + 64,
        pods=sum(one.replicas for one in servers) + 30,
        claims=governed.CLAIMS + (gateway.replicas(blueprint) if blueprint.knows is not None else 0),
    )
