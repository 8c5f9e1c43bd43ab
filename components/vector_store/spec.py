"""What a vector store is: its image, its size, and how it is kept safe."""

from dataclasses import dataclass

from components.ownership import Ownership

PORT = 6333


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorStoreSpec:
    """``clients`` are the parts of the workload that may reach it; ``keep_backups`` are days.

    ``namespaces`` are others whose pods may reach it.
    """

    name: str
    ownership: Ownership
    image: str
    storage_gib: int
    storage_class: str
    memory_gib: int
    clients: tuple[str, ...]
    backup_image: str
    backup_schedule: str
    keep_backups: int
    engine: str = "qdrant"
    namespaces: tuple[str, ...] = ()
