"""What the rest of a stack needs of a vector store."""

from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.vector_store.spec import VectorStoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorStoreArgs:
    """The spec, and where it lives."""

    spec: VectorStoreSpec
    namespace: Input[str]


class VectorStore(Protocol):
    """An HTTP endpoint inside the workload's namespace."""

    endpoint: Output[str]


class HasVectorStore(Protocol):
    """A kit that can make one."""

    def vector_store(self, name: str, args: VectorStoreArgs) -> VectorStore:
        """Make one on encrypted storage, with backups, reachable by its clients alone."""
        ...
