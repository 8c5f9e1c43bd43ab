"""The GPUs of an inventory, and what they cost."""

from decimal import Decimal
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from catalog.inventory import Accelerator, Inventory, Pool, load
from planning import cost
from planning.capacity import Capacity, Placed

LOCAL = load(Path(__file__).parents[2] / "catalog" / "data" / "local-inventory.yaml")


@given(st.integers(1, 4), st.integers(1, 12), st.integers(1, 4), st.integers(1, 8))
def test_no_node_is_given_away_twice(gpus: int, replicas: int, nodes: int, per_node: int) -> None:
    assume(gpus <= per_node)
    pool = Pool(
        name="p", count=nodes, zones=["a", "b"], accelerator=Accelerator(product="X", memory_gib=10, count=per_node)
    )
    capacity = Capacity(Inventory(region="r", country="DE", pools=[pool]))
    found = capacity.take("p", gpus, replicas)
    room = nodes * (per_node // gpus)
    if isinstance(found, Placed):
        assert sum(found.zones.values()) == replicas <= room
        again = capacity.take("p", gpus, room - replicas + 1)
        assert isinstance(again, str)
    else:
        assert replicas > room


@given(st.integers(2, 4), st.integers(1, 6), st.integers(1, 9), st.integers(1, 4), st.integers(0, 3))
def test_a_replica_that_is_wider_than_a_node_has_whole_nodes_of_one_zone(
    wide: int, replicas: int, nodes: int, per_node: int, taken: int
) -> None:
    pool = Pool(
        name="p", count=nodes, zones=["a", "b"], accelerator=Accelerator(product="X", memory_gib=10, count=per_node)
    )
    capacity = Capacity(Inventory(region="r", country="DE", pools=[pool]))
    singles = capacity.take("p", per_node, min(taken, nodes)) if taken else None
    used = singles.zones if isinstance(singles, Placed) else {}
    free = {"a": (nodes + 1) // 2 - used.get("a", 0), "b": nodes // 2 - used.get("b", 0)}
    room = {zone: whole // wide for zone, whole in free.items()}
    found = capacity.take("p", wide * per_node, replicas)
    if isinstance(found, Placed):
        assert sum(found.zones.values()) == replicas
        assert all(count <= room[zone] for zone, count in found.zones.items())
        left = sum(free.values()) - wide * replicas
        assert isinstance(capacity.take("p", per_node, left + 1), str)
        assert not left or isinstance(capacity.take("p", per_node, left), Placed)
    else:
        assert replicas > sum(room.values())
        assert f"room for {sum(room.values())} replicas of {wide} nodes" in found


def test_replicas_spread_over_zones() -> None:
    found = Capacity(LOCAL).take("chat", 1, 4)
    assert isinstance(found, Placed)
    assert found.zones == {"eu-central-a": 2, "eu-central-b": 2}


def test_a_price_has_its_basis_and_an_unknown_one_stays_unknown() -> None:
    line = cost.gpus("chat", LOCAL, "chat", 2)
    assert line.usd == Decimal("3397.42")
    assert "as of 2026-01-21" in line.basis
    strange = Pool(name="p", count=1, accelerator=Accelerator(product="NVIDIA-B300", memory_gib=268, count=8))
    unknown = cost.gpus("x", Inventory(region="r", country="DE", pools=[strange]), "p", 1)
    assert unknown.usd is None
    assert "no price" in unknown.basis
    own = strange.model_copy(update={"monthly_usd_per_node": 8000.0})
    assert cost.gpus("x", Inventory(region="r", country="DE", pools=[own]), "p", 2).usd == Decimal("2000.00")
