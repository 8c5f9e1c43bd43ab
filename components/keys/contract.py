"""What the rest of a platform needs of keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pulumi import Output

from components.keys.spec import KeysSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysArgs:
    """Keys need nothing but their spec."""

    spec: KeysSpec


class Keys(Protocol):
    """Customer-managed keys by class of data, as the cloud's own services name them."""

    keys: Output[Mapping[str, str]]


class HasKeys(Protocol):
    """A kit that can make them."""

    def keys(self, name: str, args: KeysArgs) -> Keys:
        """Make a key for each class of data: rotated, in the region, for the account's own services alone."""
        ...
