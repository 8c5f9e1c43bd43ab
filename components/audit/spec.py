"""What an audit sink is: where every change and access is written down, and how long it stays."""

from dataclasses import dataclass

from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSpec:
    """``retention_days`` come from the law; nothing in the sink can be changed or deleted before."""

    name: str
    ownership: Ownership
    region: str
    retention_days: int
    storage_class: str = ""
