"""`domicile check`: what a pull request would make, what it costs, which rule it breaks."""

import json
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from blueprints import load
from blueprints.governance.approvals import file_of
from catalog import documents
from catalog.documents import Document, DocumentError
from cli.check import config as configs
from cli.check import files, judge, planned, revision, sandbox
from cli.check.planned import Planned
from cli.check.report import Bill, Judged, Report
from cli.main import BAD_INPUT, OK, UNDETERMINED, VIOLATION
from cli.subject import blueprint_of, shown
from engine import project as projects
from engine.errors import EngineError, ProjectError

CODES = {"ok": OK, "violation": VIOLATION, "undetermined": UNDETERMINED, "error": BAD_INPUT}
FORMATS = ("text", "json", "markdown", "sarif", "junit", "github")


def run(asked: "Asked", outputs: tuple[str, ...], form: str, seconds: int) -> None:
    """Judge, write the report in each wanted format, and end with its exit code."""
    wanted = [output(one) for one in outputs]
    revision.ENVIRONMENT.update(sandbox.enter(seconds))
    report = check(asked)
    deliver(report, wanted, form)
    sys.exit(CODES[report.verdict])


def deliver(report: Report, wanted: list[tuple[str, Path]], form: str) -> None:
    """Write the report to files, each in its format, and to standard output in one."""
    for kind, file in wanted:
        _write(file, rendered(report, kind))
    if form == "text":
        from cli.check import text

        text.show(report)
    else:
        sys.stdout.write(rendered(report, form))


class Asked:
    """What to judge, and by which settings."""

    def __init__(
        self,
        folder: Path,
        stacks: tuple[str, ...],
        *,
        base: str = "",
        state: tuple[Path, ...] = (),
        preview: tuple[Path, ...] = (),
        manifests: tuple[Path, ...] = (),
        config: tuple[Path, ...] = (),
        profiles: tuple[str, ...] = (),
    ) -> None:
        """Keep it all."""
        self.folder = folder
        self.stacks = stacks
        self.base = base
        self.state, self.preview, self.manifests = state, preview, manifests
        self.config, self.profiles = config, profiles

    @property
    def given(self) -> bool:
        """Whether files are judged instead of stacks."""
        return bool(self.state or self.preview or self.manifests)


def check(asked: Asked) -> Report:
    """Judge what is asked for.

    Raises:
        EngineError: the project, a file or the configuration cannot be used.
    """
    if asked.given:
        settings = configs.load(asked.config, asked.profiles)
        found = [
            *((file, files.state(file)) for file in asked.state),
            *((file, files.preview(file)) for file in asked.preview),
            *((file, files.manifests(file)) for file in asked.manifests),
        ]
        return Report(tuple(judge.judge(one, settings, file, None) for file, one in found), "", asked.profiles)
    project = projects.load(asked.folder)
    settings = configs.of_project(project, asked.config, asked.profiles)
    if not asked.base:
        judged = tuple(_stack(project, name, settings)[0] for name in _chosen(project, asked))
        return Report(judged, "", asked.profiles)
    with revision.checked_out(project.root, asked.base) as tree:
        commit = revision.resolve(project.root, asked.base)
        names = asked.stacks or _touched(project, commit)
        judged = tuple(_compared(project, _inside(project.root, tree), name, settings) for name in names)
    return Report(judged, asked.base, asked.profiles)


def _chosen(project: projects.Project, asked: Asked) -> tuple[str, ...]:
    known = project.stacks()
    for name in asked.stacks:
        if name not in known:
            message = f"there is no stack '{name}': no {project.stack_file(name)}. Stacks: {', '.join(known) or 'none'}"
            raise ProjectError(message)
    return asked.stacks or tuple(known)


def _touched(project: projects.Project, commit: str) -> tuple[str, ...]:
    """The stacks that a change may affect: all of them, unless it touches no more than some stacks' own files."""
    changed = {file.resolve() for file in revision.changed(project.root, commit)}
    documents_ = {file for file in changed if file.suffix in (".md", ".txt")}
    found: set[str] = set()
    own: set[Path] = set()
    for name in project.stacks():
        its = {project.stack_file(name).resolve()}
        with suppress(ProjectError, DocumentError):
            blueprint = blueprint_of(name, project.root)
            its |= {blueprint.resolve()} | {one.resolve() for one in _neighbours(blueprint)}
        own |= its
        if its & changed:
            found.add(name)
    return tuple(project.stacks() if changed - own - documents_ else sorted(found))


def _neighbours(blueprint: Path) -> list[Path]:
    """Files that belong to a blueprint: its platform's blueprint, its inventory, its approvals."""
    content: Any = documents.read(blueprint).content
    target: Any = content.get("target") if documents.is_map(content) else None
    named = [target.get(key) for key in ("platform", "inventory")] if documents.is_map(target) else []
    approvals = file_of(blueprint)
    beside = [approvals] if approvals.is_file() else []
    return [*(blueprint.parent / name for name in named if isinstance(name, str)), *beside]


def _inside(root: Path, tree: Path) -> Path:
    """The project's folder in another tree of the repository."""
    top = next((one for one in (root.resolve(), *root.resolve().parents) if (one / ".git").exists()), root.resolve())
    return tree / root.resolve().relative_to(top)


def _stack(project: projects.Project, name: str, settings: dict[str, Any]) -> tuple[Judged, Planned]:
    root = project.root
    file, document, priced = _blueprint(root, name)
    where = shown(file or project.stack_file(name), root)
    if isinstance(priced, str):
        return Judged(name=name, file=str(where), error=priced), Planned(name, (), priced)
    try:
        made = planned.plan(root, name)
    except EngineError as error:
        made = Planned(name, (), str(error))
    judged = judge.judge(made, settings, where, document)
    return replace(judged, bill=priced), made


def _blueprint(root: Path, name: str) -> tuple[Path | None, Document | None, Bill | str | None]:
    """A stack's blueprint, its document, and its bill; a text says why it cannot be planned."""
    try:
        file = blueprint_of(name, root)
    except (ProjectError, DocumentError):
        return None, None, None
    if "\0" in str(file):
        return None, None, f"{name}: domicile:blueprint: a blueprint lies inside the project, and its name holds no NUL"
    try:
        for one in (file, *(_neighbours(file) if file.resolve().is_relative_to(root.resolve()) else ())):
            if not one.resolve().is_relative_to(root.resolve()):
                return file, None, f"{one}: what a blueprint names lies inside the project; this is outside {root}"
        return file, documents.read(file), judge.bill(load.plan(file))
    except DocumentError as error:
        return file, None, str(error)


def _compared(project: projects.Project, base: Path, name: str, settings: dict[str, Any]) -> Judged:
    judged, after = _stack(project, name, settings)
    if judged.error:
        return judged
    before = Planned(name, ())
    if (base / "Pulumi.yaml").is_file() and projects.load(base).stack_file(name).is_file():
        before = planned.plan(base, name)
        if before.error:
            return replace(judged, changes=())
    priced = _blueprint(base, name)[2] if before.resources else ()
    return replace(
        judged, changes=judge.compare(before, after), bill_before=priced if isinstance(priced, tuple) else None
    )


def output(text: str) -> tuple[str, Path]:
    """A format and a file, from FORMAT=FILE.

    Raises:
        ProjectError: it is not written so.
    """
    kind, mark, file = text.partition("=")
    if kind not in FORMATS or not mark or not file:
        message = f"--output {text}: write FORMAT=FILE, where FORMAT is one of {', '.join(FORMATS[1:])}"
        raise ProjectError(message)
    return kind, Path(file)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{file}: cannot be written: {error.strerror}"
        raise ProjectError(message) from error


def rendered(report: Report, kind: str) -> str:
    """The report in a format."""
    from cli.check import github, junit, markdown, sarif, values

    match kind:
        case "markdown":
            return markdown.render(report)
        case "sarif":
            return json.dumps(sarif.render(report), indent=1) + "\n"
        case "junit":
            return junit.render(report)
        case "github":
            return github.render(report)
        case _:
            return json.dumps(values.render(report), indent=1) + "\n"
