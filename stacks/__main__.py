"""The stack program: read the blueprint, decide, wire, export."""

import sys
from pathlib import Path

import pulumi

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from blueprints import load  # noqa: E402 the program's folder is put on the path above
from blueprints.fleet import wire as fleets  # noqa: E402
from blueprints.fleet.model import Fleet  # noqa: E402
from blueprints.fleet.resolve import FleetPlan  # noqa: E402
from blueprints.platform import wire as platforms  # noqa: E402
from blueprints.platform.model import Platform  # noqa: E402
from blueprints.platform.resolve import PlatformPlan  # noqa: E402
from blueprints.scored import wire as scored  # noqa: E402
from blueprints.scored.model import Scored  # noqa: E402
from blueprints.scored.resolve import ScoredPlan  # noqa: E402
from blueprints.served import wire as served  # noqa: E402
from blueprints.served.model import Served  # noqa: E402
from blueprints.served.resolve import ServedPlan  # noqa: E402
from blueprints.state_store import wire as state_stores  # noqa: E402
from blueprints.state_store.model import StateStore  # noqa: E402
from blueprints.state_store.resolve import StateStorePlan  # noqa: E402
from blueprints.trained import wire as trained  # noqa: E402
from blueprints.trained.model import Trained  # noqa: E402
from blueprints.trained.resolve import TrainedPlan  # noqa: E402
from components import mirrors  # noqa: E402
from components.targets import mirror_of  # noqa: E402
from stacks.clouds import kit_for, platform_kit_for, state_kit_for  # noqa: E402

SCRIPTS = ROOT / "serving" / "scripts"


def programs(*names: str) -> dict[str, str]:
    """Files that run in the cluster, by their names."""
    return {name: (SCRIPTS / f"{name}.py").read_text(encoding="utf-8") for name in names}


file = ROOT / pulumi.Config("domicile").require("blueprint")
try:
    blueprint, plan = load.decide(file)
except load.DocumentError as error:
    raise pulumi.RunError(str(error)) from None
mirror = mirror_of(blueprint.target)
if mirror is not None:
    mirrors.use(mirror.images)
match blueprint, plan:
    case Served(), ServedPlan():
        scripts = served.Scripts(
            scaler=programs("scaler", "foresight", "hours", "kube"),
            ingestion=programs("ingest", "filer"),
            weights=programs("weights", "modelfiles", "registry"),
            batch=programs("batch", "extraction", "filer", "kube", "requests_file"),
        )
        outputs = served.wire(plan, kit_for(blueprint.target), scripts)
    case Scored(), ScoredPlan():
        outputs = scored.wire(plan, kit_for(blueprint.target), programs("stage", "filer", "modelfiles"))
    case Trained(), TrainedPlan():
        outputs = trained.wire(
            plan,
            kit_for(blueprint.target),
            programs("train", "stage", "filer", "modelfiles", "registry"),
            programs("weights", "modelfiles", "registry"),
        )
    case Fleet(), FleetPlan():
        outputs = fleets.wire(plan, kit_for(blueprint.target))
    case Platform(), PlatformPlan():
        outputs = platforms.wire(plan, platform_kit_for(blueprint.target, plan.keys.ownership))
    case StateStore(), StateStorePlan():
        outputs = state_stores.wire(plan, state_kit_for(blueprint.target, plan.store.ownership))
    case _:
        message = f"{file}: its plan is of another kind"
        raise pulumi.RunError(message)
for key in outputs.__dataclass_fields__:
    pulumi.export(key, getattr(outputs, key))
pulumi.export("monthly_usd", str(plan.cost.total))
