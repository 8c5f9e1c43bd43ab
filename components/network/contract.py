"""What the rest of a platform needs of a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.network.spec import NetworkSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkArgs:
    """The spec, and the key that encrypts its logs."""

    spec: NetworkSpec
    key: Input[str]


class Network(Protocol):
    """A private network. ``nodes`` and ``endpoints`` are subnets, one for each zone where a cloud has them by zone."""

    network: Output[str]
    nodes: Output[Sequence[str]]
    pods: Output[Sequence[str]]
    endpoints: Output[Sequence[str]]


class HasNetwork(Protocol):
    """A kit that can make one."""

    def network(self, name: str, args: NetworkArgs) -> Network:
        """Make a private network with flow logs and private endpoints; nothing comes in unless the spec asks."""
        ...
