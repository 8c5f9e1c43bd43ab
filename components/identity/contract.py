"""What the rest of a stack needs of an identity."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.identity.spec import IdentitySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityArgs:
    """The spec, the cluster it is used in, the resources by name, and the key of their data."""

    spec: IdentitySpec
    cluster: Input[str]
    issuer: Input[str]
    resources: Mapping[str, Input[str]]
    key: Input[str]


class Identity(Protocol):
    """A service account's identity; ``annotations`` go on the account.

    ``marks`` are the same, each of its own: what a preview cannot know yet does not hide the others.
    """

    principal: Output[str]
    annotations: Output[Mapping[str, str]]
    marks: Mapping[str, Output[str]]


class HasIdentity(Protocol):
    """A kit that can make one."""

    def identity(self, name: str, args: IdentityArgs) -> Identity:
        """Make an identity with the rights its uses need and no more; there are no long-lived credentials."""
        ...
