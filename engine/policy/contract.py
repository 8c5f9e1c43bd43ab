"""What the engine asks of its policy packs."""

from typing import Protocol

from engine.state.resource import ResourceState
from engine.values import Props


class Judge(Protocol):
    """Judges resources before they are touched, and the stack when all are known."""

    def remediate(self, state: ResourceState, provider: ResourceState | None) -> Props:
        """The resource's inputs after every remediation; ``provider`` is its provider, if it has one."""
        ...

    def analyze(self, state: ResourceState, provider: ResourceState | None) -> None:
        """Report violations of one resource.

        Raises:
            EngineError: a mandatory rule is broken (outside a preview): the resource must not be touched.
        """
        ...

    def analyze_stack(self, states: list[ResourceState]) -> None:
        """Report violations of the whole stack.

        Raises:
            EngineError: a mandatory rule is broken (outside a preview).
        """
        ...

    def conclude(self) -> None:
        """End the judgement.

        Raises:
            EngineError: a mandatory rule was broken, a rule failed, or a value stayed undetermined and that counts.
        """
        ...

    def packs(self) -> dict[str, str]:
        """The versions of the packs, by name."""
        ...

    def close(self) -> None:
        """End what was started for the packs."""
        ...
