"""A rule is data and one predicate over a fact."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pulumi_policy import Severity

F = TypeVar("F")
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[F]):
    """A rule about one kind of fact.

    ``problems`` yields a sentence for each way the fact breaks the rule; none means it holds. ``settings`` are the
    rule's parameters as JSON schema properties with defaults.
    """

    id: str
    title: str
    severity: Severity
    reads: type[F]
    problems: Callable[[F, Settings], list[str]]
    remedy: str
    refs: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule:
    """A rule about all facts of a stack together."""

    id: str
    title: str
    severity: Severity
    problems: Callable[[list[Any], Settings], list[tuple[str, str]]]
    remedy: str
    refs: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
