"""The analytic estimator: memory traffic, arithmetic, communication and fixed times of one decoding step.

A step reads the weights (of a mixture of experts those that the batch's tokens reach) and the KV cache of what is
running, computes, and synchronises the accelerators. Prompts are computed in between and delay the running answers.
Where the KV cache of all requests does not fit, the rest waits. How far hardware stays below its data sheet is
calibrated per engine and precision (``catalog/data/calibration.csv``; ``make calibrate`` says how).

All accelerators with data sheet figures are covered; those without measured rows take the efficiencies of the rest.
"""

import functools
import math
from dataclasses import dataclass, replace

from catalog import tables
from catalog.models import Model
from planning.estimate import memory
from planning.estimate.contract import Configuration, Estimate

MAX_RUNNING = 2048
_NEWER = ("blackwell",)


@dataclass(frozen=True, slots=True)
class Shape:
    """Calibrated constants for one engine and precision. Times in seconds, efficiencies as shares of the data sheet."""

    weight_read: float
    kv_read: float
    prefill: float
    decode: float
    attention: float
    step_s: float
    layer_s: float
    expert_layer_s: float
    linear_layer_s: float
    sync_s: float
    link: float
    interference: float
    queueing: float
    first_s: float
    waiting: float


Constants = dict[str, float]


@functools.cache
def constants() -> Constants:
    """The calibrated constants by name."""
    return {row["name"]: float(row["value"]) for row in tables.rows("calibration") if row["part"] == "roofline"}


@dataclass(frozen=True, slots=True)
class Learned:
    """What measurements of one model, system, engine or precision have in common beyond the roofline, as log ratios.

    ``rate`` is of the output rate, ``first`` of the time to the first token.
    """

    rate: Constants
    first: Constants


NOTHING = Learned({}, {})


@functools.cache
def corrections() -> Learned:
    """The calibrated corrections."""
    parts: dict[str, Constants] = {"rate": {}, "first": {}}
    for row in tables.rows("calibration"):
        if row["part"] in parts:
            parts[row["part"]][row["name"]] = float(row["value"])
    return Learned(parts["rate"], parts["first"])


class Roofline:
    """The analytic estimator."""

    name = "roofline"

    def estimate(self, configuration: Configuration) -> Estimate | str:
        """The estimate; a sentence when the model does not fit."""
        reason = unfit(configuration)
        if reason:
            return reason
        return answer(configuration, constants(), corrections())


def unfit(configuration: Configuration) -> str | None:
    """Why the configuration cannot run; None when it can."""
    one = configuration
    where = f"{one.gpus} x {one.accelerator.name}"
    if one.model.params_b is None or not one.model.layers:
        return f"the catalog does not know the size of {one.model.id}"
    if one.precision == "fp8" and one.accelerator.generation == "turing":
        return f"{one.accelerator.name} has no fp8; choose int4 or bf16"
    held = memory.of(one)
    if held.free_gib <= 0:
        usable = held.free_gib + held.weights_gib
        return (
            f"{one.model.id} ({one.precision}) does not fit {where}: its weights take {held.weights_gib:.1f} GiB on "
            f"each, {usable:.1f} GiB can be used"
        )
    if one.model.generates and memory.of(one, mean=True).requests < 1:
        return (
            f"{one.model.id} ({one.precision}) does not fit {where}: {held.free_gib:.1f} GiB are left on each, one "
            f"request of {one.input_tokens + one.output_tokens} tokens needs {held.kv_gib_per_request:.1f} GiB"
        )
    return None


def shape(configuration: Configuration, k: Constants) -> Shape:
    """The constants that hold for a configuration."""
    engine, precision = configuration.engine, configuration.precision
    newer = k["layer.newer"] if configuration.accelerator.generation in _NEWER else 1.0
    return Shape(
        weight_read=k[f"weight_read.{engine}"] * k[f"weight_read.{precision}"],
        kv_read=k[f"kv_read.{engine}"],
        prefill=k[f"prefill.{engine}"] * k[f"prefill.{precision}"],
        decode=k["decode"],
        attention=k["attention"],
        step_s=k[f"step.{engine}"] * 1e-3,
        layer_s=k[f"layer.{engine}"] * 1e-5 * newer,
        expert_layer_s=k["layer.experts"] * 1e-5,
        linear_layer_s=k["layer.linear"] * 1e-5,
        sync_s=k[f"sync.{engine}"] * 1e-5,
        link=k["link"],
        interference=k[f"interference.{engine}"],
        queueing=k[f"queueing.{engine}"],
        first_s=k[f"first.{engine}"] * 1e-2,
        waiting=k["waiting"],
    )


def answer(configuration: Configuration, k: Constants, learned: Learned) -> Estimate:
    """The estimate of a configuration that fits."""
    held = memory.of(configuration)
    together = _of_use(configuration)
    asked = configuration.concurrency or together
    running = min(asked, together)
    tpot, ttft, token = _times(configuration, shape(configuration, k), running, asked)
    if configuration.concurrency is None:
        total = running / token / k["saturated"]
    else:
        total = asked * configuration.output_tokens / (ttft + tpot * (configuration.output_tokens - 1))
    factor, slower = 1.0, 1.0
    if learned is not NOTHING:
        known = features(filled(configuration))
        factor, slower = math.exp(_correction(known, learned.rate)), math.exp(_correction(known, learned.first))
    basis = "roofline" + (", calibrated on measurements" if configuration.accelerator.notes == "" else "")
    return Estimate(
        held,
        running,
        asked,
        ttft * 1e3 * slower,
        tpot * 1e3 / factor,
        total * factor,
        total * factor / configuration.gpus,
        basis,
    )


def filled(configuration: Configuration) -> Configuration:
    """The configuration with the concurrency that is of use, where none is given."""
    if configuration.concurrency:
        return configuration
    return replace(configuration, concurrency=_of_use(configuration))


def _of_use(configuration: Configuration) -> int:
    """Requests that fit at their mean length and that engines run at once."""
    return max(1, min(memory.of(configuration, mean=True).requests, MAX_RUNNING * configuration.attention_dp))


def _times(one: Configuration, s: Shape, running: int, asked: int) -> tuple[float, float, float]:
    """Seconds between tokens, to the first token, and between tokens when nothing waits and all is running."""
    decode = _decode_s(one, s, running / one.pipeline_parallel)
    return closed_loop(one, s, Step(decode, prompt_s(one, s)), running, asked)


@dataclass(frozen=True, slots=True)
class Step:
    """Seconds of one decoding step and of computing one prompt, each on a pipeline stage."""

    decode_s: float
    prompt_s: float


def closed_loop(one: Configuration, s: Shape, step: Step, running: int, asked: int) -> tuple[float, float, float]:
    """What requests see of steps, when each that ends is followed by another; see ``_times`` for the answer."""
    stages, prefill = one.pipeline_parallel, step.prompt_s
    decode = step.decode_s * stages
    others = max(running - 1, 0)
    between = decode + others * prefill * s.interference / one.output_tokens
    first = s.first_s + prefill * stages * (1 + s.queueing * math.sqrt(others)) + decode
    resident = one.output_tokens * between + prefill + s.first_s
    first += max(asked - running, 0) / running * resident * s.waiting
    return between, first, decode + running * prefill * s.interference / one.output_tokens


def _decode_s(one: Configuration, s: Shape, batch: float) -> float:
    """Seconds of one decoding step of a pipeline stage."""
    model, hardware = one.model, one.accelerator
    stages = one.pipeline_parallel
    width = one.gpus / stages
    bandwidth = hardware.mem_bw_gb_s * 1e9
    reached = 1 - (1 - model.experts_per_token / model.experts) ** max(batch, 1.0) if model.experts else 0.0
    dense = model.dense_b * memory.dense_bytes(model, one.precision) * one.attention_dp
    read = 1e9 * (dense + model.routed_b * memory.expert_bytes(one.precision) * reached) / stages
    weights = read / width / (bandwidth * s.weight_read)
    context = one.input_tokens + one.output_tokens / 2
    cache = batch * memory.kv_bytes(model, context) / memory.shards(one) / (bandwidth * s.kv_read)
    arithmetic = 2 * active(model) * batch / stages / (flops(one) * width * s.decode)
    layers = model.layers / stages
    fixed = layers * (s.layer_s + (s.expert_layer_s if model.experts else 0.0))
    fixed += s.step_s + model.linear_layers / stages * s.linear_layer_s
    return fixed + weights + cache + arithmetic + _sync_s(one, s, batch, width, layers)


def _sync_s(one: Configuration, s: Shape, tokens: float, width: float, layers: float) -> float:
    if width <= 1:
        return 0.0
    share = tokens * one.model.hidden * 4 * (width - 1) / width / (one.accelerator.intra_node_bw_gb_s * 1e9 * s.link)
    return layers * 2 * (s.sync_s * math.log2(width) + share)


def prompt_s(one: Configuration, s: Shape) -> float:
    """Seconds of computing one prompt on a pipeline stage."""
    model, tokens = one.model, one.input_tokens
    stages = one.pipeline_parallel
    width = one.gpus / stages
    linear = 2 * active(model) * tokens / stages / (flops(one) * width * s.prefill)
    squared = 2 * model.heads * model.head_dim * model.full_layers / stages * tokens**2
    attention = squared / (one.accelerator.bf16_tflops * 1e12 * width * s.attention)
    share = 0.0
    if width > 1:
        moved = model.layers / stages * 4 * tokens * model.hidden * 2 * (width - 1) / width
        share = moved / (one.accelerator.intra_node_bw_gb_s * 1e9 * s.link)
    return linear + attention + share


def active(model: Model) -> float:
    """The parameters a token passes through."""
    routed = model.routed_b * model.experts_per_token / model.experts if model.experts else 0.0
    return 1e9 * (model.dense_b + routed)


def flops(one: Configuration) -> float:
    """Arithmetic a second in the precision, on one accelerator; four-bit weights without such units compute in bf16."""
    hardware = one.accelerator
    best = {"fp8": hardware.fp8_tflops, "fp4": hardware.fp4_tflops}.get(one.precision)
    return (best or hardware.bf16_tflops) * 1e12


def features(one: Configuration) -> dict[str, float]:
    """What a correction may depend on; the names say model, system, engine and precision."""
    load = math.log((one.concurrency or 1) / 24)
    trends = {
        "": 1.0,
        "#load": 0.6 * max(-3.0, min(load, 3.0)),
        "#input": 0.6 * math.log(one.input_tokens / 2048),
        "#output": 0.6 * math.log(one.output_tokens / 700),
        "#gpus": 0.6 * math.log2(one.gpus / 3),
    }
    model, system = _family(one.model.id), one.accelerator.name
    groups = (
        model,
        f"{one.engine}|{system}",
        f"{one.precision}|{one.engine}",
        f"{model}|{system}|{one.engine}|{one.precision}",
    )
    return {group + trend: value for group in groups for trend, value in trends.items()}


def _family(name: str) -> str:
    """Models of one architecture and size behave alike."""
    return {
        "deepseek-ai/DeepSeek-R1-0528": "deepseek-ai/DeepSeek-V3",
        "deepseek-ai/DeepSeek-R1": "deepseek-ai/DeepSeek-V3",
        "deepseek-ai/DeepSeek-V3-0324": "deepseek-ai/DeepSeek-V3",
        "meta-llama/Llama-3.3-70B-Instruct": "meta-llama/Llama-3.1-70B-Instruct",
    }.get(name, name)


def _correction(known: dict[str, float], learned: Constants) -> float:
    total = sum(learned.get(name, 0.0) * value for name, value in known.items())
    return max(-0.8, min(0.8, total))
