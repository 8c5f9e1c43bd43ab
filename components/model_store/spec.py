"""What a model store is: shared storage for weights, with fast parallel reads."""

from dataclasses import dataclass

from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStoreSpec:
    """``parallel`` asks for a parallel file system, for training over several nodes."""

    name: str
    ownership: Ownership
    region: str
    size_gib: int
    parallel: bool = False
    storage_class: str = "encrypted-shared"
