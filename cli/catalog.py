"""`domicile catalog`: the facts behind a decision."""

from pathlib import Path

from rich.table import Table

from catalog import hardware, refresh, tables, verify
from cli.output import as_json as print_json
from cli.output import console

TABLES = ("accelerators", "offers", "models", "hosted", "services", "regions", "countries", "onprem", "quantization")
_WIDE = ("source", "notes", "confidence", "aliases")


def show(name: str, *, as_json: bool) -> None:
    """Show a table."""
    _print({name: [dict(row) for row in tables.rows(name)]}, as_json=as_json)


def search(words: list[str], *, as_json: bool) -> None:
    """Show the rows of any table that have all the words."""
    wanted = [word.lower() for word in words]
    found = {
        name: [row for row in tables.rows(name) if all(word in " ".join(row.values()).lower() for word in wanted)]
        for name in TABLES
    }
    _print({name: rows for name, rows in found.items() if rows}, as_json=as_json)


def check(*, as_json: bool) -> int:
    """Check the catalog. Returns the exit code."""
    found = verify.problems()
    if as_json:
        print_json({"problems": found, "old": verify.old()})
        return 1 if found else 0
    out = console()
    for text in found:
        out.print(f"[red]wrong[/] {text}")
    for text in verify.old():
        out.print(f"[yellow]old[/] {text}")
    counts = ", ".join(f"{len(tables.rows(name)):,} {name}" for name in TABLES)
    out.print(f"{len(found)} problems in {counts}")
    return 1 if found else 0


def renew(regions: list[str], into: Path | None, *, as_json: bool) -> None:
    """Read prices anew."""
    made = refresh.aws(tuple(regions), into or tables.DATA / "overlays")
    if as_json:
        print_json({"file": str(made.file), "offers": made.offers, "notes": made.notes, "quotas": made.quotas})
        return
    out = console()
    out.print(f"{made.offers} offers in {made.file}; decisions use them from now on")
    for text in (*made.notes, *(f"quota in {region}: {name} {value:g}" for region, name, value in made.quotas)):
        out.print(f"  {text}")


def _print(found: dict[str, list[dict[str, str]]], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    out = console()
    for name, rows in found.items():
        out.print(f"[bold]{name}[/]: {len(rows):,} rows")
        names = [column for column in (rows[0] if rows else {}) if column not in _WIDE]
        table = Table(*names, box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for row in rows:
            table.add_row(*(row.get(column, "") or "unknown" for column in names))
        out.print(table, soft_wrap=True)
    if not found:
        out.print("no row has all of that")
    if hardware.overlays():
        out.print(f"[dim]newer AWS prices: {hardware.overlays()[-1]}[/]")
