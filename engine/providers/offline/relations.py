"""What resources say about each other: networks that overlap, and references to things nobody made."""

import ipaddress
import re
import threading
from collections.abc import Iterator
from typing import Any

from engine import paths
from engine.core.model import Failure
from engine.paths import Path
from engine.providers.offline.identity import ACCOUNT, PROJECT, SUBSCRIPTION
from engine.values import Props, is_list, is_map, is_unknown

#: subnets: their network's property and the properties with their own ranges
SUBNETS = {
    "aws:ec2/subnet:Subnet": ("vpcId", ("cidrBlock",)),
    "gcp:compute/subnetwork:Subnetwork": ("network", ("ipCidrRange",)),
    "azure-native:network:Subnet": ("virtualNetworkName", ("addressPrefix",)),
}
_INSIDE = frozenset({"aws:ec2/subnet:Subnet"})
NETWORKS = {"aws:ec2/vpc:Vpc": "cidrBlock"}
_OURS = re.compile(rf":{ACCOUNT}:|/projects/{PROJECT}/|^projects/{PROJECT}/|/subscriptions/{SUBSCRIPTION}/")


class Relations:
    """The resources of one run, as far as they bear on one another. Safe for use from several threads."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._ranges: dict[str, tuple[str, str]] = {}
        self._networks: dict[str, str] = {}
        self._lock = threading.Lock()

    def failures(self, urn: str, token: str, inputs: Props) -> list[Failure]:
        """What the resource has against those known; it is known from now on."""
        with self._lock:
            if token in NETWORKS and isinstance(inputs.get(NETWORKS[token]), str):
                self._networks[urn] = inputs[NETWORKS[token]]
            if token in SUBNETS:
                return list(self._subnet(urn, token, inputs))
        return []

    def _subnet(self, urn: str, token: str, inputs: Props) -> Iterator[Failure]:
        key, own = SUBNETS[token]
        network = inputs.get(key)
        group = str(network) if network and not is_unknown(network) else f"{token}: its network is being made"
        for name in own:
            text = inputs.get(name)
            if not isinstance(text, str) or is_unknown(text):
                continue
            mine = _network(text)
            if mine is None:
                continue
            for other, (place, taken) in self._ranges.items():
                theirs = _network(taken)
                same = other != urn and place == group and theirs is not None and mine.version == theirs.version
                if same and mine.overlaps(theirs):
                    yield Failure(name, f"{text} overlaps {taken} of '{other.rsplit('::', 1)[-1]}'")
            yield from self._outside(mine, name, text, group) if token in _INSIDE else ()
            self._ranges[urn] = (group, text)

    def _outside(self, mine: Any, name: str, text: str, group: str) -> Iterator[Failure]:
        if "being made" in group and len(self._networks) == 1:
            whole = _network(next(iter(self._networks.values())))
            if whole is not None and whole.version == mine.version and not mine.subnet_of(whole):
                yield Failure(name, f"{text} is not inside its network's {whole}")


def dangling(inputs: Props, exists: Any) -> list[Failure]:
    """References into the offline clouds to things that are not there; ``exists(id)`` tells."""
    return [
        Failure(paths.render(path), f"'{value}' refers to nothing that exists")
        for path, value in _strings(inputs, ())
        if _OURS.search(value) and not exists(value)
    ]


def _network(text: str) -> Any:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None


def _strings(value: Any, at: Path) -> Iterator[tuple[Path, str]]:
    if is_map(value):
        for key, inner in value.items():
            yield from _strings(inner, (*at, key))
    elif is_list(value):
        for index, inner in enumerate(value):
            yield from _strings(inner, (*at, index))
    elif isinstance(value, str) and not is_unknown(value):
        yield at, value
