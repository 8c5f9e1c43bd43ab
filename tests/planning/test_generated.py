"""Generated workloads: a decision whose bill adds up, or a refusal with reasons; never anything else."""

import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from catalog import models, prices
from catalog.documents import DocumentError
from planning import breakeven, cost, placement, read
from planning.workload import Workload

COUNTRIES = ["DE", "IN", "US", "GB", "FR", "BR", "AU", "KE", "JP", "IS"]
IDS = [*models.models(), *(one.id for one in prices.hosted()[:20]), "nobody/knows-it"]
WORK = ["chat", "rag", "embeddings", "vision", "tabular", "batch", "fine-tuning", "training"]
DATA = ["public", "internal", "personal", "health", "payment", "sdf-localised", "restricted"]
WRONG: tuple[Any, ...] = ([], ["a"], {"x": 1}, "", -1, 10**30, True, None, float("inf"), "ä" * 300, [[]])


def traffic(rng: random.Random) -> dict[str, Any]:
    return {
        "requests_per_s": 10 ** rng.uniform(-3, 4),
        "peak_factor": rng.uniform(1, 20),
        "shape": rng.choice(["flat", "office", "evening", "global"]),
        "weekend": rng.random(),
        "growth_per_year": rng.choice([0.0, 0.5]),
        "prompt_tokens": rng.randrange(1, 100_000),
        "answer_tokens": rng.randrange(1, 4000),
        "cacheable": rng.choice([0.0, 0.5]),
        "shared_prefix": rng.choice([0.0, 0.9]),
        "images": rng.choice([0.0, 0.0, 2.0]),
    }


def data(rng: random.Random) -> dict[str, Any]:
    return {
        "kinds": rng.sample(DATA, rng.randrange(1, 3)),
        "subjects": rng.sample(COUNTRIES, rng.randrange(3)),
        "jurisdictions": rng.sample(["DE", "EU", "EEA", "IN", "US", "KE"], rng.randrange(2)),
        "processing": rng.sample(["DE", "EU", "US"], rng.randrange(2)),
        "safeguards": rng.sample(["adequacy", "dpf", "scc"], rng.randrange(2)),
        "volume_gib": rng.uniform(0, 1e5),
        "retention_days": rng.randrange(1, 4000),
    }


def site(rng: random.Random, index: int) -> dict[str, Any]:
    return {
        "name": f"site-{index}",
        "country": rng.choice(COUNTRIES),
        "accelerator": rng.choice(["L4", "H100", "L40S", "Z80", None]),
        "gpus_per_node": rng.choice([1, 4, 8]),
        "nodes": rng.choice([1, 3]),
        "uplink": rng.choice(["none", "poor", "good"]),
        "kind": rng.choice(["datacentre", "edge"]),
        "usd_month": rng.choice([None, 1000.0]),
    }


def generated(seed: int) -> dict[str, Any]:
    rng = random.Random(seed)  # noqa: S311 a test's choice
    made: dict[str, Any] = {
        "name": "case",
        "work": rng.choice(WORK),
        "users": rng.sample(COUNTRIES, rng.randrange(3)),
        "traffic": traffic(rng),
        "objectives": {
            "first_token_ms": rng.randrange(10, 10_000),
            "per_token_ms": rng.randrange(2, 500),
            "availability_percent": rng.choice([90.0, 99.0, 99.9, 99.999]),
        },
        "data": data(rng),
        "models": {
            "allowed": rng.sample(IDS, rng.randrange(3)),
            "precisions": rng.sample(["bf16", "fp8", "fp4", "int4"], rng.randrange(1, 4)),
            "hosted": rng.random() < 0.7,
            "adapters": rng.choice([0, 0, 50]),
        },
        "operations": {"capability": rng.choice(["none", "managed", "kubernetes", "platform"])},
        "purchases": rng.sample(["on-demand", "spot", "reserved-1y"], rng.randrange(1, 4)),
    }
    if rng.random() < 0.3:
        made["sites"] = [site(rng, index) for index in range(rng.randrange(1, 4))]
    if made["work"] in ("fine-tuning", "training") or rng.random() < 0.1:
        made["training"] = {"model": rng.choice(IDS), "tokens_b": 10 ** rng.uniform(-2, 3), "deadline_h": 72.0}
    if rng.random() < 0.1:
        made["traffic"]["small_model"] = 0.3
        made["models"]["small"] = rng.choice(IDS)
    if rng.random() < 0.2:
        made["budget"] = {"monthly_usd": 10 ** rng.uniform(2, 6), "when_exceeded": rng.choice(["warn", "refuse"])}
    return made


@pytest.mark.parametrize("seed", range(200))
def test_a_workload_is_decided_or_refused_with_reasons(seed: int) -> None:
    workload = Workload.model_validate(generated(seed))
    decision = placement.decide(workload)
    assert all(one.reasons for one in decision.rejected)
    if decision.refused:
        assert decision.rejected
        return
    chosen = decision.winner.option if decision.winner else decision.training
    assert chosen
    bill = cost.bill(workload, chosen, decision.training if decision.winner else None, decision.small)
    assert bill.low <= bill.total <= bill.high
    if decision.winner:
        assert decision.winner.option.low <= decision.winner.option.expected * 1.0001
        assert decision.winner.option.expected <= decision.winner.option.high * 1.0001
        assert breakeven.break_even(decision)
        if workload.budget and workload.budget.when_exceeded == "refuse":
            assert decision.winner.option.expected <= workload.budget.monthly_usd


def test_both_answers_are_given() -> None:
    refused = [placement.decide(Workload.model_validate(generated(seed))).refused for seed in range(40)]
    assert 5 < sum(refused) < 35


@pytest.mark.parametrize("seed", range(150))
def test_a_malformed_workload_is_one_clear_error(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)  # noqa: S311 a test's choice
    made: Any = generated(seed)
    at: Any = made
    key: Any = rng.choice(sorted(at))
    while isinstance(at[key], dict) and at[key] and rng.random() < 0.8:
        at = at[key]
        key = rng.choice(sorted(at))
    text = yaml.safe_dump(made)
    if rng.random() < 0.4:
        at[f"{key} misspelt"] = at.pop(key)
        text = yaml.safe_dump(made)
    elif rng.random() < 0.7:
        at[key] = rng.choice(WRONG)
        text = yaml.safe_dump(made)
    else:
        cut = rng.randrange(1, len(text))
        text = text[:cut] + rng.choice(["{", "]", ": :", "\t", "&x", "!!python/name:os.system "]) + text[cut:]
    file = tmp_path / "workload.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        placement.decide(read.load(file))
    except DocumentError as error:
        for line in str(error).splitlines():
            assert line.startswith(f"{file}:"), line
            assert line.split(":")[1].isdigit(), line


def test_no_number_is_endless() -> None:
    with pytest.raises(ValidationError):
        Workload.model_validate({**generated(1), "traffic": {"requests_per_s": float("inf")}})
