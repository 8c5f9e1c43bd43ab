"""What an object store is: how long objects stay, and where copies may be."""

from dataclasses import dataclass

from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStoreSpec:
    """``locked_days`` keeps every version unchanged that long; ``cold_after_days`` moves them to cheaper storage.

    ``replica_region`` keeps a copy of every version under a key of its own.
    """

    name: str
    ownership: Ownership
    region: str
    old_versions_days: int
    locked_days: int | None = None
    cold_after_days: int | None = None
    replica_region: str = ""
