"""What the sites of a fleet run: the workload's program, planned once for each kind of site, without a cluster."""

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from blueprints import load
from blueprints.fleet.model import Fleet
from blueprints.fleet.resolve import FleetPlan, Variant
from blueprints.governance.approvals import file_of
from cli.check import planned
from cli.fleet.errors import FleetError
from cli.subject import blueprint_of
from serving.fleet.objects import UnfitError, objects
from serving.fleet.site.domicile_release import PLACE


def fleet_of(stack: str, folder: Path) -> tuple[Path, Fleet, FleetPlan]:
    """The blueprint of a stack, which is a fleet's.

    Raises:
        FleetError: it is another kind.
        DocumentError: it cannot be used.
    """
    file = blueprint_of(stack, folder)
    found, plan = load.decide(file)
    if not isinstance(found, Fleet) or not isinstance(plan, FleetPlan):
        message = f"{file}: kind: expected a blueprint of kind 'fleet'"
        raise FleetError(message)
    return file, found, plan


def objects_of(stack: str, folder: Path, fleet: Path, workload: str, variant: Variant) -> list[dict[str, Any]]:
    """The objects of a variant, for the place ``PLACE``.

    Raises:
        FleetError: its program cannot be planned, or sites could not make a part of it.
    """
    written = fleet.parent / workload
    content = {**variant.content, "name": PLACE}
    target: dict[str, Any] = json.loads(json.dumps(content["target"]))
    if "inventory" in target:
        target["inventory"] = str((Path(variant.folder) / target["inventory"]).resolve())
    with tempfile.TemporaryDirectory(prefix="domicile-fleet-") as place:
        file = Path(place) / written.name
        file.write_text(yaml.safe_dump({**content, "target": target}, sort_keys=False), encoding="utf-8")
        if file_of(written).is_file():
            file_of(file).parent.mkdir()
            shutil.copy(file_of(written), file_of(file))
        found = planned.plan(folder, stack, {"domicile:blueprint": str(file)})
    if found.error:
        message = f"{written}, for sites {variant.name}: {found.error}"
        raise FleetError(message)
    ownership = replace(variant.plan.namespace.ownership, workload=PLACE)
    try:
        return objects(((one.type, one.props) for one in found.resources), ownership)
    except UnfitError as error:
        message = f"{written}: {error}"
        raise FleetError(message) from error
