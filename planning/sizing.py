"""How much memory a model takes, how fast one replica answers, and how many replicas a load needs.

A roofline: decoding reads the weights and the batch's KV cache once a step; prefill is bound by arithmetic. The
efficiencies are the catalog's for memory, and ``PREFILL_EFFICIENCY`` for arithmetic.
"""

import math
from dataclasses import dataclass

from catalog.facts import Accelerator, Model

PREFILL_EFFICIENCY = 0.5
OVERHEAD_GIB = 2.0
GPU_MEMORY_UTILISATION = 0.90
UTILISATION = 0.7
STEP_OVERHEAD_S = 0.004
MAX_BATCH = 256
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Traffic:
    """Load at its busiest, and what one request looks like, in tokens."""

    requests_per_s: float
    prompt_tokens: int
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class Objective:
    """Targets in milliseconds."""

    first_token_ms: int
    per_token_ms: int


@dataclass(frozen=True, slots=True)
class Sizing:
    """One replica, and how many. ``batch`` is how many requests a replica works on at once."""

    gpus_per_replica: int
    replicas: int
    weights_gib: float
    kv_gib: float
    batch: int
    per_token_ms: float
    first_token_ms: float
    max_model_len: int
    reasons: tuple[str, ...]


def weights_gib(model: Model, precision: str) -> float:
    """What the weights take, in GiB; the model's size must be known."""
    return (model.params_b or 0) * 1e9 * model.bytes_per_param[precision] / GIB


def size(
    model: Model,
    precision: str,
    accelerator: Accelerator,
    traffic: Traffic,
    objective: Objective,
    *,
    spare: int,
    max_gpus: int,
) -> Sizing | str:
    """The smallest replica that holds the model and meets the objective, and how many the load needs.

    Returns the reason in a sentence when none does. ``spare`` replicas are added for availability; ``max_gpus`` is
    the largest number of GPUs one node has.
    """
    if model.params_b is None:
        return f"the catalog does not know the size of {model.id}"
    reason = f"{model.id} does not fit {accelerator.name}"
    width = 1
    while width <= max_gpus:
        found = _size_at(model, precision, accelerator, traffic, objective, spare=spare, width=width)
        if isinstance(found, Sizing):
            return found
        reason = found
        width *= 2
    return reason


def _size_at(  # noqa: PLR0911 one reason a line
    model: Model,
    precision: str,
    accelerator: Accelerator,
    traffic: Traffic,
    objective: Objective,
    *,
    spare: int,
    width: int,
) -> Sizing | str:
    weights = weights_gib(model, precision)
    if precision == "fp8" and accelerator.fp8_tflops is None:
        return f"{accelerator.name} has no fp8 arithmetic; choose bf16"
    usable = accelerator.mem_gib * width * GPU_MEMORY_UTILISATION - OVERHEAD_GIB * width
    room = usable - weights
    shape = f"{model.id} ({precision}) on {width} x {accelerator.name}"
    if room <= 0:
        return f"{shape}: the weights take {weights:.1f} GiB, {max(usable, 0):.1f} GiB can be used"
    if model.kind != "llm":
        return _encoder(model, precision, accelerator, traffic, spare=spare, width=width, weights=weights)
    context = traffic.prompt_tokens + traffic.answer_tokens
    kv_token = model.kv_bytes_per_token.get("bf16")
    if kv_token is None:
        return f"{shape}: the catalog does not know its KV cache"
    fits = int(room * GIB / (kv_token * context))
    if fits < 1:
        need = kv_token * context / GIB
        return f"{shape}: {room:.1f} GiB are left, one request of {context} tokens needs {need:.1f} GiB"
    bandwidth = accelerator.mem_bw_gb_s * 1e9 * accelerator.mem_bw_efficiency * width
    active = _active(model)
    read = active * model.bytes_per_param[precision]

    def step_s(batch: int) -> float:
        return (read + batch * kv_token * context) / bandwidth + STEP_OVERHEAD_S

    target = objective.per_token_ms / 1000
    if step_s(1) > target:
        return f"{shape}: one token takes {step_s(1) * 1000:.0f} ms at best, {objective.per_token_ms} ms are asked for"
    batch = max(one for one in range(1, min(fits, MAX_BATCH) + 1) if step_s(one) <= target)
    prefill = _prefill_s(model, precision, accelerator, traffic.prompt_tokens, width)
    first = prefill * 2 + step_s(batch)
    if first * 1000 > objective.first_token_ms:
        return f"{shape}: the first token takes {first * 1000:.0f} ms, {objective.first_token_ms} ms are asked for"
    busy = prefill + traffic.answer_tokens * step_s(batch) / batch
    needed = max(1, math.ceil(traffic.requests_per_s * busy / UTILISATION))
    reasons = (
        f"weights {weights:.1f} GiB in {precision}; {room:.1f} GiB left for {fits} requests of {context} tokens",
        f"a token every {step_s(batch) * 1000:.0f} ms at {batch} requests at once ({objective.per_token_ms} ms asked)",
        f"{traffic.requests_per_s:.2f} requests/s at the busiest hour keep {needed} busy, {spare} spare",
    )
    return Sizing(
        width,
        needed + spare,
        weights,
        room,
        batch,
        step_s(batch) * 1000,
        first * 1000,
        min(model.max_context or context, _round_up(context, 1024)),
        reasons,
    )


def _encoder(
    model: Model, precision: str, accelerator: Accelerator, traffic: Traffic, *, spare: int, width: int, weights: float
) -> Sizing:
    seconds = _prefill_s(model, precision, accelerator, traffic.prompt_tokens, width) + STEP_OVERHEAD_S
    needed = max(1, math.ceil(traffic.requests_per_s * seconds / UTILISATION))
    reasons = (
        f"weights {weights:.1f} GiB in {precision}; {traffic.prompt_tokens} tokens take {seconds * 1e3:.1f} ms",
        f"{traffic.requests_per_s:.2f} texts/s keep {needed} busy to {UTILISATION:.0%}, {spare} spare",
    )
    length = min(model.max_context or traffic.prompt_tokens, _round_up(traffic.prompt_tokens, 512))
    return Sizing(width, needed + spare, weights, 0.0, 1, 0.0, seconds * 1000, length, reasons)


def _prefill_s(model: Model, precision: str, accelerator: Accelerator, tokens: int, width: int) -> float:
    tflops = accelerator.fp8_tflops if precision == "fp8" and accelerator.fp8_tflops else accelerator.bf16_tflops
    active = _active(model)
    return 2 * active * tokens / (tflops * 1e12 * PREFILL_EFFICIENCY * width)


def _active(model: Model) -> float:
    """The parameters a token passes through."""
    return (model.active_params_b or model.params_b or 0) * 1e9


def _round_up(value: int, step: int) -> int:
    return math.ceil(value / step) * step
