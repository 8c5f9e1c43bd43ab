"""`domicile audit`: what is live, against what was promised and by the same rules. Read-only."""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catalog import documents
from catalog.documents import Document, DocumentError
from cli.audit import aws
from cli.check import command as checks
from cli.check import config as configs
from cli.check import files, judge
from cli.check.planned import Planned
from cli.check.report import Judged, Report, Said, clean
from cli.output import console
from cli.subject import blueprint_of, shown
from engine import project as projects
from engine import urn as urns
from engine.errors import EngineError, ProjectError
from engine.providers.contract import Provider, Subject
from engine.session import Session, open_session
from engine.state.resource import ResourceState
from engine.values import Props, is_map, reveal
from policies.evaluate import FAILED, VIOLATION
from policies.resource import Resource

KEPT = ("tags", "labels", "metadata", "spec")


#: a resource, a verdict, a property's path, and words
Difference = tuple[ResourceState, str, str, str]


@dataclass(slots=True)
class Live:
    """What was found: resources as they are, what differs from the promise, and what nobody here can read."""

    resources: list[Resource] = field(default_factory=list[Resource])
    findings: list[Difference] = field(default_factory=list[Difference])
    unread: list[str] = field(default_factory=list[str])


def run(
    stack: str, folder: Path, state: Path | None, profiles: tuple[str, ...], *, outputs: tuple[str, ...], form: str
) -> None:
    """Read what is live, judge it, and end with the gate's exit codes.

    Raises:
        EngineError: the stack has no state, or something cannot be asked.
    """
    wanted = [checks.output(one) for one in outputs]
    judged, unread = audit(stack, folder, state, profiles)
    report = Report((judged,), "", profiles)
    checks.deliver(report, wanted, form)
    if form == "text" and unread:
        console().print(f"not read: {len(unread)} resources of {', '.join(sorted(set(unread)))}")
    sys.exit(checks.CODES[report.verdict])


def audit(stack: str, folder: Path, state: Path | None, profiles: tuple[str, ...]) -> tuple[Judged, list[str]]:
    """The verdict on what is live, and the types of what was not read.

    Raises:
        EngineError: the stack has no state, or something cannot be asked.
    """
    project = projects.load(folder)
    settings = configs.of_project(project, (), profiles)
    session = open_session(folder, stack) if state is None else None
    states = files.states(state) if state is not None else _recorded(session)
    live = _read(states, session)
    file, document = _blueprint(project, stack, state)
    judged = judge.judge(Planned(stack, tuple(live.resources)), settings, file, document)
    drift = [_said(one, file, document) for one in live.findings]
    found = tuple(sorted((*judged.findings, *drift), key=lambda said: said.order))
    return replace(judged, findings=found), live.unread


def _recorded(session: Session | None) -> list[ResourceState]:
    if session is None or not session.store.exists():
        name = session.stack if session is not None else ""
        message = f"stack '{name}' has no state here: bring it up first, or name its export with --state"
        raise ProjectError(message)
    return session.store.load().resources


def _read(states: list[ResourceState], session: Session | None) -> Live:
    live = Live()
    by_urn = {one.urn: one for one in states}
    registry = session.registry(dry=False) if session is not None else None
    if registry is not None:
        registry.remember(states)
    accounts: dict[str, aws.Account] = {}
    try:
        for state in states:
            if not state.custom or urns.is_provider(state.type) or state.delete:
                continue
            behind = by_urn.get(urns.split_reference(state.provider)[0])
            settings: Props = reveal(behind.inputs) if behind is not None else {}
            package = state.type.partition(":")[0]
            try:
                if state.type in aws.READERS and "endpoints" not in settings:
                    account = accounts.setdefault(str(settings.get("region")), aws.Account(settings))
                    _take(live, state, account.read(state), settings)
                elif package == "kubernetes" and registry is not None:
                    _take(live, state, _of_cluster(registry.of(state.provider, state.type), state), settings)
                elif package not in ("random", "pulumi", "tls"):
                    live.unread.append(state.type)
            except EngineError as error:
                live.findings.append((state, FAILED, "", str(error)))
    finally:
        if registry is not None:
            registry.close()
    return live


def _of_cluster(provider: Provider | None, state: ResourceState) -> Props | None:
    if provider is None:
        return None
    subject = Subject(state.urn, state.type, urns.name_of(state.urn), state.id)
    found = provider.read(subject, reveal(state.inputs), reveal(state.outputs))
    return found.inputs if found is not None else None


def _take(live: Live, state: ResourceState, found: Props | None, provider: Props) -> None:
    if found is None:
        live.findings.append((state, VIOLATION, "", "it was made and is gone"))
        return
    name = urns.name_of(state.urn)
    live.resources.append(
        Resource(state.type, name, state.urn, found, provider, state.parent, state.property_dependencies)
    )
    for path, promised, real in _differences(reveal(state.inputs), found):
        live.findings.append((state, VIOLATION, path, f"'{promised}' was promised, '{real}' is live"))


def _differences(promised: Any, real: Any, path: str = "") -> list[tuple[str, str, str]]:
    """Where what was promised is otherwise: what a live resource has beyond the promise is no difference."""
    if is_map(promised) and is_map(real):
        shared = [key for key in promised if key in real or path.endswith(KEPT)]
        return [
            one
            for key in shared
            if not key.startswith("__")
            for one in _differences(promised[key], real.get(key), f"{path}.{key}" if path else key)
        ]
    if isinstance(promised, list) or isinstance(real, list) or promised is None:
        return []
    said, found = (_plain(one) for one in (promised, real))
    return [] if said == found or said.rpartition("/")[2] == found.rpartition("/")[2] else [(path, said, found)]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _blueprint(project: projects.Project, stack: str, state: Path | None) -> tuple[Path, Document | None]:
    try:
        file = blueprint_of(stack, project.root)
        return shown(file, project.root), documents.read(file)
    except (ProjectError, DocumentError):
        return state or project.stack_file(stack), None


def _said(found: Difference, file: Path, document: Document | None) -> Said:
    from blueprints import trace

    state, verdict, path, words = found
    name = urns.name_of(state.urn)
    line, column = trace.position(document, (name,), words) if document is not None else (1, 1)
    return Said(
        rule="audit-promise",
        pack="audit",
        title="What is live is what was promised",
        severity="high",
        level="mandatory",
        verdict=verdict,
        resource=clean(name),
        type=clean(state.type),
        urn=clean(state.urn),
        path=clean(path),
        text=clean(words),
        remedy="Bring the stack up again, or find out who changed it.",
        refs=("ISO 42001 A.6.2.6", "NIST AI RMF MANAGE 4.1"),
        file=clean(str(file)),
        line=line,
        column=column,
    )
