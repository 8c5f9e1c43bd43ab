"""What a queue is: an ordered log of events, kept for a while."""

from dataclasses import dataclass

from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSpec:
    """``partitions`` is how many readers can share the work."""

    name: str
    ownership: Ownership
    region: str
    retention_hours: int
    partitions: int
    storage_class: str = "encrypted"
    storage_gib: int = 100
