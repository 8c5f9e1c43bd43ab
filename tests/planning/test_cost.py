"""Bills, units, levers and break-even."""

from typing import Any

import pytest

from planning import breakeven, cost, levers, placement
from planning.placement import Decision
from planning.workload import Workload


def decided(**changes: Any) -> Decision:
    base: dict[str, Any] = {
        "name": "case",
        "work": "chat",
        "users": ["DE"],
        "people": 100,
        "traffic": {"requests_per_s": 2.0},
        "data": {"kinds": ["personal"], "subjects": ["DE"]},
        "models": {"allowed": ["Qwen/Qwen3-32B"]},
    }
    return placement.decide(Workload.model_validate({**base, **changes}))


def billed(decision: Decision) -> cost.Cost:
    assert decision.winner
    return cost.bill(decision.workload, decision.winner.option, decision.training)


def test_a_bill_shows_raw_inference_and_each_line_of_its_multiple() -> None:
    bill = billed(decided())
    assert bill.raw > 0
    assert bill.multiple
    assert bill.multiple > 1
    assert bill.low <= bill.total <= bill.high
    assert sum(line.usd for line in bill.lines if line.usd is not None) == bill.total
    items = " ".join(line.item for line in bill.lines)
    for wanted in ("accelerators", "control plane", "object storage", "snapshots", "audit log", "database", "staff"):
        assert wanted in items
    for line in bill.lines:
        assert line.basis
        assert (line.usd is None) == (line.item in bill.unknown)
    assert "load balancers" in bill.unknown


def test_what_is_not_known_is_listed_never_nothing() -> None:
    bill = billed(decided(operations={"reviews_share": 0.01}))
    review = next(line for line in bill.lines if line.item == "human review")
    assert review.usd is None
    assert "names no price of an hour" in review.basis
    priced = billed(decided(operations={"reviews_share": 0.01, "reviewer_usd_hour": 30.0}))
    assert priced.total > bill.total


def test_units_follow_from_the_bill() -> None:
    decision = decided()
    bill = billed(decision)
    units = cost.units(decision.workload, bill)
    assert units.per_1000_requests == pytest.approx(float(bill.total) / (2.0 * 3600 * 730) * 1000)
    assert units.per_person == pytest.approx(float(bill.total) / 100)
    assert units.per_million_tokens


def test_hosted_tokens_cost_what_their_list_says() -> None:
    decision = decided(
        data={"kinds": ["public"]},
        models={"allowed": ["gpt-5-mini"]},
        operations={"capability": "none"},
        objectives={"availability_percent": 99.0},
    )
    assert decision.winner
    tokens = 2.0 * 3600 * 730 * (1500 * 0.25 + 300 * 2) / 1e6
    assert decision.winner.option.expected == pytest.approx(tokens)


def test_an_owned_server_costs_what_its_parts_do() -> None:
    server = cost.owned_server()
    assert server
    assert server.outlay_usd == pytest.approx(310_000 * 1.125)
    assert server.monthly_usd == pytest.approx(10.2 * 217.3)
    assert server.hourly_usd == pytest.approx((310_000 * (1.125 - 0.3) / 36 + 10.2 * 217.3) / 730)
    assert cost.owned_server("8xL40S") is None, "its price was not found, so there is none"


def test_break_even_finds_where_the_cheapest_changes() -> None:
    decision = decided(
        data={"kinds": ["internal"], "jurisdictions": ["US"]},
        users=["US"],
        models={"allowed": ["meta-llama/Llama-3.3-70B-Instruct"], "precisions": ["fp8"]},
    )
    found = breakeven.break_even(decision)
    assert found
    assert len(found.requests_per_s) == len(found.curves[0].usd)
    assert any("hosted API" in text for text in found.changes), found.changes
    for curve in found.curves:
        known = [usd for usd in curve.usd if usd is not None]
        assert known == sorted(known), f"{curve.name}: more load is never cheaper"


def test_levers_are_priced_one_by_one_and_unknown_ones_say_so() -> None:
    decision = decided(models={"allowed": ["Qwen/Qwen3-32B"], "precisions": ["bf16"]}, targets=["azure"])
    found = levers.levers(decision)
    names = [one.name for one in found]
    for wanted in ("quantization: 8-bit weights", "purchase: spot", "response caching, a fifth of requests repeated"):
        assert wanted in names
    eight = next(one for one in found if one.name == "quantization: 8-bit weights")
    assert eight.saves
    assert eight.saves > 0
    assert next(one for one in found if one.name == "speculative decoding").saves is None


def test_a_small_model_takes_its_share_and_is_billed() -> None:
    alone = decided(traffic={"requests_per_s": 20.0})
    shared = decided(
        traffic={"requests_per_s": 20.0, "small_model": 0.5},
        models={"allowed": ["Qwen/Qwen3-32B"], "small": "Qwen/Qwen3-4B"},
    )
    assert alone.winner
    assert shared.winner
    assert shared.small
    assert shared.small.country == shared.winner.option.country
    assert shared.winner.option.replicas < alone.winner.option.replicas
    bill = cost.bill(shared.workload, shared.winner.option, None, shared.small)
    assert any(line.item.startswith("small model: ") for line in bill.lines)
    nowhere = decided(
        traffic={"requests_per_s": 1.0, "small_model": 0.5},
        models={"allowed": ["Qwen/Qwen3-32B"], "small": "meta-llama/Llama-3.1-405B-Instruct", "precisions": ["bf16"]},
        objectives={"per_token_ms": 45},
    )
    assert nowhere.refused
    assert "finds no place" in nowhere.rejected[-1].reasons[0]


def test_growth_is_priced() -> None:
    assert placement.in_a_year(decided()) is None
    grown = decided(traffic={"requests_per_s": 20.0, "growth_per_year": 4.0})
    assert grown.winner
    later = placement.in_a_year(grown)
    assert later
    assert later > grown.winner.option.expected * 2


def test_batch_work_keeps_its_deadline_and_scales_to_nothing() -> None:
    batch = {"work": "batch", "traffic": {"requests_per_s": 20.0}}
    all_day, night = decided(**batch), decided(**batch, deadline_h=6.0)
    assert all_day.winner
    assert night.winner
    assert night.winner.option.replicas > all_day.winner.option.replicas
    assert night.winner.option.low == 0 or night.winner.option.purchase == "reserved-1y"


def test_a_budget_refuses_or_warns() -> None:
    refused = decided(budget={"monthly_usd": 100.0})
    assert refused.refused
    assert "the budget is 100" in refused.rejected[-1].reasons[0]
    warned = decided(budget={"monthly_usd": 100.0, "when_exceeded": "warn"})
    assert not warned.refused
    assert any("the budget is 100" in text for text in warned.warnings)
