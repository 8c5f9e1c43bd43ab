"""What `pulumi login` and `pulumi stack init` need of a state store."""

from dataclasses import dataclass
from typing import Protocol

from pulumi import Output

from components.state_store.spec import StateStoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStoreArgs:
    """A state store needs nothing but its spec."""

    spec: StateStoreSpec


class StateStore(Protocol):
    """``backend`` is for `pulumi login`, ``secrets_provider`` for `pulumi stack init --secrets-provider`."""

    backend: Output[str]
    secrets_provider: Output[str]


class HasStateStore(Protocol):
    """A kit that can make one."""

    def state_store(self, name: str, args: StateStoreArgs) -> StateStore:
        """Make a private, versioned bucket under a key of its own, and leave for the operators."""
        ...
