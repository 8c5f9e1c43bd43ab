"""What a relational store is: PostgreSQL with vectors, its size, and how it is kept safe."""

from dataclasses import dataclass

from components.ownership import Ownership

VERSION = "17"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSpec:
    """``standbys`` are copies in other zones of the same region; backups stay in the region ``backup_days``."""

    name: str
    ownership: Ownership
    region: str
    cpus: int
    memory_gib: int
    storage_gib: int
    standbys: int
    backup_days: int
    clients: str
    version: str = VERSION
    database: str = "domicile"
    storage_class: str = "encrypted"
    image: str = ""
