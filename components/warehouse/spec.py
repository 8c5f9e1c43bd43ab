"""What a warehouse is: where tables for analysis and features live."""

from dataclasses import dataclass

from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseSpec:
    """``expire_days`` deletes tables of no fixed life after that long; ``clients`` is the range that may reach it."""

    name: str
    ownership: Ownership
    region: str
    expire_days: int | None
    clients: str
    image: str = ""
    storage_class: str = "encrypted"
    storage_gib: int = 200
