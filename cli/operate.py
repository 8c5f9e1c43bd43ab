"""`domicile preview`, `up`, `refresh` and `destroy`, on either engine."""

import json
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli import display
from cli.check import config as configs
from cli.main import FAILED, INTERRUPTED, OK, UNDETERMINED, VIOLATION
from cli.output import console
from engine import operations
from engine.errors import ProjectError
from engine.operations import Result
from engine.policy.judges import PackSource
from engine.session import Rehearsal, Session, open_session
from engine.values import Props

if TYPE_CHECKING:
    from cli.decommission import Witness

OWN_PACKS = Path(__file__).parents[1] / "policies" / "packs"


@dataclass(frozen=True, slots=True)
class Run:
    """What to do with a stack, on which engine, and against what; ``proof`` is where a destroy is attested."""

    kind: str
    folder: Path
    stack: str
    engine: str
    extra_packs: tuple[Path, ...]
    on_unknown: str
    rehearse: bool = False
    offline: bool = False
    faults: tuple[str, ...] = ()
    proof: Path | None = None

    @property
    def rehearsal(self) -> Rehearsal | None:
        """The rehearsal, if it is one.

        Raises:
            ProjectError: faults without a rehearsal.
        """
        if self.faults and not self.rehearse:
            message = "--fault needs --rehearse: nothing is broken on purpose in a real cloud"
            raise ProjectError(message)
        return Rehearsal(self.faults) if self.rehearse else None


def run(asked: Run, *, as_json: bool, yes: bool, summary: bool = False) -> None:
    """Carry out an operation and end with its exit code; ``summary`` tells about the stack when it has ended well."""
    rehearsal = asked.rehearsal
    if rehearsal is None and (asked.engine == "pulumi" or (asked.engine == "auto" and shutil.which("pulumi"))):
        from cli import automation

        if asked.proof is not None:
            message = "--proof looks again at what the embedded engine deleted: add --engine embedded or --rehearse"
            raise ProjectError(message)
        packs = (*packs_of(), *asked.extra_packs)
        sys.exit(automation.run(asked.kind, asked.folder, asked.stack, packs, yes=yes, offline=asked.offline))
    session = open_session(asked.folder, asked.stack, rehearsal=rehearsal, offline=asked.offline)
    _require_stack(session)
    config = configs.of_project(session.project)
    own = (PackSource(pack, in_process=True, config=config) for pack in packs_of())
    sources = (*own, *map(PackSource, _folders(asked.extra_packs)))
    if not yes and not _confirmed(asked.kind, session, sources, on_unknown=asked.on_unknown):
        sys.exit(OK)
    verdicts, witness = Verdicts(), _witness(session, asked.proof)
    result = _operate(asked.kind, session, sources, on_unknown=asked.on_unknown, as_json=as_json, verdicts=verdicts)
    if witness is not None and asked.proof is not None and not _attested(witness, asked.proof, ok=result.ok):
        sys.exit(_code(result) or FAILED)
    if summary and result.ok and rehearsal is None:
        from cli.summary import show

        show(session, verdicts.by_pack(), as_json=as_json)
    sys.exit(_code(result))


def _witness(session: Session, proof: Path | None) -> "Witness | None":
    """Who remembers what is to be deleted, if it shall be attested.

    Raises:
        ProjectError: the file is there already, or its folder is not.
    """
    if proof is None:
        return None
    from cli.decommission import Witness

    if proof.exists() or not proof.resolve().parent.is_dir():
        message = f"{proof}: it is there already, or its folder is not: name a new file"
        raise ProjectError(message)
    return Witness(session)


def _attested(witness: "Witness", proof: Path, *, ok: bool) -> bool:
    """Write what became of everything; says whether all of it is gone."""
    from cli import decommission

    statement = witness.statement(ok=ok)
    proof.write_text(json.dumps(statement, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for line in decommission.words(statement, proof):
        console().print(line, soft_wrap=True, markup=False)
    return bool(statement["complete"])


def packs_of() -> tuple[Path, ...]:
    """The project's own packs."""
    return tuple(sorted(path.parent for path in OWN_PACKS.glob("*/PulumiPolicy.yaml")))


class Verdicts:
    """Counts what each pack has found, from a run's events."""

    def __init__(self) -> None:
        """Nothing is found yet."""
        self._findings: Counter[str] = Counter()
        self._advice: Counter[str] = Counter()
        self._packs: dict[str, str] = {}

    def __call__(self, event: Props) -> None:
        """Take an event."""
        if "policyEvent" in event:
            said = event["policyEvent"]
            kept = self._advice if said["enforcementLevel"] == "advisory" else self._findings
            kept[said["policyPackName"]] += 1
        elif "summaryEvent" in event:
            self._packs.update(event["summaryEvent"]["policyPacks"])

    def by_pack(self) -> dict[str, str]:
        """A few words for each pack."""
        return {pack: self._words(pack) for pack in self._packs}

    def _words(self, pack: str) -> str:
        found, advice = self._findings[pack], self._advice[pack]
        objection = f"{found} finding{'s' if found > 1 else ''}" if found else "no objection"
        return f"{objection}, {advice} advisory" if advice else objection


def _operate(
    kind: str,
    session: Session,
    sources: tuple[PackSource, ...],
    *,
    on_unknown: str,
    as_json: bool,
    verdicts: Verdicts | None = None,
) -> Result:
    shown = display.choose(as_json=as_json)

    def sink(event: Props) -> None:
        shown(event)
        if verdicts is not None:
            verdicts(event)

    setting = session.setting(sink, packs=sources, unknowns_fail=on_unknown == "fail")
    try:
        return operations.run(kind, setting, session.program())
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
