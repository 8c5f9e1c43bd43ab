"""What weights and KV cache take, and whether they fit."""

from catalog.models import Model
from planning.estimate.contract import Configuration, Memory

GIB = 1024**3
UTILISATION = 0.92
RUNTIME_GIB = 2.0
# Bytes per quantised parameter with its scales: NVFP4 has an 8-bit scale for 16 values, AWQ and GPTQ a 16-bit scale
# and a zero point for 128. Published files agree (catalog/data/quantization.csv): what they take beyond is the
# embeddings and the head, which stay in 16 bits.
QUANTISED_BYTES = {"bf16": 2.0, "fp8": 1.0, "fp4": 0.5625, "int4": 0.53}


def expert_bytes(precision: str) -> float:
    """Bytes of an expert's parameter."""
    return QUANTISED_BYTES[precision]


def dense_bytes(model: Model, precision: str) -> float:
    """Bytes of a parameter outside the experts; four-bit files of mixtures of experts keep these parts wider."""
    if model.experts and precision in ("fp4", "int4"):
        return 1.0 if model.native_precision == "fp8" else 2.0
    return QUANTISED_BYTES[precision]


def weights_bytes(model: Model, precision: str, attention_dp: int = 1) -> float:
    """Bytes of all weights of a replica; attention data parallelism keeps the dense part once per rank."""
    dense = (model.dense_b - model.embed_b) * dense_bytes(model, precision) * attention_dp
    return 1e9 * (dense + 2 * model.embed_b * 2.0 + model.routed_b * expert_bytes(precision))


def weights_gib(model: Model, precision: str) -> float:
    """What the weights of one replica take, in GiB."""
    return weights_bytes(model, precision) / GIB


def adapters_gib(model: Model, count: int, rank: int) -> float:
    """What low-rank adapters of the attention's four projections take together, in GiB, at 16 bits."""
    return count * model.layers * 4 * 2 * rank * model.hidden * 2 / GIB


def kv_bytes(model: Model, tokens: float, width: float = 2.0) -> float:
    """Bytes of the KV cache of one request of so many tokens; ``width`` is the bytes of one number."""
    windowed = min(tokens, model.sliding_window) * model.sliding_elements
    return (tokens * model.kv_elements + windowed) * width


def shards(configuration: Configuration) -> float:
    """Over how many accelerators a request's KV cache is spread: latent caches and few heads are kept repeatedly."""
    one = configuration
    width = one.gpus / one.pipeline_parallel
    heads = 1 if one.model.latent else max(one.model.kv_heads, 1)
    within = min(width / one.attention_dp, heads)
    return within * one.attention_dp * one.pipeline_parallel


def of(configuration: Configuration, *, mean: bool = False) -> Memory:
    """The memory of a replica. With ``mean`` requests are counted at the length they have on average while they run."""
    one = configuration
    weights = weights_bytes(one.model, one.precision, one.attention_dp) / one.gpus / GIB
    free = one.accelerator.mem_gib * UTILISATION - RUNTIME_GIB - weights - one.reserved_gib / one.gpus
    tokens = one.input_tokens + one.output_tokens * (0.6 if mean else 1.0)
    per_request = kv_bytes(one.model, tokens) / GIB
    # on the accelerators that hold a share of it
    room = max(free, 0.0) * shards(one)
    requests = int(room / per_request) if per_request > 0 else 10_000
    return Memory(one.accelerator.mem_gib, weights, free, per_request, requests)
