"""What the rest of a platform needs of a registry."""

from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.registry.spec import RegistrySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryArgs:
    """The spec, the key, and the network it is reached on."""

    spec: RegistrySpec
    key: Input[str]


class Registry(Protocol):
    """An image registry in the region; ``resource`` is what rights are given on."""

    host: Output[str]
    resource: Output[str]


class HasRegistry(Protocol):
    """A kit that can make one."""

    def registry(self, name: str, args: RegistryArgs) -> Registry:
        """Make a private registry: tags that cannot move, scans on push, encrypted with the key."""
        ...
