"""Thirty workloads as people would write them, with what is right for each."""

from dataclasses import dataclass, field
from typing import Any

QWEN = {"allowed": ["Qwen/Qwen3-32B"]}
SMALL = {"allowed": ["Qwen/Qwen3-8B"]}
_SOME = {
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IS",
    "IT",
    "LI",
    "LT",
}
EEA = _SOME | {"LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}


@dataclass(frozen=True)
class Case:
    """A workload and its right answer: kinds of place and countries, or a refusal; and reasons that must be told."""

    name: str
    workload: dict[str, Any]
    kinds: set[str] = field(default_factory=set[str])
    countries: set[str] = field(default_factory=set[str])
    targets: set[str] = field(default_factory=set[str])
    refused: bool = False
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    trains_in: set[str] = field(default_factory=set[str])


CASES = [
    Case(
        "an Indian bank's fraud scoring, on what it owns",
        {
            "work": "tabular",
            "users": ["IN"],
            "traffic": {"requests_per_s": 800.0, "peak_factor": 2.0, "shape": "evening"},
            "objectives": {"first_token_ms": 50, "end_to_end_ms": 50, "availability_percent": 99.9},
            "data": {"kinds": ["payment", "personal"], "subjects": ["IN"]},
            "sites": [
                {
                    "name": "mumbai-dc",
                    "country": "IN",
                    "cpus_per_node": 64,
                    "nodes": 4,
                    "availability_percent": 99.95,
                    "usd_month": 9000.0,
                }
            ],
        },
        kinds={"owned"},
        countries={"IN"},
        reasons=("keeps payment data in India only", "the network alone takes"),
    ),
    Case(
        "the same bank with no hardware of its own",
        {
            "work": "tabular",
            "users": ["IN"],
            "traffic": {"requests_per_s": 800.0},
            "objectives": {"first_token_ms": 60, "availability_percent": 99.9},
            "data": {"kinds": ["payment"], "subjects": ["IN"]},
        },
        kinds={"cloud"},
        countries={"IN"},
        reasons=("keeps payment data in India only",),
    ),
    Case(
        "an EU hospital's imaging at the edge",
        {
            "work": "vision",
            "traffic": {"requests_per_s": 3.0},
            "objectives": {"first_token_ms": 300, "end_to_end_ms": 300, "availability_percent": 99.0},
            "data": {"kinds": ["health"], "subjects": ["DE"]},
            "sites": [
                {
                    "name": "clinic-a",
                    "country": "DE",
                    "kind": "edge",
                    "uplink": "poor",
                    "accelerator": "L4",
                    "gpus_per_node": 1,
                    "nodes": 2,
                    "usd_month": 500.0,
                },
                {
                    "name": "clinic-b",
                    "country": "DE",
                    "kind": "edge",
                    "uplink": "poor",
                    "accelerator": "L4",
                    "gpus_per_node": 1,
                    "nodes": 2,
                    "usd_month": 500.0,
                },
            ],
        },
        kinds={"owned"},
        countries={"DE"},
        reasons=("eu-gdpr keeps personal data in the EEA",),
    ),
    Case(
        "a US retailer's chat at 2 requests a second",
        {
            "work": "chat",
            "users": ["US"],
            "traffic": {"requests_per_s": 2.0, "shape": "evening"},
            "data": {"kinds": ["internal"], "jurisdictions": ["US"]},
            "models": {"allowed": ["meta-llama/Llama-3.3-70B-Instruct"]},
        },
        kinds={"hosted"},
        countries={"US"},
        reasons=("the workload names US",),
    ),
    Case(
        "a US retailer's chat at 200 requests a second",
        {
            "work": "chat",
            "users": ["US"],
            "traffic": {"requests_per_s": 200.0, "shape": "evening", "prompt_tokens": 3000},
            "data": {"kinds": ["internal"], "jurisdictions": ["US"]},
            "models": {"allowed": ["meta-llama/Llama-3.3-70B-Instruct"], "precisions": ["fp8"]},
            "purchases": ["on-demand", "spot", "reserved-1y"],
            "objectives": {"availability_percent": 99.0},
        },
        kinds={"cloud", "hosted"},
        countries={"US"},
    ),
    Case(
        "a startup's prototype",
        {
            "work": "chat",
            "users": ["US"],
            "traffic": {"requests_per_s": 0.02},
            "objectives": {"availability_percent": 99.0},
            "data": {"kinds": ["public"]},
            "models": {"allowed": ["gpt-5-mini", "claude-haiku-5-5"]},
            "operations": {"capability": "none"},
        },
        kinds={"hosted"},
    ),
    Case(
        "a plant with no uplink",
        {
            "work": "vision",
            "traffic": {"requests_per_s": 10.0, "shape": "flat"},
            "objectives": {"first_token_ms": 100, "availability_percent": 99.0},
            "sites": [
                {
                    "name": "plant",
                    "country": "PL",
                    "kind": "edge",
                    "uplink": "none",
                    "accelerator": "L4",
                    "nodes": 2,
                    "usd_month": 400.0,
                }
            ],
        },
        kinds={"owned"},
        countries={"PL"},
        reasons=("plant has no uplink: requests cannot leave",),
    ),
    Case(
        "a plant with no uplink and too little hardware",
        {
            "work": "chat",
            "traffic": {"requests_per_s": 20.0},
            "models": QWEN,
            "sites": [{"name": "plant", "country": "PL", "kind": "edge", "uplink": "none", "accelerator": "L4"}],
        },
        refused=True,
        reasons=("plant has no uplink", "does not fit"),
    ),
    Case(
        "a German insurer's assistant over personal data",
        {
            "work": "rag",
            "users": ["DE"],
            "traffic": {"requests_per_s": 1.0},
            "data": {"kinds": ["personal"], "subjects": ["DE"]},
            "models": QWEN,
        },
        kinds={"cloud", "gpu-cloud"},
        countries=EEA,
        reasons=("eu-gdpr keeps personal data in the EEA",),
    ),
    Case(
        "the same with certified recipients in the United States",
        {
            "work": "rag",
            "users": ["DE"],
            "traffic": {"requests_per_s": 0.05},
            "data": {"kinds": ["personal"], "subjects": ["DE"], "safeguards": ["dpf"]},
            "models": QWEN,
        },
        kinds={"hosted"},
        countries={"US"},
    ),
    Case(
        "a British council's assistant",
        {
            "work": "rag",
            "users": ["GB"],
            "traffic": {"requests_per_s": 0.5},
            "data": {"kinds": ["personal"], "subjects": ["GB"], "jurisdictions": ["GB"]},
            "models": SMALL,
        },
        kinds={"cloud"},
        countries={"GB"},
        reasons=("the workload names GB", "uk-gdpr keeps personal data"),
    ),
    Case(
        "localised data of a significant Indian fiduciary",
        {
            "work": "chat",
            "users": ["IN"],
            "traffic": {"requests_per_s": 4.0},
            "data": {"kinds": ["sdf-localised"], "subjects": ["IN"]},
            "models": QWEN,
        },
        kinds={"cloud", "gpu-cloud"},
        countries={"IN"},
        reasons=("r. 13(4)",),
    ),
    Case(
        "an Indian shop's chat, where no law binds it",
        {
            "work": "chat",
            "users": ["IN"],
            "traffic": {"requests_per_s": 0.2},
            "data": {"kinds": ["personal"], "subjects": ["IN"]},
            "models": QWEN,
        },
        kinds={"hosted"},
        countries={"US"},
    ),
    Case(
        "embeddings for a search in France",
        {
            "work": "embeddings",
            "users": ["FR"],
            "traffic": {"requests_per_s": 40.0, "prompt_tokens": 400},
            "data": {"kinds": ["internal"], "jurisdictions": ["FR"]},
            "models": {"allowed": ["BAAI/bge-m3"], "precisions": ["bf16"]},
        },
        kinds={"cloud", "gpu-cloud"},
        countries={"FR"},
    ),
    Case(
        "a model that writes text asked to embed",
        {"work": "embeddings", "users": ["FR"], "models": {"allowed": ["Qwen/Qwen3-8B"]}},
        refused=True,
        reasons=("an embedding model is needed",),
    ),
    Case(
        "a model nobody knows",
        {"work": "chat", "users": ["US"], "models": {"allowed": ["nobody/knows-it"]}},
        refused=True,
        reasons=("the catalog knows no model 'nobody/knows-it'",),
    ),
    Case(
        "answers faster than light allows",
        {"work": "tabular", "users": ["AU", "DE"], "objectives": {"first_token_ms": 40}},
        refused=True,
        reasons=("the network alone takes",),
    ),
    Case(
        "a trading desk that wants tokens faster than memory gives them",
        {
            "work": "chat",
            "users": ["US"],
            "models": {"allowed": ["meta-llama/Llama-3.1-405B-Instruct"], "precisions": ["bf16"]},
            "objectives": {"per_token_ms": 5},
        },
        refused=True,
        reasons=("5 ms are asked",),
    ),
    Case(
        "nightly document processing with a deadline",
        {
            "work": "batch",
            "users": ["DE"],
            "traffic": {"requests_per_s": 2.0, "prompt_tokens": 4000, "answer_tokens": 500},
            "data": {"kinds": ["personal"], "subjects": ["DE"]},
            "models": SMALL,
            "deadline_h": 8.0,
            "purchases": ["on-demand", "spot"],
        },
        kinds={"cloud", "gpu-cloud"},
        countries=EEA,
    ),
    Case(
        "five nines from one provider",
        {
            "work": "chat",
            "users": ["US"],
            "models": SMALL,
            "objectives": {"availability_percent": 99.999},
            "operations": {"capability": "managed"},
        },
        refused=True,
        reasons=("99.999 % are asked",),
    ),
    Case(
        "five nines with a data centre and a cloud to take over",
        {
            "work": "chat",
            "users": ["DE"],
            "models": SMALL,
            "traffic": {"requests_per_s": 1.0},
            "objectives": {"availability_percent": 99.999},
            "data": {"kinds": ["internal"], "jurisdictions": ["DE"]},
            "sites": [
                {
                    "name": "dc",
                    "country": "DE",
                    "accelerator": "L40S",
                    "gpus_per_node": 4,
                    "nodes": 2,
                    "usd_month": 6000.0,
                    "availability_percent": 99.9,
                }
            ],
        },
        kinds={"hybrid"},
        countries={"DE"},
        reasons=("99.999 % are asked",),
    ),
    Case(
        "a data centre too small for its peak",
        {
            "work": "chat",
            "users": ["DE"],
            "traffic": {"requests_per_s": 4.0, "peak_factor": 4.0},
            "data": {"kinds": ["restricted"], "jurisdictions": ["DE"]},
            "sites": [
                {
                    "name": "dc",
                    "country": "DE",
                    "accelerator": "H100",
                    "gpus_per_node": 8,
                    "nodes": 1,
                    "usd_month": 9000.0,
                    "availability_percent": 99.5,
                }
            ],
            "models": {"allowed": ["Qwen/Qwen3-32B"], "precisions": ["bf16"]},
        },
        kinds={"owned", "hybrid"},
        countries={"DE"},
    ),
    Case(
        "a team that cannot run anything, with data that must stay",
        {
            "work": "chat",
            "users": ["DE"],
            "models": QWEN,
            "data": {"kinds": ["personal"], "subjects": ["DE"]},
            "operations": {"capability": "none"},
        },
        refused=True,
        reasons=("running it takes the capability 'managed'", "eu-gdpr keeps personal data in the EEA"),
    ),
    Case(
        "only one cloud is allowed",
        {
            "work": "chat",
            "users": ["DE"],
            "models": QWEN,
            "targets": ["gcp"],
            "data": {"kinds": ["internal"], "jurisdictions": ["EU"]},
        },
        kinds={"cloud"},
        targets={"gcp"},
        reasons=("only gcp may be used",),
    ),
    Case(
        "a budget that cannot be met",
        {
            "work": "chat",
            "users": ["DE"],
            "models": QWEN,
            "traffic": {"requests_per_s": 20.0},
            "data": {"jurisdictions": ["DE"]},
            "budget": {"monthly_usd": 500.0},
        },
        refused=True,
        reasons=("the budget is 500",),
    ),
    Case(
        "the same budget as a warning",
        {
            "work": "chat",
            "users": ["DE"],
            "models": QWEN,
            "traffic": {"requests_per_s": 20.0},
            "data": {"jurisdictions": ["DE"]},
            "budget": {"monthly_usd": 500.0, "when_exceeded": "warn"},
        },
        kinds={"cloud"},
        countries={"DE"},
        warnings=("the budget is 500",),
    ),
    Case(
        "fine-tuning on patients' letters",
        {
            "work": "fine-tuning",
            "data": {"kinds": ["health"], "subjects": ["FR"]},
            "training": {"model": "Qwen/Qwen3-32B", "tokens_b": 0.5},
        },
        trains_in=EEA,
    ),
    Case(
        "training with nowhere allowed",
        {
            "work": "training",
            "data": {"jurisdictions": ["KE"]},
            "training": {"model": "Qwen/Qwen3-8B", "tokens_b": 10.0, "method": "full"},
        },
        refused=True,
        reasons=("the workload names KE",),
    ),
    Case(
        "serving in India, trained where it is cheap",
        {
            "work": "chat",
            "users": ["IN"],
            "models": SMALL,
            "data": {"kinds": ["internal"], "jurisdictions": ["IN"], "processing": ["IN", "US"]},
            "training": {"model": "Qwen/Qwen3-8B", "tokens_b": 1.0},
        },
        kinds={"cloud", "gpu-cloud"},
        countries={"IN"},
    ),
    Case(
        "a frontier model on request",
        {
            "work": "chat",
            "users": ["US"],
            "models": {"allowed": ["deepseek-ai/DeepSeek-R1-0528", "Qwen/Qwen3-8B"], "least_tier": "frontier"},
            "traffic": {"requests_per_s": 20.0},
            "data": {"kinds": ["internal"], "jurisdictions": ["US"]},
        },
        kinds={"cloud"},
        countries={"US"},
        reasons=("at least 'frontier' is asked",),
    ),
    Case(
        "edge sites that fall back to a region of their country",
        {
            "work": "vision",
            "traffic": {"requests_per_s": 4.0},
            "objectives": {"first_token_ms": 300, "availability_percent": 99.99},
            "data": {"kinds": ["internal"], "jurisdictions": ["DE"]},
            "sites": [
                {
                    "name": "hall-a",
                    "country": "DE",
                    "kind": "edge",
                    "accelerator": "L4",
                    "nodes": 2,
                    "usd_month": 500.0,
                },
                {
                    "name": "hall-b",
                    "country": "DE",
                    "kind": "edge",
                    "accelerator": "L4",
                    "nodes": 2,
                    "usd_month": 500.0,
                },
            ],
        },
        kinds={"hybrid"},
        countries={"DE"},
        reasons=("99.99 % are asked",),
    ),
    Case(
        "a model larger than a node",
        {
            "work": "chat",
            "users": ["US"],
            "traffic": {"requests_per_s": 10.0},
            "data": {"kinds": ["internal"], "jurisdictions": ["US"]},
            "models": {"allowed": ["moonshotai/Kimi-K2.5"], "precisions": ["bf16"]},
            "objectives": {"per_token_ms": 150, "first_token_ms": 5000},
        },
        kinds={"cloud"},
        countries={"US"},
    ),
    Case(
        "questions about pictures, of a model that sees none",
        {"work": "chat", "users": ["US"], "models": SMALL, "traffic": {"requests_per_s": 1.0, "images": 2.0}},
        refused=True,
        reasons=("Qwen/Qwen3-8B sees no images",),
    ),
    Case(
        "sensitive records stay at home, peaks are worked on next door",
        {
            "work": "chat",
            "users": ["IN"],
            "traffic": {"requests_per_s": 3.0, "peak_factor": 6.0},
            "data": {"kinds": ["restricted"], "jurisdictions": ["IN"], "processing": ["IN", "SG"]},
            "models": {"allowed": ["Qwen/Qwen3-32B"], "precisions": ["fp8"]},
            "targets": ["owned", "gcp"],
            "sites": [
                {
                    "name": "dc",
                    "country": "IN",
                    "accelerator": "H100",
                    "gpus_per_node": 2,
                    "nodes": 1,
                    "usd_month": 3000.0,
                }
            ],
        },
        kinds={"hybrid"},
        countries={"IN", "SG"},
        reasons=("data may be worked on but not kept there: the workload names IN",),
    ),
    Case(
        "records that stay in Kenya, a model trained in Europe",
        {
            "work": "fine-tuning",
            "data": {"kinds": ["internal"], "jurisdictions": ["KE"], "processing": ["KE", "EU"]},
            "training": {"model": "Qwen/Qwen3-8B", "tokens_b": 0.5},
        },
        trains_in=EEA,
    ),
]
