"""Address plans: one range divided over zones and purposes without overlap and without gap."""

import ipaddress
from dataclasses import dataclass

SMALLEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """The ranges of one zone: half of it for pods, a quarter for nodes, the rest for endpoints and entrances."""

    name: str
    pods: str
    nodes: str
    endpoints: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """A divided range; ``spare`` is what no zone has."""

    zones: tuple[Zone, ...]
    spare: tuple[str, ...]


def divide(cidr: str, zones: tuple[str, ...]) -> Addresses:
    """Divide a range over zones, each an equal power of two; the rest is spare.

    Raises:
        ValueError: it is no network, too small for the zones, or there are no zones.
    """
    whole = ipaddress.IPv4Network(cidr)
    if not zones:
        message = "a network needs at least one zone"
        raise ValueError(message)
    bits = (len(zones) - 1).bit_length()
    if whole.prefixlen + bits > SMALLEST:
        message = f"{cidr} is too small for {len(zones)} zones: it needs a prefix of at most /{SMALLEST - bits}"
        raise ValueError(message)
    blocks = list(whole.subnets(prefixlen_diff=bits))
    divided = tuple(_zone(name, block) for name, block in zip(zones, blocks, strict=False))
    return Addresses(zones=divided, spare=tuple(str(block) for block in blocks[len(zones) :]))


def _zone(name: str, block: ipaddress.IPv4Network) -> Zone:
    pods, rest = block.subnets()
    nodes, rest = rest.subnets()
    endpoints, public = rest.subnets()
    return Zone(name=name, pods=str(pods), nodes=str(nodes), endpoints=str(endpoints), public=str(public))
