"""`domicile evidence`: control by control, what was checked, where, and on what exactly."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from catalog import documents
from cli.check import config as configs
from cli.check import judge, planned
from cli.check.report import Judged
from cli.evidence import statement
from cli.evidence.statement import Statement
from cli.output import as_json, console
from cli.subject import blueprint_of, shown
from engine import project as projects
from engine.errors import ProjectError


def run(stack: str, folder: Path, profiles: tuple[str, ...], output: Path | None, *, json_wanted: bool) -> None:
    """Judge a stack and state what that proves; to a file by its ending, .html or .json.

    Raises:
        ProjectError: there is no such stack, it cannot be planned, or the file cannot be written.
    """
    if output is not None and output.suffix not in (".html", ".json"):
        message = f"{output}: evidence is written as .html or .json"
        raise ProjectError(message)
    found = state(stack, folder, profiles)
    if output is not None:
        try:
            output.write_text(page(found) if output.suffix == ".html" else f"{text(found)}\n", encoding="utf-8")
        except OSError as error:
            message = f"{output}: cannot be written: {error.strerror}"
            raise ProjectError(message) from error
    if json_wanted:
        as_json(asdict(found))
    else:
        _show(found)


def state(stack: str, folder: Path, profiles: tuple[str, ...]) -> Statement:
    """The statement of a stack.

    Raises:
        ProjectError: there is no such stack, or it cannot be planned.
    """
    project = projects.load(folder)
    if stack not in project.stacks():
        message = f"there is no stack '{stack}': stacks are {', '.join(project.stacks()) or 'none'}"
        raise ProjectError(message)
    blueprint = blueprint_of(stack, project.root)
    document = documents.read(blueprint)
    data: Any = document.content.get("data") if documents.is_map(document.content) else None
    told: Any = data.get("jurisdictions") if documents.is_map(data) else None
    laws = profiles or statement.laws_of(str(one).upper() for one in told or ())
    made = planned.plan(project.root, stack)
    judged: dict[str, Judged] = {}
    for law in ("", *laws):
        settings = configs.of_project(project, (), (law,) if law else ())
        judged[law] = judge.judge(made, settings, shown(blueprint, project.root), document)
        if judged[law].error:
            raise ProjectError(judged[law].error)
    return statement.make(judged, made, blueprint)


def text(found: Statement) -> str:
    """The statement as JSON."""
    return json.dumps(asdict(found), indent=1)


def page(found: Statement) -> str:
    """The statement as a page that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    counts = Counter(one.verdict for one in found.controls)
    return environment.get_template("page.html.j2").render(one=found, counts=dict(counts.most_common()))


def _show(found: Statement) -> None:
    out = console()
    out.print(f"[bold]{found.stack}[/] {found.resources} resources of {found.file}")
    for name, digest in found.digests.items():
        out.print(f"  {name} sha256:{digest}")
    for name, controls in found.frameworks:
        out.print(f"[bold]{name}[/]")
        for control in controls:
            rules = ", ".join(f"{one.rule} {one.verdict} ({one.judged})" for one in control.proofs)
            out.print(f"  {control.id}: {control.verdict}: {rules}")
