"""What each site of a fleet runs: the workload's blueprint with the site's changes, as a document of its own."""

import copy
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from blueprints.fleet.model import Fleet
from blueprints.fleet.resolve import Kind
from blueprints.fleet.sites import Row
from blueprints.scored.model import Scored
from blueprints.scored.resolve import ScoredPlan
from catalog import documents
from catalog.documents import Document, DocumentError

Decide = Callable[[Path, Document], tuple[Any, Any]]


def kinds(file: Path, document: Document, fleet: Fleet, rows: tuple[Row, ...], decide: Decide) -> tuple[Kind, ...]:
    """Sites that run the same together; ``decide`` reads and plans a workload's document as if it were the file.

    Raises:
        DocumentError: the workload cannot be used, or not at some site.
    """
    workload = file.parent / fleet.workload
    if not workload.is_file():
        message = f"{document.where(('workload',))}: workload: there is no file {workload}"
        raise DocumentError(message)
    written = documents.read(workload)
    alike: dict[str, list[Row]] = {}
    for row in rows:
        alike.setdefault(json.dumps([row.inventory, row.changes], default=str), []).append(row)
    found: list[Kind] = []
    problems: list[str] = []
    for same in alike.values():
        try:
            found.append(_kind(workload, written, file.parent / fleet.sites, same, decide))
        except DocumentError as error:
            problems.append(str(error))
    if problems:
        raise DocumentError("\n".join(dict.fromkeys(problems)))
    return tuple(found)


def _kind(workload: Path, written: Document, sites: Path, same: list[Row], decide: Decide) -> Kind:
    row = same[0]
    content = changed(written.content, _changes(workload, sites, row), row.where)
    # what is wrong with a site is told at its row, what is wrong with all of them in the workload
    where = row.where.removesuffix(":1") if row.changes or row.inventory else ""
    document = Document(f"{where}: {workload}" if where else str(workload), content, written.positions)
    blueprint, plan = decide(workload, document)
    if not isinstance(blueprint, Scored) or not isinstance(plan, ScoredPlan):
        message = (
            f"{workload}: kind: sites run workloads that decide, such as edge-vision; this one does something else"
        )
        raise DocumentError(message)
    return Kind(
        sites=tuple(one.name for one in same),
        content=content,
        folder=str(workload.parent),
        blueprint=blueprint,
        plan=plan,
    )


def _changes(workload: Path, sites: Path, row: Row) -> dict[str, Any]:
    beside = (
        {"target.inventory": os.path.relpath(sites.parent / row.inventory, workload.parent)} if row.inventory else {}
    )
    return {**beside, **dict(row.changes)}


def changed(content: Any, changes: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A copy of a blueprint with values changed, by their dotted paths.

    Raises:
        DocumentError: a path leads through something that has no parts.
    """
    made = copy.deepcopy(content)
    for path, value in changes.items():
        *parents, last = path.split(".")
        at: Any = made
        for part in parents:
            if not isinstance(at, dict):
                break
            at = at.setdefault(part, {})  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if not isinstance(at, dict):
            message = f"{where}: {path}: there is nothing in the workload's blueprint that has such a part"
            raise DocumentError(message)
        at[last] = value
    return made
