"""From a blueprint to resources: decide, wire, and what came of it."""

from pathlib import Path
from typing import Any

import pulumi

from blueprints import load
from blueprints.fleet import wire as fleets
from blueprints.fleet.model import Fleet
from blueprints.fleet.resolve import FleetPlan
from blueprints.platform import wire as platforms
from blueprints.platform.model import Platform
from blueprints.platform.resolve import PlatformPlan
from blueprints.scored import wire as scored
from blueprints.scored.model import Scored
from blueprints.scored.resolve import ScoredPlan
from blueprints.served import wire as served
from blueprints.served.model import Served
from blueprints.served.resolve import ServedPlan
from blueprints.state_store import wire as state_stores
from blueprints.state_store.model import StateStore
from blueprints.state_store.resolve import StateStorePlan
from blueprints.trained import wire as trained
from blueprints.trained.model import Trained
from blueprints.trained.resolve import TrainedPlan
from components import mirrors
from components.targets import mirror_of
from stacks.clouds import kit_for, platform_kit_for, state_kit_for

SCRIPTS = Path(__file__).resolve().parents[1] / "serving" / "scripts"


def programs(*names: str) -> dict[str, str]:
    """Files that run in the cluster, by their names."""
    return {name: (SCRIPTS / f"{name}.py").read_text(encoding="utf-8") for name in names}


def build(file: Path, parent: pulumi.Resource | None = None) -> dict[str, Any]:
    """Make everything of a blueprint; returns the stack's outputs. A workload may be made below a ``parent``.

    Raises:
        RunError: the blueprint cannot be planned; says every reason, with its place.
    """
    try:
        blueprint, plan = load.decide(file)
    except load.DocumentError as error:
        raise pulumi.RunError(str(error)) from None
    mirror = mirror_of(blueprint.target)
    if mirror is not None:
        mirrors.use(mirror.images)
    outputs = _wired(file, blueprint, plan, parent)
    found = {key: getattr(outputs, key) for key in outputs.__dataclass_fields__}
    return {**found, "monthly_usd": str(plan.cost.total)}


def _wired(file: Path, blueprint: Any, plan: Any, parent: pulumi.Resource | None) -> Any:
    match blueprint, plan:
        case Served(), ServedPlan():
            scripts = served.Scripts(
                scaler=programs("scaler", "foresight", "hours", "kube"),
                ingestion=programs("ingest", "agreed", "documents", "filer", "pdf", "vectors"),
                weights=programs("weights", "modelfiles", "registry"),
                batch=programs("batch", "extraction", "filer", "kube", "requests_file"),
            )
            return served.wire(plan, kit_for(blueprint.target, parent), scripts)
        case Scored(), ScoredPlan():
            stage = programs("stage", "filer", "modelfiles")
            return scored.wire(plan, kit_for(blueprint.target, parent), stage)
        case Trained(), TrainedPlan():
            return trained.wire(
                plan,
                kit_for(blueprint.target, parent),
                programs("train", "stage", "filer", "modelfiles", "registry"),
                programs("weights", "modelfiles", "registry"),
            )
        case Fleet(), FleetPlan():
            return fleets.wire(plan, kit_for(blueprint.target, parent))
        case Platform(), PlatformPlan() if parent is None:
            return platforms.wire(plan, platform_kit_for(blueprint.target, plan.keys.ownership))
        case StateStore(), StateStorePlan() if parent is None:
            return state_stores.wire(plan, state_kit_for(blueprint.target, plan.store.ownership))
        case _:
            message = f"{file}: a `{blueprint.kind}` is no workload: it is a stack of its own"
            raise pulumi.RunError(message)
