"""How big: from a load and objectives to replicas of a model on one kind of accelerator."""

import math
from dataclasses import dataclass, replace

from catalog.hardware import Accelerator
from catalog.models import Model
from planning.estimate import memory, roofline
from planning.estimate.contract import Configuration, Estimator
from planning.estimate.roofline import Roofline

UTILISATION = 0.7
P95_FIRST = 2.0
P95_TOKEN = 1.25
WEIGHT_LOAD_GIB_S = 1.0
ENGINE_START_S = 60.0
WIDTHS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Load:
    """Requests a second at the busiest, and their mean tokens; ``longest`` is the p95 of prompt and answer together.

    ``shared`` is the share of a prompt that prefix caching finds already computed, ``reserved_gib`` memory that
    adapters take on each replica.
    """

    requests_per_s: float
    prompt_tokens: int
    answer_tokens: int
    longest: int = 0
    shared: float = 0.0
    reserved_gib: float = 0.0


@dataclass(frozen=True, slots=True)
class Objective:
    """Targets at the 95th percentile, in milliseconds, as seen at the engine."""

    first_token_ms: float
    per_token_ms: float
    end_to_end_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Sizing:
    """One replica, and how many. ``batch`` is how many requests a replica works on at once; times are means."""

    gpus_per_replica: int
    replicas: int
    spare: int
    requests_per_s: float
    weights_gib: float
    kv_gib: float
    batch: int
    per_token_ms: float
    first_token_ms: float
    output_tokens_s: float
    max_model_len: int
    cold_start_s: float
    reasons: tuple[str, ...]


def needed(requests_per_s: float, each: float) -> int:
    """Replicas that carry a load at most ``UTILISATION`` busy; at least one."""
    return max(1, math.ceil(requests_per_s / (each * UTILISATION) - 1e-9))


def size(
    model: Model,
    precision: str,
    accelerator: Accelerator,
    load: Load,
    objective: Objective,
    *,
    spare: int,
    gpus: int,
    engine: str = "vllm",
    estimator: Estimator | None = None,
    per_node: int = 0,
) -> Sizing | str:
    """Replicas of ``gpus`` accelerators each; the reason in a sentence when they do not do. ``spare`` are added.

    A replica wider than a node is a pipeline over nodes, each stage in tensor parallel within one; a node has
    ``per_node`` accelerators, as many as are usual where that is 0.
    """
    prompt = max(1, round(load.prompt_tokens * (1 - load.shared)))
    nodes = max(1, gpus // (per_node or accelerator.gpus_per_node))
    answer = max(1, load.answer_tokens)
    one = Configuration(
        model, accelerator, precision, engine, prompt, answer, 1, gpus, nodes, reserved_gib=load.reserved_gib
    )
    reason = roofline.unfit(replace(one, input_tokens=load.prompt_tokens))
    if reason:
        return reason
    if not model.generates:
        return _encoder(one, load, objective, spare)
    return _generator(one, load, objective, spare, estimator or Roofline())


def smallest(
    model: Model,
    precision: str,
    accelerator: Accelerator,
    load: Load,
    objective: Objective,
    *,
    spare: int,
    max_gpus: int,
    per_node: int = 0,
) -> Sizing | str:
    """The narrowest replica that does, up to ``max_gpus``; else why the widest does not. ``per_node`` as for `size`."""
    found: Sizing | str = f"{model.id} does not fit {accelerator.name}"
    for gpus in WIDTHS:
        if gpus > max_gpus:
            break
        if per_node and gpus > per_node and gpus % per_node:
            continue
        found = size(model, precision, accelerator, load, objective, spare=spare, gpus=gpus, per_node=per_node)
        if isinstance(found, Sizing):
            return found
    return found


def _generator(one: Configuration, load: Load, objective: Objective, spare: int, estimator: Estimator) -> Sizing | str:
    held = memory.of(replace(one, input_tokens=load.prompt_tokens))

    def at(concurrency: int) -> tuple[float, float, float]:
        found = estimator.estimate(replace(one, concurrency=concurrency))
        if isinstance(found, str):
            return math.inf, math.inf, 0.0
        return found.ttft_ms, found.tpot_ms, found.output_tokens_s

    def meets(concurrency: int) -> bool:
        first, token, _ = at(concurrency)
        whole = first * P95_FIRST + token * P95_TOKEN * load.answer_tokens
        return (
            first * P95_FIRST <= objective.first_token_ms
            and token * P95_TOKEN <= objective.per_token_ms
            and (objective.end_to_end_ms is None or whole <= objective.end_to_end_ms)
        )

    where = f"{one.model.id} ({one.precision}) on {one.gpus} x {one.accelerator.name}"
    most = max(1, min(held.requests, roofline.MAX_RUNNING))
    if not meets(1):
        first, token, _ = at(1)
        return (
            f"{where}: alone, a request gets its first token in {first * P95_FIRST:.0f} ms and one each "
            f"{token * P95_TOKEN:.0f} ms at p95; {objective.first_token_ms:.0f} and {objective.per_token_ms:.0f} ms "
            "are asked" + (f", {objective.end_to_end_ms:.0f} ms for the whole" if objective.end_to_end_ms else "")
        )
    low, high = 1, most + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if meets(middle) else (low, middle)
    first, token, rate = at(low)
    each = rate / max(1, load.answer_tokens)
    count = needed(load.requests_per_s, each)
    weights = memory.weights_gib(one.model, one.precision)
    longest = max(load.longest, load.prompt_tokens + load.answer_tokens)
    tokens = load.prompt_tokens + load.answer_tokens
    reasons = (
        f"weights {weights:.1f} GiB in {one.precision}; room for {held.requests} requests of {tokens} tokens at once",
        f"{low} at once meet the objectives: first token {first:.0f} ms, {token:.0f} ms for each, {rate:,.0f} tokens/s",
        f"{load.requests_per_s:.2f} requests/s at the busiest keep {count} busy to {UTILISATION:.0%}, {spare} spare",
    )
    return Sizing(
        one.gpus,
        count + spare,
        spare,
        each,
        weights,
        held.free_gib * one.gpus,
        low,
        token,
        first,
        rate,
        min(one.model.max_context or longest, _round_up(longest, 1024)),
        cold_start_s(weights),
        reasons,
    )


def _encoder(one: Configuration, load: Load, objective: Objective, spare: int) -> Sizing | str:
    constants = roofline.shape(one, roofline.constants())
    seconds = roofline.prompt_s(one, constants) + constants.step_s + one.model.layers * constants.layer_s
    where = f"{one.model.id} on {one.gpus} x {one.accelerator.name}"
    if seconds * 1e3 * P95_FIRST > objective.first_token_ms:
        return f"{where}: a text takes {seconds * 1e3:.0f} ms, {objective.first_token_ms:.0f} ms at p95 are asked"
    count = needed(load.requests_per_s, 1 / seconds)
    weights = memory.weights_gib(one.model, one.precision)
    reasons = (
        f"weights {weights:.1f} GiB in {one.precision}; {load.prompt_tokens} tokens take {seconds * 1e3:.1f} ms",
        f"{load.requests_per_s:.2f} texts/s keep {count} busy to {UTILISATION:.0%}, {spare} spare",
    )
    length = min(one.model.max_context or load.prompt_tokens, _round_up(load.prompt_tokens, 512))
    return Sizing(
        one.gpus,
        count + spare,
        spare,
        1 / seconds,
        weights,
        0.0,
        1,
        0.0,
        seconds * 1e3,
        0.0,
        length,
        cold_start_s(weights),
        reasons,
    )


def cold_start_s(weights: float) -> float:
    """From nothing to the first answer: the weights read from storage, and the engine's own start."""
    return weights / WEIGHT_LOAD_GIB_S + ENGINE_START_S


def _round_up(value: int, step: int) -> int:
    return math.ceil(value / step) * step
