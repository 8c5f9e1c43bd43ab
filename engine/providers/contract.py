"""The contract every provider meets, in values; Pulumi's ResourceProvider without the protobuf.

Values arrive with secrets revealed; where an input was secret, the engine marks the output secret again. In a
preview, values may be ``UNKNOWN``. Every method may be called from several threads at once.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from engine import paths
from engine.core.model import Checked, Diffed, DiffKind, PropertyDiff
from engine.values import Props


@dataclass(frozen=True, slots=True)
class Subject:
    """The resource a call is about. ``timeout_s`` is None where the program set none."""

    urn: str
    type: str
    name: str
    id: str = ""
    timeout_s: float | None = None
    preview: bool = False
    ignore_changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A resource as it is: its id, the inputs that would make it, and its outputs."""

    id: str
    inputs: Props
    outputs: Props


@dataclass(frozen=True, slots=True)
class Made:
    """A created resource. In a preview the id is empty when it cannot be known."""

    id: str
    outputs: Props = field(default_factory=dict[str, Any])


class Provider(Protocol):
    """Serves the resources and functions of one package under one configuration."""

    def check_config(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Validate a provider's configuration."""
        ...

    def diff_config(self, subject: Subject, olds: Props, news: Props) -> Diffed:
        """Compare two configurations; a replacing key makes every resource of the provider new."""
        ...

    def configure(self, inputs: Props) -> None:
        """Take the configuration; called before any other resource or function call."""
        ...

    def check(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Validate and complete a resource's inputs; reports every failure at once."""
        ...

    def diff(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Diffed:
        """Compare a resource with new inputs."""
        ...

    def create(self, subject: Subject, inputs: Props) -> Made:
        """Make a resource and wait until it is ready.

        Raises:
            ProviderError: nothing was made.
            PartialFailureError: it was made and is not ready.
        """
        ...

    def read(self, subject: Subject, inputs: Props, outputs: Props) -> Found | None:
        """Look a resource up; None when it does not exist.

        Raises:
            UnreachableError: whether it exists could not be found out.
        """
        ...

    def update(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Props:
        """Change a resource in place and wait until it is ready; returns its outputs.

        Raises:
            ProviderError: nothing was changed.
            PartialFailureError: it was changed and is not ready.
        """
        ...

    def delete(self, subject: Subject, inputs: Props, outputs: Props) -> None:
        """Delete a resource and wait until it is gone; a resource that is gone already is no error."""
        ...

    def invoke(self, token: str, args: Props) -> Props:
        """Call a function.

        Raises:
            UnsupportedError: there is no such function; names it.
        """
        ...

    def expected_id(self, subject: Subject, inputs: Props) -> str:
        """The id the resource has if it was created; empty where that cannot be known from its inputs."""
        ...

    def stop_waiting(self) -> None:
        """Give up waiting for readiness: the run is ending. What was begun is reported as not ready."""
        ...

    def close(self) -> None:
        """End what the provider has started; may be called twice."""
        ...


class ProviderDefaults:
    """The answers most providers give: a configuration is taken as it is, and there are no functions."""

    def check_config(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Accept the configuration."""
        del subject, olds
        return Checked(news)

    def diff_config(self, subject: Subject, olds: Props, news: Props) -> Diffed:
        """A new configuration replaces nothing."""
        del subject
        return by_value(olds, news)

    def configure(self, inputs: Props) -> None:
        """Need no configuration."""
        del inputs

    def expected_id(self, subject: Subject, inputs: Props) -> str:
        """Ids are not known beforehand."""
        del subject, inputs
        return ""

    def stop_waiting(self) -> None:
        """Wait for nothing."""

    def close(self) -> None:
        """Have nothing to end."""


def by_value(olds: Props, news: Props, replacing: frozenset[str] = frozenset()) -> Diffed:
    """Compare inputs by value; a difference in one of ``replacing`` (top-level keys) forces a replacement."""
    changes = paths.difference(olds, news)
    keys = tuple(dict.fromkeys(str(change.path[0]) for change in changes if change.path[0] in replacing))
    detailed = {paths.render(change.path): PropertyDiff(change.kind, change.path[0] in replacing) for change in changes}
    return Diffed(DiffKind.SOME if changes else DiffKind.NONE, keys, detailed)
