"""Blueprint files: read, validated, and brought together with the hardware they name."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from blueprints import pinned
from blueprints.fleet import kinds as fleet_kinds
from blueprints.fleet import resolve as fleets
from blueprints.fleet import sites
from blueprints.fleet.model import Fleet
from blueprints.fleet.resolve import FleetPlan
from blueprints.governance import approvals
from blueprints.governance.approvals import Approvals
from blueprints.governance.governed import govern
from blueprints.governed import Governed
from blueprints.pinned import Shared
from blueprints.platform import resolve as platforms
from blueprints.platform.model import Platform
from blueprints.platform.resolve import PlatformPlan
from blueprints.refusal import RefusedError
from blueprints.scored import resolve as scored
from blueprints.scored.model import Scored
from blueprints.scored.resolve import ScoredPlan
from blueprints.served import resolve as served
from blueprints.served.chatting import Chatting
from blueprints.served.model import Served
from blueprints.served.resolve import ServedPlan
from blueprints.served.workload import workload_of
from blueprints.state_store import resolve as state_stores
from blueprints.state_store.model import StateStore
from blueprints.state_store.resolve import StateStorePlan
from blueprints.trained import resolve as trained
from blueprints.trained.model import Trained
from blueprints.trained.resolve import TrainedPlan
from catalog import documents, inventory
from catalog.documents import Document, DocumentError
from catalog.inventory import Inventory
from components.targets import KubernetesTarget, PlatformTarget
from components.tracking.spec import PORT as TRACKING_PORT
from planning.workload import Workload

Blueprint = Served | Scored | Trained | Fleet | Platform | StateStore
Plan = ServedPlan | ScoredPlan | TrainedPlan | FleetPlan | PlatformPlan | StateStorePlan
FOLDER = Path(__file__).parent


FAMILIES = (Served, Scored, Trained)


def _kinds() -> dict[str, type[Blueprint]]:
    """Every kind by its name: a folder with a model is one."""
    found: dict[str, type[Blueprint]] = {"fleet": Fleet, "platform": Platform, "state-store": StateStore}
    for file in FOLDER.glob("*/model.py"):
        module = importlib.import_module(f"blueprints.{file.parent.name}.model")
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, FAMILIES) and one.__module__ == module.__name__:
                field = one.model_fields.get("kind")
                if field is not None:
                    found[get_args(field.annotation)[0]] = one
    return dict(sorted(found.items()))


KINDS = _kinds()
LOCAL_INVENTORY = Path(__file__).parents[1] / "catalog" / "data" / "local-inventory.yaml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A blueprint and the document it was read from."""

    document: Document
    blueprint: Blueprint


def load(file: Path) -> Loaded:
    """Read a blueprint.

    Raises:
        DocumentError: it cannot be used; one line for each problem, with position, path and remedy.
    """
    return _read(file, documents.read(file))


def _read(file: Path, document: Document) -> Loaded:
    content: Any = document.content
    if not isinstance(content, dict):
        message = f"{file}:1:1: expected a blueprint: a mapping that begins with 'kind:'"
        raise DocumentError(message)
    kind = content.get("kind")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(kind, str) or kind not in KINDS:
        message = f"{document.where(('kind',))}: kind: '{kind}' is not a blueprint; choose {', '.join(KINDS)}"
        raise DocumentError(message)
    try:
        return Loaded(document, KINDS[kind].model_validate(content))
    except ValidationError as error:
        raise DocumentError(documents.explain(document, error)) from error


def kind_of(blueprint: Blueprint) -> str:
    """What a blueprint's `kind` says."""
    return next(kind for kind, model in KINDS.items() if type(blueprint) is model)


def plan(file: Path) -> Plan:
    """Read a blueprint and decide everything.

    Raises:
        DocumentError: it cannot be used or not be planned; every reason, with its position.
    """
    return decide(file)[1]


def decide(file: Path, agreed: Approvals | None = None) -> tuple[Blueprint, Plan]:
    """Read a blueprint and decide everything; gives both. ``agreed`` stands for the approvals that lie beside it.

    Raises:
        DocumentError: as of ``plan``.
    """
    return _decide(file, load(file), agreed)


def _decide(file: Path, loaded: Loaded, agreed: Approvals | None = None) -> tuple[Blueprint, Plan]:
    try:
        return loaded.blueprint, _decided(file, loaded, agreed)
    except RefusedError as error:
        lines = [
            f"{loaded.document.where(one.path)}: {'.'.join(map(str, one.path))}: {one.text}" for one in error.reasons
        ]
        raise DocumentError("\n".join(lines)) from error


def _decided(file: Path, loaded: Loaded, agreed: Approvals | None) -> Plan:
    blueprint = loaded.blueprint
    if isinstance(blueprint, StateStore):
        return state_stores.resolve(blueprint)
    if isinstance(blueprint, Platform):
        target = blueprint.target
        return platforms.resolve(blueprint, _attached(file, target) if isinstance(target, KubernetesTarget) else None)
    if isinstance(blueprint, Fleet):
        return _fleet(file, loaded.document, blueprint)
    place = _place(file, loaded.document, blueprint)
    if closed := tuple(pinned.closed(blueprint.registries, place.shared, blueprint.name)):
        raise RefusedError(closed)
    agreed = approvals.read(file) if agreed is None else agreed
    if isinstance(blueprint, Trained):
        return govern(blueprint, trained.resolve(blueprint, place.hardware, place.classes), agreed)
    if isinstance(blueprint, Scored):
        plan = scored.resolve(blueprint, place.hardware, place.classes, in_house=place.in_house)
        return govern(blueprint, plan, agreed)
    return govern(blueprint, served.resolve(blueprint, place.hardware, place.classes), agreed)


def _fleet(file: Path, document: Document, fleet: Fleet) -> FleetPlan:
    rows = sites.read(file.parent / fleet.sites)
    runs = fleet_kinds.kinds(file, document, fleet, rows, lambda file, document: _decide(file, _read(file, document)))
    return fleets.resolve(fleet, _place(file, document, fleet).hardware, rows, runs)


def serving(file: Path) -> tuple[Served, ServedPlan]:
    """The blueprint and the plan of a workload whose models are served.

    Raises:
        DocumentError: it is another kind of blueprint, or it cannot be used or not be planned.
    """
    found, decided = decide(file)
    if isinstance(found, Served) and isinstance(decided, ServedPlan):
        return found, decided
    message = f"{file}: kind: a blueprint of kind '{kind_of(found)}' has no gateway; name a workload's with models"
    raise DocumentError(message)


def governed(file: Path, agreed: Approvals | None = None) -> tuple[Governed, ServedPlan | ScoredPlan | TrainedPlan]:
    """The blueprint and the plan of a workload, whatever it does; ``agreed`` as of ``decide``.

    Raises:
        DocumentError: it is no workload's, or it cannot be used or not be planned.
    """
    found, decided = decide(file, agreed)
    if isinstance(found, Governed) and isinstance(decided, ServedPlan | ScoredPlan | TrainedPlan):
        return found, decided
    message = f"{file}: kind: a blueprint of kind '{kind_of(found)}' is no workload's"
    raise DocumentError(message)


def workload(file: Path) -> Workload:
    """The workload behind a blueprint: what it would need anywhere.

    Raises:
        DocumentError: it cannot be used, or it is no workload's.
    """
    loaded = load(file)
    if not isinstance(loaded.blueprint, Chatting):
        message = (
            f"{file}: kind: a {kind_of(loaded.blueprint)} has no workload of its own; name one in which people ask"
        )
        raise DocumentError(message)
    return workload_of(loaded.blueprint, _place(file, loaded.document, loaded.blueprint).hardware)


@dataclass(frozen=True, slots=True)
class _Place:
    """What there is to place on: ``classes`` of data it has keys for, None where any will do; whose house it is in."""

    hardware: Inventory
    classes: tuple[str, ...] | None
    in_house: bool
    shared: Shared


def _place(file: Path, document: Document, blueprint: Governed | Fleet) -> _Place:
    target = blueprint.target
    if not isinstance(target, PlatformTarget):
        hardware = _attached(file, target)
        return _Place(hardware, None, not hardware.provider, Shared("", "", ()))
    other = file.parent / target.platform
    if not other.is_file():
        message = f"{document.where(('target', 'platform'))}: target.platform: there is no file {other}"
        raise DocumentError(message)
    found, decided = decide(other)
    if not isinstance(found, Platform) or not isinstance(decided, PlatformPlan):
        message = f"{other}: kind: expected a blueprint of kind 'platform'"
        raise DocumentError(message)
    attached = isinstance(found.target, KubernetesTarget)
    in_house = attached and not decided.inventory.provider
    return _Place(decided.inventory, decided.keys.data_classes, in_house, _shared(decided))


def _shared(platform: PlatformPlan) -> Shared:
    """What workloads of a platform may ask in its own namespace."""
    tracking = platform.stores.tracking
    if tracking is None:
        return Shared(platform.name, "", ())
    return Shared(platform.name, f"http://{tracking.name}.{platform.name}.svc:{TRACKING_PORT}", tracking.namespaces)


def _attached(file: Path, target: KubernetesTarget) -> Inventory:
    return inventory.load(file.parent / target.inventory if target.inventory else LOCAL_INVENTORY)
