"""What a network is: zones, address ranges, and what may leave or come in."""

from dataclasses import dataclass

from components.network.addresses import Zone
from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """``cidr`` is the whole range, ``services`` the cluster services' own. ``log_days`` keeps flow logs."""

    name: str
    ownership: Ownership
    region: str
    cidr: str
    services: str
    zones: tuple[Zone, ...]
    egress: bool
    public_ingress: bool
    log_days: int
