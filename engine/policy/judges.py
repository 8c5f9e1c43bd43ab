"""The packs of a run, as one judge."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from engine.errors import EngineError
from engine.events import Events
from engine.state.resource import ResourceState
from engine.values import Props, annotate

Level = Literal["advisory", "mandatory", "remediate", "disabled"]
Verdict = Literal["violation", "undetermined", "error"]
#: how the message of a pack begins that fails closed on a value not known: it is undetermined, not broken
CANNOT_TELL = "cannot be judged: "


@dataclass(frozen=True, slots=True)
class PackSource:
    """Where a pack is, and how it is configured.

    ``in_process`` packs are Python modules of ours, evaluated by the same classes without a process between;
    the others run as Pulumi runs them.
    """

    folder: Path
    in_process: bool = False
    config: Props = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has found. ``urn`` is empty for the stack as a whole."""

    policy: str
    pack: str
    version: str
    level: Level
    verdict: Verdict
    message: str
    urn: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A rewrite of a resource's inputs by a rule; ``inputs`` is None when it could not be done."""

    policy: str
    pack: str
    version: str
    inputs: Props | None
    note: str = ""


class Pack(Protocol):
    """One pack, ready to judge."""

    name: str
    version: str

    def analyze(self, state: ResourceState, provider: ResourceState | None) -> list[Finding]:
        """Judge one resource."""
        ...

    def analyze_stack(self, states: list[ResourceState]) -> list[Finding]:
        """Judge the stack."""
        ...

    def remediate(self, state: ResourceState, provider: ResourceState | None) -> list[Remedy]:
        """Rewrite one resource's inputs."""
        ...

    def close(self) -> None:
        """End what was started for it."""
        ...


class PolicyError(EngineError):
    """The packs do not let the run pass; each finding was reported on its own."""


class Panel:
    """Asks every pack and reports what they find."""

    def __init__(
        self,
        sources: tuple[PackSource, ...],
        events: Events,
        project: str,
        stack: str,
        *,
        preview: bool,
        unknowns_fail: bool,
    ) -> None:
        """Start the packs."""
        self._events = events
        self._preview = preview
        self._unknowns_fail = unknowns_fail
        self._packs: list[Pack] = []
        self.findings: list[Finding] = []
        try:
            for source in sources:
                self._packs.append(_open(source, project, stack, preview=preview))
        except BaseException:
            self.close()
            raise

    def remediate(self, state: ResourceState, provider: ResourceState | None) -> Props:
        """Apply every remediation in turn."""
        inputs = state.inputs
        for pack in self._packs:
            for remedy in pack.remediate(state, provider):
                if remedy.inputs is None:
                    self._events.diagnose("warning", f"{remedy.pack}: {remedy.policy}: {remedy.note}", state.urn)
                    continue
                inputs = annotate(remedy.inputs, inputs)
                self._events.emit(
                    "policyRemediationEvent",
                    {
                        "resourceUrn": state.urn,
                        "policyName": remedy.policy,
                        "policyPackName": remedy.pack,
                        "policyPackVersion": remedy.version,
                    },
                )
        return inputs

    def analyze(self, state: ResourceState, provider: ResourceState | None) -> None:
        """Judge one resource; outside a preview a broken mandatory rule stops it."""
        found = [finding for pack in self._packs for finding in pack.analyze(state, provider)]
        self._report(found)

    def analyze_stack(self, states: list[ResourceState]) -> None:
        """Judge the stack."""
        found = [finding for pack in self._packs for finding in pack.analyze_stack(states)]
        self._report(found)

    def conclude(self) -> None:
        """Refuse a run with a failing finding."""
        failing = [one for one in self.findings if self._fails(one)]
        if failing:
            raise PolicyError(_verdict(failing))

    def packs(self) -> dict[str, str]:
        """The versions by name."""
        return {pack.name: pack.version for pack in self._packs}

    def close(self) -> None:
        """End the packs."""
        for pack in self._packs:
            pack.close()

    def _report(self, found: list[Finding]) -> None:
        for one in found:
            self.findings.append(one)
            self._events.policy(
                {
                    "resourceUrn": one.urn,
                    "message": one.message,
                    "color": "never",
                    "policyName": one.policy,
                    "policyPackName": one.pack,
                    "policyPackVersion": one.version,
                    "policyPackVersionTag": one.version,
                    "enforcementLevel": "mandatory" if one.level == "remediate" else one.level,
                    "severity": one.severity,
                    "verdict": one.verdict,
                }
            )
        failing = [one for one in found if self._fails(one)]
        if failing and not self._preview:
            raise PolicyError(_verdict(failing))

    def _fails(self, one: Finding) -> bool:
        if one.verdict == "undetermined":
            return self._unknowns_fail and one.level != "advisory"
        if one.verdict == "error":
            return True
        return one.level != "advisory"


def cannot_tell(message: str) -> bool:
    """Whether a pack's message says that it could not judge; a rule's title may stand before it."""
    return message.startswith(CANNOT_TELL) or f"\n{CANNOT_TELL}" in message


def _verdict(failing: list[Finding]) -> str:
    rules = ", ".join(sorted({f"{one.pack}/{one.policy}" for one in failing}))
    counts = {kind: sum(one.verdict == kind for one in failing) for kind in ("violation", "undetermined", "error")}
    said = {"violation": "broken", "undetermined": "undetermined", "error": "failed to run"}
    parts = [f"{count} {said[kind]}" for kind, count in counts.items() if count]
    return f"policy: {', '.join(parts)} ({rules})"


def _open(source: PackSource, project: str, stack: str, *, preview: bool) -> Pack:
    if source.in_process:
        from engine.policy.inprocess import InProcessPack

        return InProcessPack(source, project, stack)
    from engine.policy.analyzer import AnalyzerPack

    return AnalyzerPack(source, project, stack, preview=preview)
