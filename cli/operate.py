"""`domicile preview`, `up`, `refresh` and `destroy`, on either engine."""

import shutil
import sys
from pathlib import Path

from cli import display
from cli.main import FAILED, INTERRUPTED, OK, UNDETERMINED, VIOLATION
from engine import operations
from engine.errors import ProjectError
from engine.operations import Result
from engine.policy.judges import PackSource
from engine.session import Session, open_session

OWN_PACKS = Path(__file__).parents[1] / "policies" / "packs"


def run(
    kind: str,
    folder: Path,
    stack: str,
    engine: str,
    extra_packs: tuple[Path, ...],
    *,
    on_unknown: str,
    as_json: bool,
    yes: bool,
) -> None:
    """Carry out an operation and end with its exit code."""
    if engine == "pulumi" or (engine == "auto" and shutil.which("pulumi")):
        from cli import automation

        sys.exit(automation.run(kind, folder, stack, (*packs_of(), *extra_packs), yes=yes))
    session = open_session(folder, stack)
    _require_stack(session)
    sources = (*(PackSource(pack, in_process=True) for pack in packs_of()), *map(PackSource, _folders(extra_packs)))
    if not yes and not _confirmed(kind, session, sources, on_unknown=on_unknown):
        sys.exit(OK)
    result = _operate(kind, session, sources, on_unknown=on_unknown, as_json=as_json)
    sys.exit(_code(result))


def packs_of() -> tuple[Path, ...]:
    """The project's own packs."""
    return tuple(sorted(path.parent for path in OWN_PACKS.glob("*/PulumiPolicy.yaml")))


def _operate(kind: str, session: Session, sources: tuple[PackSource, ...], *, on_unknown: str, as_json: bool) -> Result:
    shown = display.choose(as_json=as_json)
    setting = session.setting(shown, packs=sources, unknowns_fail=on_unknown == "fail")
    try:
        if kind == "preview":
            return operations.preview(setting, session.program())
        if kind == "up":
            return operations.up(setting, session.program())
        return operations.refresh(setting) if kind == "refresh" else operations.destroy(setting)
    finally:
        shown.close()


def _confirmed(kind: str, session: Session, sources: tuple[PackSource, ...], *, on_unknown: str) -> bool:
    if not sys.stdin.isatty():
        message = f"`{kind}` changes things and there is no terminal to ask on: add --yes"
        raise ProjectError(message)
    if kind == "up":
        result = _operate("preview", session, sources, on_unknown=on_unknown, as_json=False)
        if not result.ok:
            sys.exit(_code(result))
    answer = input(f"{kind} stack '{session.stack}'? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _require_stack(session: Session) -> None:
    project = session.project
    if project.stack_file(session.stack).exists() or session.store.exists():
        return
    known = ", ".join(project.stacks()) or "none yet"
    message = f"there is no stack '{session.stack}': no {project.stack_file(session.stack)}. Stacks: {known}"
    raise ProjectError(message)


def _folders(packs: tuple[Path, ...]) -> tuple[Path, ...]:
    for pack in packs:
        if not (pack / "PulumiPolicy.yaml").is_file():
            message = f"{pack}: no policy pack here: expected a PulumiPolicy.yaml"
            raise ProjectError(message)
    return tuple(pack.resolve() for pack in packs)


def _code(result: Result) -> int:
    if result.ok:
        return OK
    if result.cancelled:
        return INTERRUPTED
    if result.error.startswith("policy: "):
        return UNDETERMINED if "broken" not in result.error and "undetermined" in result.error else VIOLATION
    return FAILED
