"""The worked examples of every kind, and blueprints that nobody wrote: each kind's example with values changed, good ones and bad ones, always the same."""

import random
from pathlib import Path
from typing import Any

from rehearsed import changed

from blueprints import load, pages
from blueprints.scored.model import Scored
from blueprints.served.model import Served
from cli.blueprints import EXAMPLES

#: every worked example of every kind of workload
SERVED = sorted(file for kind in EXAMPLES for file in pages.examples(kind))

COMMON: dict[str, list[Any]] = {
    "data.class": ["public", "internal", "confidential", "restricted"],
    "data.jurisdictions": [["DE"], ["DE", "FR"], ["IN"], []],
    "data.retention_days": [1, 365, 3650, 0],
    "availability_percent": [95.0, 99.5, 99.9, 99.99],
    "budget.monthly_usd": [100, 3000, 12000, 90000],
}
CHATTING: dict[str, list[Any]] = {
    "latency.first_token_ms": [200, 800, 2000, 10],
    "latency.per_token_ms": [10, 60, 200],
    "access.teams": [[{"name": "a", "tokens_per_minute": many}] for many in (1000, 10_000_000, -1)],
    "review.sample_percent": [0, 5, 100],
    "routing": ["even", "prefix"],
    "target.capabilities": [{}, {"keda": True}, {"keda": True, "prometheus_operator": True, "gateway_api": True}],
    "answers": [{}, {"redact": ["email"], "confidence": 0.5}, {"redact": ["email"], "confidence": 0.5, "cache_minutes": 60}],
}  # fmt: skip
SCORING: dict[str, list[Any]] = {
    "model.per_second": [1.0, 300.0, 5000.0],
    "model.gpu": [True, False],
    "model.format": ["onnx", "xgboost", "tensorrt"],
    "model.memory_gib": [2, 40, 200],
    "model.index": [0, 1, 9],
    "model.version": [1, 0],
    "outcomes.0.at_least": [0.0, 0.2, 0.6],
    "outcomes.1.people": [True, False],
    "otherwise": ["approve", "look", "run", "now"],
    "rules": [[], [{"field": "amount", "over": 5, "outcome": "look", "why": "much"}]],
    "log_values": [True, False],
    "access.callers": [["a"], ["a", "b"], ["reviewers"]],
}
RUNNING: dict[str, list[Any]] = {
    "dataset.tokens_b": [0.001, 0.05, 500.0],
    "dataset.gib": [0.1, 900.0],
    "deadline_hours": [0.5, 24.0, 2000.0],
    "gates": [[], [{"measure": "loss", "at_most": 2.0}], [{"measure": "loss"}]],
    "target.capabilities": [{}, {"kueue": True}, {"prometheus_operator": True}],
}
OWN: dict[Path, dict[str, list[Any]]] = {
    EXAMPLES["customer-support"]: {
        "customers.conversations_per_day": [10, 3000, 200_000],
        "models.chat": ["Qwen/Qwen3-8B", "Qwen/Qwen3-32B", "BAAI/bge-m3", "nobody/knows-it"],
        "fallback": [{"kind": "refuse"}, {"kind": "smaller-model", "model": "Qwen/Qwen3-4B"}],
        "scaling": [
            {},
            {"sleep": {"after_minutes": 30, "first_request": "fallback"}},
            {"hours": [{"from": "08:00", "to": "18:00", "zone": "Europe/Berlin", "replicas": 2}]},
        ],
    },
    EXAMPLES["model-platform"]: {
        "models.0.requests_per_s": [0.1, 5.0, 500.0],
        "models.1.engine": ["vllm", "sglang", "trtllm"],
        "models.1.precision": ["bf16", "fp8"],
        "models.1.fallback": ["small", "embed", ""],
    },
    EXAMPLES["batch-inference"]: {
        "requests.per_window": [1, 20_000, 5_000_000],
        "window.hours": [0.5, 8.0, 23.0, 24.0],
        "window.days": [["mon"], ["sat", "sun"], []],
        "worker.model": ["Qwen/Qwen3-8B", "Qwen/Qwen3-32B", "BAAI/bge-m3"],
    },
    EXAMPLES["document-processing"]: {
        "incoming.per_window": [1, 4000, 1_000_000],
        "incoming.form": ["texts", "scans"],
        "incoming.pages": [1.0, 12.0],
        "worker.model": ["Qwen/Qwen3-8B", "Qwen/Qwen3-VL-8B-Instruct"],
    },
    EXAMPLES["prototype"]: {
        "trial.people": [1, 1000],
        "trial.last_day": ["2026-12-01", "2027-01-31", "2027-11-01"],
        "endpoint.country": ["DE", "US"],
        "endpoint.usd_per_million_tokens": [0.1, 5.0],
    },
    EXAMPLES["fraud-detection"]: {
        "transactions.per_day": [1000.0, 2e6, 1e9],
        "transactions.busiest_per_second": [1.0, 120.0, 20_000.0],
        "features": [None, {"view": "v", "entity": "e", "field": "card", "names": ["a"]}],
        "burst": [{"address": "https://burst.example.com/infer", "country": country} for country in ("DE", "US")],
    },
    EXAMPLES["fine-tuning"]: {
        "base": ["Qwen/Qwen3-4B", "Qwen/Qwen3-32B", "nobody/knows-it"],
        "learning.method": ["lora", "full"],
        "schedule": [None, {"cron": "0 1 * * *", "runs_per_month": 30.0}],
        **RUNNING,
    },
    EXAMPLES["training"]: {
        "base": ["Qwen/Qwen3-4B", "Qwen/Qwen3-8B"],
        "trainer": [["run", "{first}", "{output}"], ["run"], []],
        **RUNNING,
    },
    EXAMPLES["predictive-maintenance"]: {
        "machines.count": [1, 1200, 500_000],
        "machines.every_minutes": [0.1, 5.0],
        "sensors": [[{"name": name, "unit": "K"} for name in names] for names in (("a",), ("a", "a"), ())],
    },
    EXAMPLES["edge-vision"]: {
        "cameras.count": [1, 8, 5000],
        "cameras.frames_per_second": [0.2, 30.0],
        "site.uplink_mbit": [0.0, 10_000.0],
    },
    EXAMPLES["retail-store"]: {
        "tills.count": [1, 6, 9000],
        "offers": [
            ["coffee-beans", "oat-milk", "croissant", "apples"],
            ["coffee-beans", "apples"],
            ["x", "x", "y", "z"],
        ],
        "loyalty": [True, False],
        "central.country": ["DE", "US"],
        "otherwise": ["nothing", "offer"],
    },
    EXAMPLES["analytics-assistant"]: {
        "analysts.active": [1, 150, 100_000],
        "analysts.teams": [["analysts"], ["queries"], ["approvers", "applications"]],
        "warehouse.engine": ["postgresql", "redshift", "clickhouse", "bigquery"],
        "warehouse.country": ["DE", "FR"],
        "limits.rows": [1, 100_000],
        "models.chat": ["Qwen/Qwen3-8B", "Qwen/Qwen3-32B", "BAAI/bge-m3"],
    },
    EXAMPLES["clinical"]: {
        "studies.per_day": [10.0, 900.0, 100_000.0],
        "studies.slices": [1, 300],
        "findings": [["a", "b"], ["a"]],
    },
    EXAMPLES["knowledge-assistant"]: {
        "documents.formats": [[], ["pdf"]],
        "users.active": [5, 400, 100_000],
        "documents.count": [10, 20_000, 5_000_000],
        "documents.permissions": ["source", "everyone"],
        "documents.passages": [1, 6, 50],
        "documents.reranker": ["", "BAAI/bge-reranker-v2-m3", "BAAI/bge-m3"],
        "documents.vouched_by": [[], ["applications"], ["nobody"]],
        "documents.stale_days": [0, 365],
        "models.chat": ["Qwen/Qwen3-8B", "Qwen/Qwen3-32B"],
    },
}


def generated(folder: Path, file: Path, seed: int) -> Path:
    """A changed copy of an example."""
    choose = random.Random(f"{file.stem}{seed}")  # noqa: S311 the same blueprints in every run
    model = load.KINDS[load.kind_of(load.load(file).blueprint)]
    family = SCORING if issubclass(model, Scored) else CHATTING if issubclass(model, Served) else {}
    wanted = {**COMMON, **family, **OWN[file]}
    change = {path: choose.choice(wanted[path]) for path in choose.sample(sorted(wanted), choose.randint(1, 6))}
    return Path(changed(folder, file, change))
