"""What the rest of a platform needs of a queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.queue.spec import QueueSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueArgs:
    """The spec, the key, and the subnets it is reached on."""

    spec: QueueSpec
    key: Input[str]
    network: Input[str]
    subnets: Input[Sequence[str]]


class Queue(Protocol):
    """A stream of events; ``resource`` is what rights are given on."""

    endpoint: Output[str]
    topic: Output[str]
    resource: Output[str]


class HasQueue(Protocol):
    """A kit that can make one."""

    def queue(self, name: str, args: QueueArgs) -> Queue:
        """Make a stream in the region, encrypted with the key."""
        ...
