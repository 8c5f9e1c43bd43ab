"""What the rest of a stack needs of a document store."""

from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.document_store.spec import DocumentStoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStoreArgs:
    """The spec, and where it lives."""

    spec: DocumentStoreSpec
    namespace: Input[str]


class DocumentStore(Protocol):
    """An HTTP endpoint inside the workload's namespace."""

    endpoint: Output[str]


class HasDocumentStore(Protocol):
    """A kit that can make one."""

    def document_store(self, name: str, args: DocumentStoreArgs) -> DocumentStore:
        """Make one on encrypted storage, with backups, reachable by its clients alone."""
        ...
