"""The GPUs of an inventory, and what they cost."""

from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from catalog.inventory import Accelerator, Inventory, Pool, load
from planning import cost
from planning.capacity import Capacity, Placed

LOCAL = load(Path(__file__).parents[2] / "catalog" / "data" / "local-inventory.yaml")


@given(st.integers(1, 4), st.integers(1, 12), st.integers(1, 4), st.integers(1, 8))
def test_no_node_is_given_away_twice(gpus: int, replicas: int, nodes: int, per_node: int) -> None:
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
