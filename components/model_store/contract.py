"""What the rest of a platform needs of a model store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.model_store.spec import ModelStoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStoreArgs:
    """The spec, the key, and the network it is reached on."""

    spec: ModelStoreSpec
    key: Input[str]
    network: Input[str]
    subnets: Input[Sequence[str]]


class ModelStore(Protocol):
    """A storage class whose volumes many pods read and write at once; ``resource`` is what rights are given on."""

    storage_class: Output[str]
    resource: Output[str]


class HasModelStore(Protocol):
    """A kit that can make one."""

    def model_store(self, name: str, args: ModelStoreArgs) -> ModelStore:
        """Make shared storage encrypted with the key."""
        ...
