"""What the rest of a stack needs of a namespace."""

from dataclasses import dataclass
from typing import Protocol

from pulumi import Output

from components.namespace.spec import NamespaceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceArgs:
    """A namespace needs nothing but its spec."""

    spec: NamespaceSpec


class Namespace(Protocol):
    """A place for a workload."""

    namespace: Output[str]


class HasNamespace(Protocol):
    """A kit that can make one."""

    def namespace(self, name: str, args: NamespaceArgs) -> Namespace:
        """Make a namespace with Pod Security, quota, limits and default-deny networking."""
        ...
