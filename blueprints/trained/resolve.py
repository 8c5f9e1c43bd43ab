"""From a workload that trains and an inventory to a plan: every decision, or every reason against. Pure."""

import json
import math
from dataclasses import dataclass

from blueprints import governed, pinned
from blueprints.governed import WorkPlan
from blueprints.images import IMAGES
from blueprints.refusal import Reason, RefusedError
from blueprints.served.resolve import PROCESSORS
from blueprints.trained.model import Trained
from catalog import hardware, models
from catalog.inventory import Inventory
from components.document_store.spec import DocumentStoreSpec
from components.ownership import digest
from components.targets import hub_of
from planning import cost, demand
from planning.capacity import Capacity, Placed, unknown_accelerator
from planning.cost import HOURS_PER_MONTH, Cost, CostLine
from planning.demand import Run
from serving.monitoring.spec import MonitoringSpec
from serving.training import CHECKPOINTS, NAME, TrainingSpec
from serving.weights import WeightsSpec

#: models of so many versions are kept beside the dataset; checkpoints of so many steps beside each other
VERSIONS, KEPT_CHECKPOINTS = 3, 4
#: GiB of a thousand million parameters: two bytes each, and with the optimiser's state sixteen
GIB_PER_B, FULL_GIB_PER_B = 1.9, 15.0
LATE = 1.5
REMEDY = "raise it, train on fewer tokens, an adapter instead of all parameters, or give it more time"
UNASKED = ("deadline_hours", "attempts", "run", "measures")


@dataclass(frozen=True, slots=True)
class RunDecision:
    """The run: its size, where it goes, and why not elsewhere."""

    role: str
    model: str
    nodes: int
    gpus_per_node: int
    hours: float
    placed: Placed
    reasons: tuple[str, ...]
    rejected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedPlan(WorkPlan):
    """Everything that will be made, what it costs, and the reasons."""

    decisions: tuple[RunDecision, ...]
    documents: DocumentStoreSpec
    weights: WeightsSpec
    training: TrainingSpec

    @property
    def products(self) -> dict[str, int]:
        """GPUs in use, by product."""
        return {one.placed.product: one.nodes * one.gpus_per_node for one in self.decisions}

    @property
    def replicated(self) -> tuple[Placed, ...]:
        """None: its pods are one, and a zone that goes ends a run that goes on from its checkpoint."""
        return ()


def resolve(blueprint: Trained, inventory: Inventory, classes: tuple[str, ...] | None = None) -> TrainedPlan:
    """Decide everything; ``classes`` are the classes of data the target has keys for, None where any will do.

    Raises:
        RefusedError: it cannot be planned; carries every reason.
    """
    reasons = [
        *governed.refused(blueprint, inventory, classes),
        *pinned.unpinned(blueprint.pinned, (blueprint.base,)),
        *blueprint.refusals(),
    ]
    found = _decide(blueprint, inventory)
    if isinstance(found, Reason):
        raise RefusedError((*reasons, found))
    bill = _bill(blueprint, inventory, found)
    warnings = governed.money(blueprint, bill, REMEDY, reasons)
    if reasons:
        raise RefusedError(tuple(reasons))
    return _plan(blueprint, inventory, found, bill=bill, warnings=warnings)


def _decide(blueprint: Trained, inventory: Inventory) -> RunDecision | Reason:
    """The first pool, smallest GPUs first, that finishes the run in time."""
    model = models.find(blueprint.base)
    if model is None or model.params_b is None:
        return Reason(("base",), f"the catalog does not know '{blueprint.base}', or not its size")
    capacity = Capacity(inventory)
    rejected: list[str] = []
    for pool in capacity.gpu_pools():
        unknown = unknown_accelerator(pool)
        accelerator = hardware.accelerator(pool.accelerator.product) if pool.accelerator else None
        if unknown or pool.accelerator is None or accelerator is None:
            rejected.append(unknown or f"pool '{pool.name}' has no GPUs")
            continue
        run = demand.run(blueprint.demand, accelerator)
        if isinstance(run, str):
            rejected.append(f"pool '{pool.name}': {run}")
            continue
        per_node = min(run.gpus, pool.accelerator.count)
        nodes = math.ceil(run.gpus / per_node)
        placed = capacity.take(pool.name, per_node, nodes)
        if isinstance(placed, str):
            rejected.append(placed)
            continue
        return _decision(blueprint, run, placed, nodes=nodes, per_node=per_node, rejected=tuple(rejected))
    return Reason(("base",), f"'{model.id}' finds no place: {'; '.join(rejected) or 'there are no GPU pools'}")


def _decision(
    blueprint: Trained, run: Run, placed: Placed, *, nodes: int, per_node: int, rejected: tuple[str, ...]
) -> RunDecision:
    hours = run.hours * run.gpus / (nodes * per_node)
    said = f"{nodes} nodes of {per_node} {placed.product} take {hours:,.1f} h, {blueprint.deadline_hours:g} h there are"
    reasons = (*run.reasons, said)
    return RunDecision(NAME, blueprint.base, nodes, per_node, round(hours, 2), placed, reasons, rejected)


def _parameters(blueprint: Trained) -> float:
    model = models.find(blueprint.base)
    return float(model.params_b or 0) if model is not None else 0.0


def _volumes(blueprint: Trained) -> tuple[int, int, int]:
    """GiB of the base model, of checkpoints, and of datasets and versions."""
    weights = GIB_PER_B * _parameters(blueprint)
    adapter = blueprint.method == "lora"
    step = 2.0 if adapter else FULL_GIB_PER_B * _parameters(blueprint)
    version = 2.0 if adapter else weights
    return (
        math.ceil(1.3 * weights) + 5,
        math.ceil(KEPT_CHECKPOINTS * step + version) + 10,
        math.ceil(2 * blueprint.dataset.gib + VERSIONS * version) + 5,
    )


def _bill(blueprint: Trained, inventory: Inventory, one: RunDecision) -> Cost:
    share = min(1.0, one.hours * blueprint.demand.runs_per_month / float(HOURS_PER_MONTH))
    weights, checkpoints, stored = _volumes(blueprint)
    lines = [
        cost.gpus(f"{one.role} ({one.model})", inventory, one.placed.pool, one.nodes * one.gpus_per_node, share),
        cost.volumes(weights + checkpoints + 2 * stored),
        CostLine(PROCESSORS, None, "the catalog has no price of processors and memory without accelerators"),
    ]
    return Cost(tuple(lines))


def _plan(
    blueprint: Trained, inventory: Inventory, one: RunDecision, *, bill: Cost, warnings: tuple[str, ...]
) -> TrainedPlan:
    weights, checkpoints, stored = _volumes(blueprint)
    target, capabilities = blueprint.target, blueprint.target.capabilities
    training = _training(blueprint, one, checkpoints)
    return TrainedPlan(
        name=blueprint.name,
        cluster=target.cluster,
        region=inventory.region,
        country=inventory.country,
        decisions=(one,),
        cost=bill,
        budget_usd=blueprint.budget.monthly_usd,
        warnings=warnings,
        assumed=(*governed.assumed(blueprint, UNASKED), *blueprint.taken_for_granted()),
        namespace=governed.namespace(
            blueprint,
            gpus=one.nodes * one.gpus_per_node,
            cpu=one.nodes * training.cpu + 8,
            memory_gib=one.nodes * training.memory_gib + 16,
            pods=2 * one.nodes + 20,
        ),
        documents=governed.documents(blueprint, stored, (NAME, "application")),
        weights=WeightsSpec(
            ownership=blueprint.ownership,
            image=IMAGES["vllm"],
            models=(blueprint.base,),
            storage_gib=weights,
            storage_class=target.shared_storage_class,
            fetch_timeout_s=3600,
            hub=hub_of(blueprint.target),
            pins=tuple(one.pin for one in blueprint.pinned),
        ),
        training=training,
        monitoring=MonitoringSpec(
            ownership=blueprint.ownership,
            door="",
            servers=(),
            aliases=(),
            availability_percent=blueprint.availability_percent,
            training_s=math.ceil(LATE * one.hours * 3600) + 1800,
            keda=False,
            operator=capabilities.prometheus_operator,
        ),
    )


def _training(blueprint: Trained, one: RunDecision, checkpoints_gib: int) -> TrainingSpec:
    schedule, dataset = blueprint.schedule, blueprint.dataset
    lineage = {
        "workload": blueprint.name,
        "base": blueprint.base,
        "method": blueprint.method,
        "dataset": f"{dataset.name}@{dataset.version}",
        "dataset_digest": dataset.digest,
        "image": blueprint.image,
    }
    return TrainingSpec(
        ownership=blueprint.ownership,
        image=blueprint.image,
        fetch_image=IMAGES["python"],
        # another dataset or trainer is another run, with checkpoints of its own
        run=f"{blueprint.run}-{digest(json.dumps([lineage, blueprint.command]))[:8]}",
        nodes=one.nodes,
        gpus=one.gpus_per_node,
        gpu_label=one.placed.label,
        node_labels=one.placed.labels,
        cpu=4 * one.gpus_per_node,
        memory_gib=32 * one.gpus_per_node,
        command=tuple(word.replace("{output}", f"{CHECKPOINTS}/$(JOB)/output") for word in blueprint.command),
        base=blueprint.base,
        dataset=f"/datasets/{dataset.name}/{dataset.version}",
        digest=dataset.digest,
        file=dataset.file,
        data_gib=math.ceil(dataset.gib),
        checkpoints_gib=checkpoints_gib,
        storage_class=blueprint.target.shared_storage_class,
        # nodes that go and queues take time beside the training itself
        deadline_s=math.ceil(2 * blueprint.deadline_hours * 3600),
        attempts=blueprint.attempts,
        model=blueprint.makes,
        measures=blueprint.measures,
        gates=json.dumps([gate.model_dump(exclude_none=True) for gate in blueprint.gates]),
        lineage=json.dumps(lineage, sort_keys=True),
        schedule=schedule.cron if schedule else "",
        time_zone=schedule.time_zone if schedule else "Etc/UTC",
        queue=blueprint.target.queue if blueprint.target.capabilities.kueue else "",
        registry=blueprint.registry.address if blueprint.registry else "",
        registered_as=blueprint.makes if blueprint.registry else "",
    )
