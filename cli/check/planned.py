"""What a stack would be, without any account: its resources as an offline preview leaves them."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine import operations
from engine import urn as urns
from engine.events import Events
from engine.policy.contract import Judge
from engine.session import Session, open_session
from engine.state.resource import ResourceState
from engine.values import Props, reveal
from policies.resource import Resource

HERE = Path(__file__).resolve().parents[2]


class _Collector:
    """Takes the place of the packs in a preview, and keeps what they would have judged."""

    def __init__(self) -> None:
        """Nothing is collected yet."""
        self.states: list[ResourceState] = []

    def remediate(self, state: ResourceState, provider: ResourceState | None) -> Props:
        """Leave the inputs as they are."""
        del provider
        return state.inputs

    def analyze(self, state: ResourceState, provider: ResourceState | None) -> None:
        """Say nothing of one resource."""

    def analyze_stack(self, states: list[ResourceState]) -> None:
        """Keep them all."""
        self.states = states

    def conclude(self) -> None:
        """Have no objection."""

    def packs(self) -> dict[str, str]:
        """No pack has run."""
        return {}

    def close(self) -> None:
        """Have nothing to end."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A stack's resources in the order the program registers them; ``error`` says why there are none."""

    stack: str
    resources: tuple[Resource, ...]
    error: str = ""


def plan(folder: Path, stack: str, overrides: dict[str, str] | None = None) -> Planned:
    """Preview a stack offline, as if nothing were there yet, and keep its resources.

    Programs of this repository run in this process. ``overrides`` win over the stack's configuration.

    Raises:
        EngineError: the project or its configuration cannot be used.
    """
    collector = _Collector()
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="domicile-check-") as nothing:
        session = open_session(folder, stack, overrides=overrides, offline=True, state=Path(nothing), sealed=True)
        result = operations.preview(_setting(session, collector, said), session.program())
    if not result.ok:
        reason = "\n".join(dict.fromkeys([*said, result.error]))
        return Planned(stack, (), reason or "the preview failed")
    return Planned(stack, resources(collector.states))


def _setting(session: Session, collector: _Collector, said: list[str]) -> operations.Setting:
    def sink(event: Props) -> None:
        diagnostic: Any = event.get("diagnosticEvent") or {}
        if diagnostic.get("severity") == "error":
            said.append(str(diagnostic.get("message", "")).strip())

    def judge(events: Events, dry: bool) -> Judge:  # noqa: FBT001 a callback's own shape
        del events, dry
        return collector

    setting = session.setting(sink, in_process=session.project.root.resolve() == HERE)
    make: Callable[[Events, bool], Judge] = judge
    return replace(setting, judge=make)


def resources(states: list[ResourceState]) -> tuple[Resource, ...]:
    """Recorded or planned resources as the packs see them."""
    by_urn = {one.urn: one for one in states}
    return tuple(_resource(one, by_urn) for one in states if one.type != "pulumi:pulumi:Stack")


def _resource(state: ResourceState, by_urn: dict[str, ResourceState]) -> Resource:
    provider = by_urn.get(urns.split_reference(state.provider)[0])
    return Resource(
        state.type,
        urns.name_of(state.urn),
        state.urn,
        reveal(state.inputs),
        reveal(provider.inputs) if provider is not None else {},
        state.parent,
        state.property_dependencies,
    )
