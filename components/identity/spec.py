"""What a workload's identity is: its service account, and the least it needs."""

from dataclasses import dataclass
from enum import StrEnum

from components.ownership import Ownership


class Access(StrEnum):
    """What a workload does with a resource. Nothing here administers."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A need: a kind of resource (`object_store`, `queue`, ...), which one, and what for."""

    kind: str
    name: str
    access: Access


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySpec:
    """``uses`` are all it may do; it has no right that is not listed."""

    name: str
    ownership: Ownership
    region: str
    namespace: str
    service_account: str
    uses: tuple[Use, ...]
