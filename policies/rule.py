"""A rule is data and one predicate over a fact."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

from policies.resource import Resource

Settings = Mapping[str, Any]


class Severity(StrEnum):
    """How bad a broken rule is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Problem(NamedTuple):
    """A way in which a resource breaks a rule; ``path`` is the property's, ``urn`` another resource's.

    What is not ``known`` yet is no way of breaking it: nobody can tell.
    """

    text: str
    path: str = ""
    urn: str = ""
    known: bool = True


class Fact(Protocol):
    """What a rule reads: a resource, seen from one side."""

    resource: Resource

    @classmethod
    def of(cls, resource: Resource) -> "Fact | None":
        """The fact that a resource is; None where it is not applicable."""
        ...


F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule about one kind of fact.

    ``problems`` yields a sentence for each way the fact breaks the rule; none means it holds. ``settings`` are the
    rule's parameters as JSON schema properties with defaults. ``refs`` name articles and controls. ``repairs`` gives
    better properties, where a rule can mend what it finds.
    """

    STACK: ClassVar[bool] = False

    id: str
    title: str
    severity: Severity
    reads: type[Any]
    problems: Callable[[Any, Settings], Iterable[Problem]]
    remedy: str
    refs: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    repairs: Callable[[Resource, Settings], dict[str, Any] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule:
    """A rule about all resources of a stack together."""

    STACK: ClassVar[bool] = True

    id: str
    title: str
    severity: Severity
    problems: Callable[[list[Resource], Settings], Iterable[Problem]]
    remedy: str
    refs: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


AnyRule = Rule | StackRule
#: the schema of a setting that is a list of texts; its default stands beside
TEXTS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
EXEMPTIONS: Mapping[str, Any] = {
    "type": "array",
    "default": [],
    "items": {
        "type": "object",
        "required": ["resource", "owner", "reason", "expires"],
        "properties": {name: {"type": "string"} for name in ("resource", "owner", "reason", "expires")},
    },
}
TODAY: Mapping[str, Any] = {"type": "string", "default": ""}
SHARED: Mapping[str, Any] = {"exemptions": EXEMPTIONS, "today": TODAY}
