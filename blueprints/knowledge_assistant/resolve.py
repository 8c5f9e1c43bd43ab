"""From a blueprint and an inventory to a plan: every decision, or every reason against. Pure."""

import math
from dataclasses import dataclass

from blueprints.images import IMAGES
from blueprints.knowledge_assistant import gateway, refused, watching
from blueprints.knowledge_assistant.gateway import CHAT, EMBEDDING, FALLBACK, HIGH_AVAILABILITY, NEXT
from blueprints.knowledge_assistant.model import KnowledgeAssistant, SmallerModel
from blueprints.refusal import Reason, RefusedError
from catalog import hardware, models
from catalog.inventory import Inventory
from components.document_store.spec import DocumentStoreSpec
from components.namespace.spec import NamespaceSpec
from components.ownership import PREFIX, Ownership
from components.vector_store.spec import VectorStoreSpec
from planning import cost, sizing
from planning.capacity import Capacity, Placed, unknown_accelerator
from planning.cost import Cost, CostLine
from planning.sizing import Load, Objective, Sizing
from serving.engines.table import metrics_engine
from serving.gateway.spec import PORT, GatewaySpec
from serving.ingestion import IngestionSpec
from serving.model_server import MAX_START_S, ModelServerSpec, start_budget_s
from serving.monitoring.spec import MonitoringSpec
from serving.scaling import ScalingSpec
from serving.weights import WeightsSpec

WORDS_PER_PAGE = 400
PASSAGE_WORDS = 260
VECTOR_BYTES = 1024 * 4 * 2
DOCUMENT_MIB_PER_PAGE = 0.1
PROCESSORS = "processors and memory of gateway, stores and jobs"


@dataclass(frozen=True, slots=True)
class ServerDecision:
    """One model server: its size, where it goes, and why not elsewhere."""

    role: str
    model: str
    sizing: Sizing
    placed: Placed
    rejected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnowledgeAssistantPlan:
    """Everything that will be made, what it costs, and the reasons."""

    name: str
    cluster: str
    region: str
    country: str
    decisions: tuple[ServerDecision, ...]
    cost: Cost
    budget_usd: int
    warnings: tuple[str, ...]
    assumed: tuple[str, ...]
    namespace: NamespaceSpec
    weights: WeightsSpec
    servers: tuple[ModelServerSpec, ...]
    scaling: tuple[ScalingSpec, ...]
    gateway: GatewaySpec
    vectors: VectorStoreSpec
    documents: DocumentStoreSpec
    ingestion: IngestionSpec
    monitoring: MonitoringSpec

    @property
    def gpus(self) -> int:
        """GPUs in use."""
        return sum(one.sizing.gpus_per_replica * one.sizing.replicas for one in self.decisions)


@dataclass(frozen=True, slots=True)
class _Demand:
    role: str
    model: str
    precision: str
    load: Load
    path: tuple[str, ...]


def resolve(
    blueprint: KnowledgeAssistant, inventory: Inventory, classes: tuple[str, ...] | None = None
) -> KnowledgeAssistantPlan:
    """Decide everything; ``classes`` are the classes of data the target has keys for, None where any will do.

    Raises:
        RefusedError: it cannot be planned; carries every reason.
    """
    reasons = [*refused.by_law(blueprint, inventory), *refused.by_engine(blueprint)]
    if classes is not None and blueprint.data.class_ not in classes:
        text = f"the platform has keys for {', '.join(classes)}: add the class there, or choose another platform"
        reasons.append(Reason(("data", "class"), text))
    capacity = Capacity(inventory)
    decisions: list[ServerDecision] = []
    for demand in _demands(blueprint):
        found = _decide(blueprint, demand, capacity)
        if isinstance(found, ServerDecision):
            decisions.append(found)
        else:
            reasons.append(found)
    stored = _Stored.of(blueprint, decisions)
    bill = _bill(inventory, decisions, stored)
    warnings = _money(blueprint, bill, reasons)
    if reasons:
        raise RefusedError(tuple(reasons))
    return _plan(blueprint, inventory, tuple(decisions), stored=stored, bill=bill, warnings=warnings)


def _demands(blueprint: KnowledgeAssistant) -> list[_Demand]:
    users = blueprint.users
    rate = users.active * users.questions_per_day * users.busiest_hour_share / 3600
    chat = Load(rate, users.prompt_tokens, users.answer_tokens)
    found = [
        _Demand(EMBEDDING, blueprint.models.embedding, "bf16", Load(rate + 1, 512, 1), ("models", "embedding")),
        _Demand(CHAT, blueprint.models.chat, blueprint.models.precision, chat, ("models", "chat")),
    ]
    if isinstance(blueprint.fallback, SmallerModel):
        found.append(
            _Demand(FALLBACK, blueprint.fallback.model, blueprint.models.precision, chat, ("fallback", "model"))
        )
    candidate = blueprint.models.candidate
    if candidate:
        found.append(_Demand(NEXT, candidate.model, candidate.precision, chat, ("models", "candidate")))
    return found


def _decide(blueprint: KnowledgeAssistant, demand: _Demand, capacity: Capacity) -> ServerDecision | Reason:
    model = models.find(demand.model)
    if model is None:
        known = ", ".join(sorted(models.models()))
        return Reason(demand.path, f"the catalog does not know '{demand.model}'; it knows {known}")
    wants = "embedding" if demand.role == EMBEDDING else "llm"
    if model.kind != wants:
        return Reason(demand.path, f"'{model.id}' is a model of kind '{model.kind}', here '{wants}' is needed")
    spare = 1 if blueprint.availability_percent > HIGH_AVAILABILITY and demand.role != FALLBACK else 0
    objective = Objective(blueprint.latency.first_token_ms, blueprint.latency.per_token_ms)
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
            demand.precision,
            accelerator,
            demand.load,
            objective,
            spare=spare,
            max_gpus=pool.accelerator.count,
        )
        if isinstance(sized, str):
            rejected.append(f"pool '{pool.name}': {sized}")
            continue
        placed = capacity.take(pool.name, sized.gpus_per_replica, sized.replicas)
        if isinstance(placed, str):
            rejected.append(placed)
            continue
        engine = gateway.engine_of(blueprint, demand.role)
        if start_budget_s(sized.weights_gib, engine) > MAX_START_S:
            rejected.append(
                f"pool '{pool.name}': loading {sized.weights_gib:.0f} GiB takes longer than {MAX_START_S} s"
            )
            continue
        return ServerDecision(demand.role, demand.model, sized, placed, tuple(rejected))
    return Reason(demand.path, f"'{demand.model}' finds no place: {'; '.join(rejected) or 'there are no GPU pools'}")


@dataclass(frozen=True, slots=True)
class _Stored:
    """The volumes of an assistant, in GiB. Stores have a second one of the same size for their backups."""

    weights: int
    vectors: int
    documents: int
    gateway: int
    vectors_in_memory: int

    @classmethod
    def of(cls, blueprint: KnowledgeAssistant, decisions: list[ServerDecision]) -> "_Stored":
        documents = blueprint.documents
        pages = documents.count * documents.mean_pages
        vectors = math.ceil(pages * WORDS_PER_PAGE / PASSAGE_WORDS) * VECTOR_BYTES / 1024**3
        weights = {one.model: one.sizing.weights_gib for one in decisions}
        return cls(
            weights=math.ceil(sum(weights.values()) * 1.3) + 5,
            vectors=math.ceil(3 * vectors) + 10,
            documents=math.ceil(pages * DOCUMENT_MIB_PER_PAGE / 1024) + 10,
            gateway=gateway.storage_gib(blueprint),
            vectors_in_memory=math.ceil(vectors) + 1,
        )

    @property
    def total(self) -> int:
        return self.weights + 2 * self.vectors + 2 * self.documents + self.gateway


def _bill(inventory: Inventory, decisions: list[ServerDecision], stored: _Stored) -> Cost:
    lines = [
        cost.gpus(
            f"{one.role} ({one.model})", inventory, one.placed.pool, one.sizing.gpus_per_replica * one.sizing.replicas
        )
        for one in decisions
    ]
    lines.append(cost.volumes(stored.total))
    lines.append(CostLine(PROCESSORS, None, "the catalog has no price of processors and memory without accelerators"))
    return Cost(tuple(lines))


def _money(blueprint: KnowledgeAssistant, bill: Cost, reasons: list[Reason]) -> tuple[str, ...]:
    warnings = [f"no price is known for {item}: the total leaves it out" for item in bill.unknown]
    limit = blueprint.budget.monthly_usd
    if bill.total > limit:
        text = f"the plan costs {bill.total:,.2f} USD a month, the budget is {limit:,} USD"
        if blueprint.budget.when_exceeded == "refuse":
            remedy = "raise it, use fewer tokens, allow slower tokens, or choose a smaller model"
            reasons.append(Reason(("budget", "monthly_usd"), f"{text}: {remedy}"))
        else:
            warnings.append(text)
    return tuple(warnings)


def _plan(
    blueprint: KnowledgeAssistant,
    inventory: Inventory,
    decisions: tuple[ServerDecision, ...],
    *,
    stored: _Stored,
    bill: Cost,
    warnings: tuple[str, ...],
) -> KnowledgeAssistantPlan:
    ownership = Ownership(
        workload=blueprint.name,
        owner=blueprint.owner.team,
        cost_centre=blueprint.owner.cost_centre,
        data_class=blueprint.data.class_,
        jurisdictions=tuple(blueprint.data.jurisdictions),
    )
    servers = tuple(_server(blueprint, ownership, one) for one in decisions)
    return KnowledgeAssistantPlan(
        name=blueprint.name,
        cluster=blueprint.target.cluster,
        region=inventory.region,
        country=inventory.country,
        decisions=decisions,
        cost=bill,
        budget_usd=blueprint.budget.monthly_usd,
        warnings=warnings,
        assumed=_assumed(blueprint),
        namespace=_namespace(blueprint, ownership, servers),
        weights=WeightsSpec(
            ownership=ownership,
            image=IMAGES["vllm"],
            models=tuple(dict.fromkeys(one.model for one in servers)),
            storage_gib=stored.weights,
            storage_class=blueprint.target.shared_storage_class,
            fetch_timeout_s=3600,
        ),
        servers=servers,
        scaling=tuple(_scaling(blueprint, ownership, one) for one in servers if one.scaled),
        gateway=gateway.spec_of(blueprint, ownership, servers, bill, inventory.country),
        vectors=_vectors(blueprint, ownership, stored),
        documents=_documents(blueprint, ownership, stored),
        ingestion=IngestionSpec(
            ownership=ownership,
            image=IMAGES["python"],
            schedule=blueprint.documents.refresh,
            collection=blueprint.name,
            alias=EMBEDDING,
            reaches=(("documents", 8888), ("vectors", 6333), ("gateway", PORT)),
        ),
        monitoring=watching.spec_of(blueprint, ownership, servers, bill),
    )


def _server(blueprint: KnowledgeAssistant, ownership: Ownership, decision: ServerDecision) -> ModelServerSpec:
    sized = decision.sizing
    generates = decision.role != EMBEDDING
    return ModelServerSpec(
        name=decision.role,
        ownership=ownership,
        engine=gateway.engine_of(blueprint, decision.role),
        model=decision.model,
        licence=known.licence if (known := models.find(decision.model)) else "",
        task="generate" if generates else "embed",
        precision=gateway.precision_of(blueprint, decision.role),
        replicas=sized.replicas,
        gpus=sized.gpus_per_replica,
        gpu_product=decision.placed.product,
        memory_gib=math.ceil(sized.weights_gib) + 8,
        cpu=4 * sized.gpus_per_replica,
        max_model_len=sized.max_model_len,
        max_num_seqs=sized.batch,
        weights_gib=round(sized.weights_gib, 2),
        answer_s=math.ceil(blueprint.users.answer_tokens * blueprint.latency.per_token_ms / 1000) if generates else 5,
        clients=("gateway", f"{decision.role}-scaler"),
        scaled=decision.role == CHAT,
        node_labels=decision.placed.labels,
    )


def _scaling(blueprint: KnowledgeAssistant, ownership: Ownership, server: ModelServerSpec) -> ScalingSpec:
    return ScalingSpec(
        server=server.name,
        engine=metrics_engine(server.engine),
        release=server.runs.release,
        metrics_port=server.runs.metrics_port,
        metrics_path=server.runs.metrics_path,
        ownership=ownership,
        least=1 if server.replicas == 1 else 2 if blueprint.availability_percent > HIGH_AVAILABILITY else 1,
        most=server.replicas,
        keda=blueprint.target.capabilities.keda,
        prometheus="http://prometheus-operated.monitoring:9090",
        image=IMAGES["python"],
    )


def _vectors(blueprint: KnowledgeAssistant, ownership: Ownership, stored: _Stored) -> VectorStoreSpec:
    return VectorStoreSpec(
        name="vectors",
        ownership=ownership,
        image=IMAGES["qdrant"],
        storage_gib=stored.vectors,
        storage_class=blueprint.target.storage_class,
        memory_gib=stored.vectors_in_memory,
        clients=("ingestion", "assistant"),
        backup_image=IMAGES["curl"],
        backup_schedule="45 3 * * *",
        keep_backups=min(blueprint.data.retention_days, 14),
    )


def _documents(blueprint: KnowledgeAssistant, ownership: Ownership, stored: _Stored) -> DocumentStoreSpec:
    return DocumentStoreSpec(
        name="documents",
        ownership=ownership,
        image=IMAGES["seaweedfs"],
        storage_gib=stored.documents,
        storage_class=blueprint.target.storage_class,
        memory_gib=1,
        clients=("ingestion", "assistant"),
        backup_image=IMAGES["python"],
        backup_schedule="15 3 * * *",
        keep_backups=min(blueprint.data.retention_days, 14),
    )


def _namespace(
    blueprint: KnowledgeAssistant, ownership: Ownership, servers: tuple[ModelServerSpec, ...]
) -> NamespaceSpec:
    gpus = sum(one.gpus * one.replicas for one in servers)
    cpu = sum(one.cpu * one.replicas for one in servers) + 16
    memory = sum(one.memory_gib * one.replicas for one in servers) + 64
    annotations = (
        (f"{PREFIX}/contact", blueprint.owner.contact),
        (f"{PREFIX}/monthly-budget-usd", str(blueprint.budget.monthly_usd)),
        (f"{PREFIX}/retention-days", str(blueprint.data.retention_days)),
        (f"{PREFIX}/jurisdictions", ",".join(blueprint.data.jurisdictions)),
    )
    quota = {
        "requests.nvidia.com/gpu": str(gpus),
        "requests.cpu": str(cpu),
        "requests.memory": f"{memory}Gi",
        "persistentvolumeclaims": "10",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
        "pods": str(sum(one.replicas for one in servers) + 30),
    }
    return NamespaceSpec(name=blueprint.name, ownership=ownership, quota=quota, annotations=annotations)


def _assumed(blueprint: KnowledgeAssistant) -> tuple[str, ...]:
    """What the blueprint left to its defaults."""
    found: list[str] = []
    for name in ("latency", "availability_percent", "models", "fallback", "review", "access", "answers"):
        if name not in blueprint.model_fields_set:
            value = getattr(blueprint, name)
            shown = value.model_dump() if hasattr(value, "model_dump") else value
            found.append(f"{name} = {shown}")
    load = ("questions_per_day", "busiest_hour_share", "prompt_tokens", "answer_tokens")
    unset = [name for name in load if name not in blueprint.users.model_fields_set]
    found += [f"users.{name} = {getattr(blueprint.users, name)}" for name in unset]
    return tuple(found)
