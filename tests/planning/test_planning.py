"""Sizing, placement and cost."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import facts
from catalog.inventory import Accelerator, Inventory, Pool, load
from planning import cost
from planning.placement import Capacity, Placed
from planning.sizing import GIB, Objective, Sizing, Traffic, size

LLMS = sorted(
    one.id for one in facts.models().values() if one.kind == "llm" and one.params_b and one.kv_bytes_per_token
)
LOCAL = load(Path(__file__).parents[2] / "catalog" / "data" / "local-inventory.yaml")


def test_the_catalog_is_sound() -> None:
    assert all(offer.ondemand_usd_hour > 0 and offer.count > 0 for offer in facts.offers())
    assert all(offer.accelerator in facts.accelerators() for offer in facts.offers())
    places = {(region.cloud, region.region) for region in facts.regions()}
    assert all((offer.cloud, offer.region) in places for offer in facts.offers())
    assert all(len(region.country) in (0, 2) for region in facts.regions()), "blank means unknown"
    for row in (*facts.offers(), *facts.accelerators().values(), *facts.models().values(), *facts.regions()):
        assert row.source, row
        assert row.as_of, row


@given(
    st.sampled_from(LLMS),
    st.sampled_from(sorted(facts.accelerators())),
    st.floats(0.01, 20),
    st.integers(100, 8000),
    st.integers(10, 1000),
    st.integers(0, 2),
)
def test_a_size_holds_the_model_and_meets_the_objective(
    model_id: str, gpu: str, rate: float, prompt: int, answer: int, spare: int
) -> None:
    model, accelerator = facts.models()[model_id], facts.accelerators()[gpu]
    objective = Objective(3000, 80)
    found = size(model, "bf16", accelerator, Traffic(rate, prompt, answer), objective, spare=spare, max_gpus=8)
    if isinstance(found, str):
        assert model.id in found or accelerator.name in found
        return
    kv = found.batch * model.kv_bytes_per_token["bf16"] * (prompt + answer) / GIB
    assert found.weights_gib + kv <= accelerator.mem_gib * found.gpus_per_replica
    assert found.per_token_ms <= objective.per_token_ms
    assert found.first_token_ms <= objective.first_token_ms
    assert found.replicas > spare


@given(st.floats(0.1, 5), st.floats(1.1, 4))
def test_more_load_never_needs_fewer_replicas(rate: float, factor: float) -> None:
    model, accelerator = facts.models()["Qwen/Qwen3-8B"], facts.accelerators()["L40S"]
    sizes = [
        size(model, "bf16", accelerator, Traffic(one, 2000, 300), Objective(3000, 60), spare=1, max_gpus=4)
        for one in (rate, rate * factor)
    ]
    assert isinstance(sizes[0], Sizing)
    assert isinstance(sizes[1], Sizing)
    assert sizes[0].replicas <= sizes[1].replicas


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
    strange = Pool(name="p", count=1, accelerator=Accelerator(product="NVIDIA-B200", memory_gib=180, count=8))
    unknown = cost.gpus("x", Inventory(region="r", country="DE", pools=[strange]), "p", 1)
    assert unknown.usd is None
    assert "no price" in unknown.basis
    own = strange.model_copy(update={"monthly_usd_per_node": 8000.0})
    assert cost.gpus("x", Inventory(region="r", country="DE", pools=[own]), "p", 2).usd == Decimal("2000.00")


@pytest.mark.parametrize(("precision", "gpu", "said"), [("fp8", "A100-80", "no fp8"), ("bf16", "L4", "weights take")])
def test_a_misfit_is_told_in_a_sentence(precision: str, gpu: str, said: str) -> None:
    model = facts.models()["meta-llama/Llama-3.3-70B-Instruct"]
    found = size(
        model, precision, facts.accelerators()[gpu], Traffic(1, 100, 10), Objective(9000, 900), spare=0, max_gpus=2
    )
    assert isinstance(found, str)
    assert said in found
