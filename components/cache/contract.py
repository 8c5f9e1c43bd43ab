"""What the rest of a platform needs of a cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.cache.spec import CacheSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheArgs:
    """The spec, the key, and the network it is reached on."""

    spec: CacheSpec
    key: Input[str]
    network: Input[str]
    subnets: Input[Sequence[str]]


class Cache(Protocol):
    """A store that speaks Redis' protocol over TLS. ``secret`` names where its password lies."""

    endpoint: Output[str]
    port: Output[int]
    secret: Output[str]
    resource: Output[str]


class HasCache(Protocol):
    """A kit that can make one."""

    def cache(self, name: str, args: CacheArgs) -> Cache:
        """Make a cache: TLS, a password, encrypted with the key, private."""
        ...
