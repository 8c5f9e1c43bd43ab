"""What the rest of a platform needs of an object store."""

from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.object_store.spec import ObjectStoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStoreArgs:
    """The spec, the key that encrypts objects, and the key of the second region where there is one."""

    spec: ObjectStoreSpec
    key: Input[str]
    replica_key: Input[str] | None = None


class ObjectStore(Protocol):
    """A private, versioned bucket; ``resource`` is what rights are given on."""

    bucket: Output[str]
    endpoint: Output[str]
    resource: Output[str]


class HasObjectStore(Protocol):
    """A kit that can make one."""

    def object_store(self, name: str, args: ObjectStoreArgs) -> ObjectStore:
        """Make a bucket that is private, versioned, encrypted with the key, reached over TLS alone."""
        ...
