"""What a cluster is: its version, its system nodes, and who may reach its endpoint."""

from dataclasses import dataclass

from components.ownership import Ownership

VERSION = "1.35"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSpec:
    """``admins`` are principals that administer it; the endpoint is private unless ``open_to`` names ranges."""

    name: str
    ownership: Ownership
    region: str
    zones: tuple[str, ...]
    services: str
    system_machine: str
    system_nodes: int
    admins: tuple[str, ...]
    log_days: int
    open_to: tuple[str, ...] = ()
    version: str = VERSION
    storage_class: str = "encrypted"
