"""The documentation's pages of commands and of components. `make docs` writes them, a test compares."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from cli.main import app

ROOT = Path(__file__).parents[1]
COMMANDS, COMPONENTS = ROOT / "docs" / "commands.md", ROOT / "docs" / "components.md"
HEAD = "# Commands\n\nEvery command has `--help`; exit codes are at the end of `domicile --help`.\n\n"
CLOUDS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure", "kubernetes": "Kubernetes"}


def files() -> dict[Path, str]:
    """Both pages with what they say."""
    commands = "\n".join(_commands(typer.main.get_command(app), ("domicile",)))
    return {
        COMMANDS: f"{HEAD}{commands}",
        COMPONENTS: "\n".join(_components()) + "\n",
    }


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    """A section for each command, those of groups after them."""
    inner: dict[str, Any] = getattr(command, "commands", {})
    for name, one in inner.items():
        yield from _commands(one, (*path, name))
    if inner:
        return
    yield from (f"## {' '.join(path)}", "", (command.help or "").strip(), "")
    rows = list(_options(command))
    if rows:
        yield from ("| | |", "|---|---|", *rows, "")
    if command.epilog:
        yield from (f"    {command.epilog.removeprefix('Example: ')}", "")


def _options(command: Any) -> Iterator[str]:
    """A row for each argument and option."""
    context: Any = typer.Context(command)
    for one in command.params:
        record = one.get_help_record(context)
        if record is not None and one.name != "help":
            name, says = (part.replace("|", "\\|") for part in record)
            yield f"| `{name.strip()}` | {' '.join(says.split())} |"


def _components() -> Iterator[str]:
    """What a platform or a workload is made of: its spec, and what makes it on each target."""
    yield from ("# Components", "", "A capability has one spec and a component for each target that has it.", "")
    for spec in sorted((ROOT / "components").glob("*/spec.py")):
        folder = spec.parent
        tree = ast.parse(spec.read_text(encoding="utf-8"))
        yield from (f"## {folder.name.replace('_', ' ')}", "", (ast.get_docstring(tree) or "").strip(), "")
        yield from ("| field of the spec | type |", "|---|---|", *_fields(tree), "")
        for cloud, name in CLOUDS.items():
            file = folder / f"{cloud}.py"
            if file.exists():
                about = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
                yield f"- **{name}**: {about.strip().splitlines()[0]}"
        yield ""


def _fields(tree: ast.Module) -> Iterator[str]:
    """The fields of a spec's own class, which is the last of its module."""
    classes = [one for one in tree.body if isinstance(one, ast.ClassDef)]
    for one in classes[-1].body if classes else ():
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            kind = ast.unparse(one.annotation).replace("|", "\\|")
            default = f" = {ast.unparse(one.value)}" if one.value is not None else ""
            yield f"| `{one.target.id}` | `{kind}{default}` |"


def main() -> None:
    """Write both."""
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
