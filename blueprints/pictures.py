"""Pictures of workloads, drawn from their plans: who asks what, and where it stands. SVG."""

from dataclasses import dataclass, field
from html import escape

from blueprints.fleet.resolve import FleetPlan
from blueprints.load import Plan
from blueprints.scored.resolve import ScoredPlan
from blueprints.served.resolve import ServedPlan
from blueprints.served.roles import BATCH, INGESTION, JOBS
from blueprints.trained.resolve import TrainedPlan
from components.document_store.spec import DocumentStoreSpec
from serving.queries.spec import NAME as QUERIES
from serving.queries.spec import QueriesSpec
from serving.retrieval.spec import NAME as RETRIEVAL

WIDE, HIGH, BESIDE, BELOW, EDGE = 190, 46, 90, 20, 16
GATEWAY, DECISIONS, DOCUMENTS, WEIGHTS, TRAINING, HUB = (
    "gateway",
    "decisions",
    "documents",
    "weights",
    "training",
    "hub",
)


HEAD = (
    '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#5b6472"/></marker></defs>'
)


@dataclass(slots=True)
class Picture:
    """Boxes in columns, each with a line below its name, and arrows between them by the boxes' names."""

    boxes: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    arrows: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def put(self, name: str, column: int, says: str, *reached_by: str) -> None:
        """A box, and who reaches it."""
        self.boxes[name] = (column, says)
        self.arrows += [(one, name) for one in reached_by]

    def svg(self, title: str) -> str:
        """The picture."""
        at = self._placed()
        width = max(x for x, _ in at.values()) + WIDE + EDGE
        height = max(y for _, y in at.values()) + HIGH + EDGE
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
            f"<title>{escape(title)}</title>",
            HEAD,
            f'<rect width="{width}" height="{height}" rx="8" fill="#f7f8fa"/>',
            *(_arrow(at[one], at[other]) for one, other in self.arrows),
            *(_box(at[name], name, says) for name, (_, says) in self.boxes.items()),
            "</svg>",
        ]
        return "\n".join(lines) + "\n"

    def _placed(self) -> dict[str, tuple[int, int]]:
        columns = sorted({column for column, _ in self.boxes.values()})
        found: dict[str, tuple[int, int]] = {}
        tallest = max(sum(1 for one, _ in self.boxes.values() if one == column) for column in columns)
        for number, column in enumerate(columns):
            names = [name for name, (one, _) in self.boxes.items() if one == column]
            top = EDGE + (tallest - len(names)) * (HIGH + BELOW) // 2
            for row, name in enumerate(names):
                found[name] = (EDGE + number * (WIDE + BESIDE), top + row * (HIGH + BELOW))
        return found


def _box(at: tuple[int, int], name: str, says: str) -> str:
    x, y = at
    middle = x + WIDE // 2
    return (
        f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="6" fill="#fff" stroke="#3f51b5"/>'
        f'<text x="{middle}" y="{y + 19}" font-family="sans-serif" font-size="13" font-weight="600" '
        f'text-anchor="middle" fill="#1f2430">{escape(name)}</text>'
        f'<text x="{middle}" y="{y + 36}" font-family="sans-serif" font-size="11" text-anchor="middle" '
        f'fill="#5b6472">{escape(says if len(says) < 31 else says[:29] + "…")}</text>'
    )


def _arrow(one: tuple[int, int], other: tuple[int, int]) -> str:
    """From side to side; within a column, and back, from below to above."""
    (x, y), (to_x, to_y) = one, other
    if to_x == x:
        down = to_y > y
        begins, ends = (y + HIGH, to_y) if down else (y, to_y + HIGH)
        path = f"M{x + WIDE // 2} {begins}L{to_x + WIDE // 2} {ends}"
    else:
        right = to_x > x
        begins, ends = (x + WIDE, to_x) if right else (x, to_x + WIDE)
        bend = BESIDE // 2 if right else -BESIDE // 2
        middle, to_middle = y + HIGH // 2, to_y + HIGH // 2
        path = f"M{begins} {middle}C{begins + bend} {middle} {ends - bend} {to_middle} {ends} {to_middle}"
    return f'<path d="{path}" fill="none" stroke="#5b6472" stroke-width="1.2" marker-end="url(#to)"/>'


def of(plan: Plan) -> str:
    """The picture of a workload's plan; empty for a plan of something else."""
    picture = Picture()
    match plan:
        case ServedPlan():
            _served(picture, plan)
        case ScoredPlan():
            _scored(picture, plan)
        case TrainedPlan():
            _trained(picture, plan)
        case FleetPlan():
            _fleet(picture, plan)
        case _:
            return ""
    return picture.svg(f"{plan.name} in {plan.country}")


def _copies(count: int) -> str:
    return f"{count} pods" if count > 1 else "1 pod"


def _served(picture: Picture, plan: ServedPlan) -> None:
    teams = [one.name for one in plan.gateway.teams if one.name not in JOBS]
    for name in teams:
        picture.put(name, 0, "a team, with a key")
    if plan.asking:
        _asking(picture, plan.asking.service)
    picture.put(GATEWAY, 1, f"{_copies(plan.gateway.replicas)}: limits, audit", *teams)
    for one, server in zip(plan.decisions, plan.servers, strict=True):
        model = one.model.rpartition("/")[2]
        picture.put(one.role, 2, f"{model}, {one.sizing.replicas} x {server.gpus} GPU", GATEWAY)
    for backend in plan.gateway.hosted:
        picture.put(backend.name, 2, f"outside, in {backend.country}", GATEWAY)
    if plan.weights:
        picture.put(WEIGHTS, 3, f"{plan.weights.storage_gib} GiB", *(one.role for one in plan.decisions))
    if plan.asking:
        _beside(picture, QUERIES, plan.asking.documents)
    if plan.retrieval:
        picture.put(RETRIEVAL, 1, f"{_copies(plan.retrieval.replicas)}: who reads what", *teams)
        picture.arrows.append((RETRIEVAL, GATEWAY))
    if plan.knowledge:
        picture.put(INGESTION, 1, f"job, {plan.knowledge.ingestion.schedule}")
        picture.put("vectors", 2, f"{plan.knowledge.vectors.storage_gib} GiB", INGESTION, RETRIEVAL)
        _beside(picture, INGESTION, plan.knowledge.documents)
    if plan.batch:
        picture.put(BATCH, 1, f"job, {plan.batch.job.schedule}")
        _beside(picture, BATCH, plan.batch.documents)


def _asking(picture: Picture, service: QueriesSpec) -> None:
    for name in service.askers:
        picture.put(name, 0, "ask in words, with a key")
    picture.put("approvers", 0, "let queries run")
    picture.put(QUERIES, 1, f"{_copies(service.replicas)}: checks queries", *service.askers, "approvers")
    picture.put("warehouse", 2, f"{service.engine}, {len(service.tables)} tables", QUERIES)


def _beside(picture: Picture, part: str, store: DocumentStoreSpec) -> None:
    """A part of the workload's own that asks the gateway, and its documents."""
    picture.put(DOCUMENTS, 2, f"{store.storage_gib} GiB", part)
    picture.arrows.append((part, GATEWAY))


def _scored(picture: Picture, plan: ScoredPlan) -> None:
    service = plan.service
    for name in service.callers:
        picture.put(name, 0, "asks, with a key")
    picture.put("reviewers", 0, "look at what waits")
    says = f"{_copies(service.replicas)}: rules, log, people"
    picture.put(DECISIONS, 1, says, *service.callers, "reviewers")
    for one in plan.decisions:
        kind = f"{one.replicas} x {one.gpus} GPU" if one.gpus else _copies(one.replicas)
        picture.put(one.role, 2, f"{one.model}, {kind}", DECISIONS)
    if service.features:
        picture.put("features", 2, f"view {service.features.view}", DECISIONS)
    if service.burst:
        first = "asked first" if service.burst.first else "takes a burst"
        picture.put("elsewhere", 2, f"{first}, in {service.burst.country}", DECISIONS)
    picture.put(DOCUMENTS, 3, f"{plan.documents.storage_gib} GiB", *(one.role for one in plan.decisions))


def _trained(picture: Picture, plan: TrainedPlan) -> None:
    spec = plan.training
    one = plan.decisions[0]
    picture.put("schedule" if spec.schedule else "run", 0, spec.schedule or "once for each change")
    picture.put(TRAINING, 1, f"{one.nodes} x {one.gpus_per_node} {one.placed.product}", *picture.boxes)
    picture.put(WEIGHTS, 2, f"{one.model.rpartition('/')[2]}, {plan.weights.storage_gib} GiB", TRAINING)
    picture.put(DOCUMENTS, 2, "dataset, checkpoints, models", TRAINING)


def _fleet(picture: Picture, plan: FleetPlan) -> None:
    for ring, count in plan.rings.items():
        picture.put(ring, 0, f"ring of {count} sites")
    picture.put("operators", 0, "order and stop releases")
    picture.put(HUB, 1, "1 pod: releases, reports", *picture.boxes)
