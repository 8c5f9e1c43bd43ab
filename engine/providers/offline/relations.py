"""What resources say about each other: networks that overlap, and subnets outside their network."""

import ipaddress
import threading
from collections.abc import Iterator
from typing import Any

from engine.core.model import Failure
from engine.values import Props, is_unknown

#: subnets: their network's type, the property that names it, and their own range
SUBNETS = {
    "aws:ec2/subnet:Subnet": ("aws:ec2/vpc:Vpc", "vpcId", "cidrBlock"),
    "gcp:compute/subnetwork:Subnetwork": ("gcp:compute/network:Network", "network", "ipCidrRange"),
    "azure-native:network:Subnet": ("azure-native:network:VirtualNetwork", "virtualNetworkName", "addressPrefix"),
}
#: networks that have a range of their own
RANGES = {"aws:ec2/vpc:Vpc": "cidrBlock"}
NETWORKS = frozenset(network for network, _, _ in SUBNETS.values())


class Relations:
    """The resources of one run, as far as they bear on one another. Safe for use from several threads."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._ranges: dict[str, tuple[str, str]] = {}
        self._networks: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def failures(self, urn: str, token: str, inputs: Props) -> list[Failure]:
        """What the resource has against those known; it is known from now on."""
        with self._lock:
            if token in NETWORKS:
                self._networks.setdefault(token, {})[urn] = str(inputs.get(RANGES.get(token, ""), ""))
            if token in SUBNETS:
                return list(self._subnet(urn, token, inputs))
        return []

    def _subnet(self, urn: str, token: str, inputs: Props) -> Iterator[Failure]:
        """A network that is still being made has no name yet: there must be one alone to know whose a subnet is."""
        network, key, own = SUBNETS[token]
        text, whose = inputs.get(own), inputs.get(key)
        being_made = self._networks.get(network, {})
        known = bool(whose) and not is_unknown(whose)
        mine = _network(text) if isinstance(text, str) and not is_unknown(text) else None
        if mine is None or (not known and len(being_made) != 1):
            return
        group = str(whose) if known else network
        for other, (place, taken) in self._ranges.items():
            theirs = _network(taken)
            if other != urn and place == group and theirs.version == mine.version and mine.overlaps(theirs):
                yield Failure(own, f"{text} overlaps {taken} of '{other.rsplit('::', 1)[-1]}'")
        whole = _network(next(iter(being_made.values()))) if not known else None
        if whole is not None and whole.version == mine.version and not mine.subnet_of(whole):
            yield Failure(own, f"{text} is not inside its network's {whole}")
        self._ranges[urn] = (group, str(text))


def _network(text: str) -> Any:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None
