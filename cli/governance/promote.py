"""`domicile promote`: what the next phase adds, what is missing, what it costs; and writes the change."""

import os
import tempfile
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from blueprints.governance import promotion as promotions
from blueprints.governance.promotion import Promotion
from blueprints.governed import Phase
from cli.output import as_json as print_json
from cli.output import console
from cli.subject import file_of


def run(subject: str, folder: Path, to: Phase | None, *, write: bool, as_json: bool) -> None:
    """Show the way to a phase, and go it."""
    file = file_of(subject, folder)
    found = promotions.promotion(file, to)
    if as_json:
        print_json(_values(found))
    else:
        _show(file, found)
    if write and found.added and not found.refused:
        replace(file, found.text)
        if not as_json:
            done = f"phase: {found.to}" if not found.left else "what could be written; the phase waits for what is left"
            console().print(f"wrote {file}: {done}")


def replace(file: Path, text: str) -> None:
    """Write a file at once: whoever reads it sees the old one or the new one."""
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=".domicile-", delete=False, encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    made = Path(out.name)
    made.chmod(file.stat().st_mode)
    made.replace(file)


def _values(found: Promotion) -> dict[str, object]:
    left = {one.practice.id for one in found.left}
    return {
        "reached": found.reached,
        "to": found.to,
        "usd": str(found.usd),
        "usd_then": str(found.then) if found.then is not None else None,
        "refused": found.refused,
        "added": [
            {
                "practice": one.practice.id,
                "area": one.practice.area,
                "phase": one.practice.phase,
                "says": one.seen.says,
                "at": ".".join(one.seen.at),
                "change": dict(one.seen.change),
                "people_decide": one.practice.id in left,
            }
            for one in found.added
        ],
    }


def _show(file: Path, found: Promotion) -> None:
    out = console()
    out.print(f"[bold]{file.stem}[/] has reached [bold]{found.reached}[/]; on the way to [bold]{found.to}[/]\n")
    if not found.added:
        out.print("nothing is missing")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("phase", "what", "what is missing", "change"):
        table.add_column(column, overflow="fold", no_wrap=column == "phase")
    for one in found.added:
        change = "; ".join(f"{path}: {value}" for path, value in one.seen.change) or "people decide"
        table.add_row(one.practice.phase, one.practice.title, escape(one.seen.says), escape(change))
    out.print(table)
    if found.refused:
        out.print(f"\nwith these changes there is no plan:\n{escape(found.refused)}")
    elif found.then is not None:
        more = found.then - found.usd
        out.print(f"\n{found.usd:,.2f} USD a month now, {found.then:,.2f} then ({more:+,.2f})")
    if found.left:
        names = ", ".join(f"{one.practice.id} ({'.'.join(one.seen.at)})" for one in found.left)
        out.print(f"people decide: {names}")
