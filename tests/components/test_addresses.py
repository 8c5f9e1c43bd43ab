"""Address plans: no overlap, no gap, all inside, whatever the range and the zones."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.network.addresses import Addresses, divide


def ranges(made: Addresses) -> list[ipaddress.IPv4Network]:
    texts = [text for zone in made.zones for text in (zone.pods, zone.nodes, zone.endpoints, zone.public)]
    return [ipaddress.IPv4Network(text) for text in (*texts, *made.spare)]


@st.composite
def wholes(draw: st.DrawFn) -> str:
    prefix = draw(st.integers(8, 18))
    block = draw(st.integers(0, 2**prefix - 1))
    return str(ipaddress.IPv4Network((block << (32 - prefix), prefix)))


@given(cidr=wholes(), count=st.integers(1, 4))
def test_a_range_is_divided_without_overlap_and_without_gap(cidr: str, count: int) -> None:
    whole = ipaddress.IPv4Network(cidr)
    made = ranges(divide(cidr, tuple(f"zone-{number}" for number in range(count))))
    assert all(part.subnet_of(whole) for part in made)
    assert sum(part.num_addresses for part in made) == whole.num_addresses
    assert list(ipaddress.collapse_addresses(made)) == [whole]


@given(cidr=wholes(), count=st.integers(1, 4))
def test_pods_have_half_of_a_zone_and_zones_are_equal(cidr: str, count: int) -> None:
    zones = divide(cidr, tuple(map(str, range(count)))).zones
    sizes = {
        tuple(ipaddress.ip_network(text).num_addresses for text in (z.pods, z.nodes, z.endpoints, z.public))
        for z in zones
    }
    ((pods, nodes, endpoints, public),) = sizes
    assert pods == nodes + endpoints + public
    assert nodes == endpoints + public
    assert endpoints == public


@pytest.mark.parametrize(
    ("cidr", "zones"), [("10.0.0.0/24", ("a",)), ("10.0.0.0/19", ("a", "b", "c")), ("10.0.0.0/16", ())]
)
def test_what_does_not_fit_is_refused(cidr: str, zones: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="zone"):
        divide(cidr, zones)
