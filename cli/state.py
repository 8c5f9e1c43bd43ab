"""`domicile outputs` and `domicile state`."""

import json
import sys
from pathlib import Path
from typing import Any

from cli.output import as_json as print_json
from cli.output import console
from engine.errors import ProjectError, StateError
from engine.session import Rehearsal, open_session
from engine.values import is_map, mask, reveal


def outputs(folder: Path, stack: str, *, show_secrets: bool, rehearse: bool, as_json: bool) -> None:
    """Show a stack's outputs, or those of its rehearsal."""
    found = open_session(folder, stack, rehearsal=Rehearsal() if rehearse else None).store.load().outputs()
    shown = reveal(found) if show_secrets else mask(found)
    if as_json:
        print_json(shown)
        return
    for key, value in sorted(shown.items()):
        console().print(f"{key}: {value if isinstance(value, str) else json.dumps(value)}", markup=False)


def listing(folder: Path, stack: str, *, as_json: bool) -> None:
    """List a stack's resources."""
    found = open_session(folder, stack).store.load().resources
    if as_json:
        print_json([{"urn": one.urn, "type": one.type, "id": one.id, "protect": one.protect} for one in found])
        return
    for one in found:
        console().print(f"{one.urn}  {one.id}", markup=False)


def export(folder: Path, stack: str, *, show_secrets: bool) -> None:
    """Write the state."""
    sys.stdout.write(json.dumps(open_session(folder, stack).store.export(show_secrets=show_secrets), indent=4) + "\n")


def restore(folder: Path, stack: str, file: Path) -> None:
    """Replace the state."""
    session = open_session(folder, stack)
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{file}: cannot be read as a state export: {error}"
        raise ProjectError(message) from error
    if not is_map(document):
        message = f"{file}: is no state export: expected an object with 'version' and 'deployment'"
        raise ProjectError(message)
    with session.store.locked():
        session.store.backup()
        session.store.restore(document, str(file))
    console().print(f"stack '{stack}' has the state of {file}")


def unprotect(folder: Path, stack: str, urn: str) -> None:
    """Take the protection off a resource."""
    session = open_session(folder, stack)
    with session.store.locked():
        snapshot = session.store.load()
        found = snapshot.find(urn)
        if found is None:
            message = f"stack '{stack}' has no resource {urn}; see `domicile state list -s {stack}`"
            raise StateError(message)
        found.protect = False
        session.store.save(snapshot)
    console().print(f"{urn} is not protected any more")


def cancel(folder: Path, stack: str) -> None:
    """Remove the CLI's lock markers."""
    store = open_session(folder, stack).store
    markers = sorted(store.cli_locks.glob("*.json"))
    for marker in markers:
        marker.unlink(missing_ok=True)
    console().print(f"removed {len(markers)} lock markers")
