"""The inventory of a fleet's sites, from CSV or YAML: one row a site, with what is different there.

The columns are ``name``, ``ring``, ``namespace``, ``window`` (``22:00-05:00``), ``zone``, ``inventory`` (a file with
the site's node pools), and any value of the workload's blueprint by its dotted path, as ``cameras.count``.
"""

import csv
import json
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import documents
from catalog.documents import DocumentError

OWN = ("name", "ring", "namespace", "window", "zone", "inventory")
NAME = re.compile(r"^[a-z][a-z0-9-]{1,39}$")
WINDOW = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")
MOST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A site as it is written down; ``where`` is its place in the file, ``changes`` values by their dotted paths."""

    where: str
    name: str
    ring: str
    namespace: str
    window: tuple[str, ...]
    zone: str
    inventory: str
    changes: tuple[tuple[str, Any], ...]


def read(file: Path) -> tuple[Row, ...]:
    """Read an inventory.

    Raises:
        DocumentError: it cannot be used; one line for each problem, with its place.
    """
    rows = _yaml(file) if file.suffix in {".yaml", ".yml"} else _csv(file)
    found: list[Row] = []
    problems: list[str] = []
    for where, values in rows:
        try:
            found.append(_row(where, values))
        except ValueError as error:
            problems.append(f"{where}: {error}")
    seen: dict[str, str] = {}
    for row in found:
        if row.name in seen:
            problems.append(f"{row.where}: name: '{row.name}' stands there twice, first at {seen[row.name]}")
        seen.setdefault(row.name, row.where)
    if not rows:
        problems.append(f"{file}:1:1: there is no site: a first line of names ({', '.join(OWN)}), then a line a site")
    if len(rows) > MOST:
        problems.append(f"{file}: {len(rows):,} sites; a hub is made for {MOST:,}: make fleets of them")
    if problems:
        raise DocumentError("\n".join(problems))
    return tuple(found)


def _yaml(file: Path) -> list[tuple[str, Mapping[str, Any]]]:
    document = documents.read(file)
    content: Any = document.content
    rows: Any = content.get("sites") if documents.is_map(content) else None
    if not isinstance(rows, list):
        message = f"{file}:1:1: sites: expected a list of sites"
        raise DocumentError(message)
    found: list[tuple[str, Mapping[str, Any]]] = []
    for index, row in enumerate(rows):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if not documents.is_map(row):
            message = f"{document.where(('sites', index))}: sites.{index}: expected a mapping with a name"
            raise DocumentError(message)
        found.append((document.where(("sites", index)), row))
    return found


def _csv(file: Path) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        message = f"{file}: cannot be read: {error.strerror}"
        raise DocumentError(message) from error
    except UnicodeDecodeError as error:
        message = f"{file}: byte {error.start + 1} is not UTF-8: save the file as UTF-8"
        raise DocumentError(message) from error
    reader = csv.DictReader(text.splitlines(), strict=True)
    found: list[tuple[str, Mapping[str, Any]]] = []
    try:
        for row in reader:
            where = f"{file}:{reader.line_num}:1"
            values: dict[Any, Any] = dict(row)
            if None in values:
                message = f"{where}: more values than the first line has names"
                raise DocumentError(message)
            found.append((where, {str(name): _value(text) for name, text in values.items() if text}))
    except csv.Error as error:
        message = f"{file}:{reader.line_num}:1: not valid CSV: {error}"
        raise DocumentError(message) from error
    return found


def _value(text: str) -> Any:
    """A number, a list or a flag where it is one, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _row(where: str, values: Mapping[str, Any]) -> Row:
    own = {name: str(values.get(name, "")) for name in OWN}
    if not NAME.match(own["name"]):
        message = f"name: '{own['name']}' is no name: up to 40 lower-case letters, digits and '-'"
        raise ValueError(message)
    if own["namespace"] and not NAME.match(own["namespace"]):
        message = f"namespace: '{own['namespace']}' is no name of a namespace"
        raise ValueError(message)
    if own["window"] and not WINDOW.match(own["window"]):
        message = f"window: '{own['window']}' is no window: write 22:00-05:00"
        raise ValueError(message)
    if own["zone"] and own["zone"] not in zoneinfo.available_timezones():
        message = f"zone: '{own['zone']}' is no time zone: write Europe/Berlin"
        raise ValueError(message)
    changes = tuple((str(path), value) for path, value in _flat(values) if path not in OWN)
    for path, _ in changes:
        if path.split(".")[0] in {"kind", "name", "owner", "purpose", "phase"}:
            message = f"{path}: a site cannot be different in that"
            raise ValueError(message)
    return Row(
        where=where,
        name=own["name"],
        ring=own["ring"],
        namespace=own["namespace"],
        window=tuple(own["window"].split("-")) if own["window"] else (),
        zone=own["zone"] or "Etc/UTC",
        inventory=own["inventory"],
        changes=changes,
    )


def _flat(values: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """YAML may nest what CSV writes with dots."""
    for name, value in values.items():
        if documents.is_map(value):
            for inner, found in _flat(value):
                yield f"{name}.{inner}", found
        else:
            yield name, value
