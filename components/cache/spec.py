"""What a cache is: its memory and its copies."""

from dataclasses import dataclass

from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSpec:
    """``replicas`` are copies in other zones; ``clients`` is the range that may reach it."""

    name: str
    ownership: Ownership
    region: str
    memory_gib: int
    replicas: int
    clients: str
    storage_class: str = "encrypted"
    image: str = ""
