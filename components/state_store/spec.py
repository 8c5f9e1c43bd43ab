"""What a state store is: the bucket and the key of Pulumi's own state."""

from dataclasses import dataclass

from components.ownership import Ownership

OLD_VERSIONS_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStoreSpec:
    """``operators`` are the principals that run Pulumi, as the cloud names them."""

    name: str
    ownership: Ownership
    region: str
    operators: tuple[str, ...]
    rotation_days: int = 90
