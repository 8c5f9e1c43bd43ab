"""What a store of runs and models is: MLflow, how many of its servers answer, how it is kept twice, who may ask."""

from dataclasses import dataclass

from components.ownership import Ownership

PORT = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSpec:
    """Records are in the platform's PostgreSQL, kept ``keep_backups`` times; ``namespaces`` may ask it."""

    name: str
    ownership: Ownership
    region: str
    service_account: str
    image: str
    replicas: int
    backup_image: str
    backup_schedule: str
    keep_backups: int
    storage_class: str
    storage_gib: int
    namespaces: tuple[str, ...]
