"""What a workload asks of hardware: load over the hours, and what one replica on some hardware carries."""

import functools
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from catalog import models
from catalog.hardware import Accelerator
from catalog.models import Model
from planning import sizing
from planning.estimate import memory
from planning.sizing import Load, Objective, Sizing
from planning.workload import Training, Workload

GENERATING = ("chat", "rag", "batch")
Levels = tuple[tuple[float, int], ...]
HOURS_PER_MONTH = 730
DAYS, WORKDAYS = 7, 5
ITEM_EFFICIENCY = 0.25
ITEM_OVERHEAD_MS = 5.0
TABULAR_VCPUS = 2
TABULAR_MS = 5.0
TRAINING_EFFICIENCY = 0.35
LORA_SHARE = 2 / 3
HIGH_AVAILABILITY = 99.0
# Nodes a replica may span where none of its kind is enough.
NODES = (2, 4)
# How much of the way from the quietest to the busiest hour each hour of the day is, in the users' own time.
SHAPES: dict[str, tuple[float, ...]] = {
    "flat": (0.0,) * 24,
    "office": tuple(max(0.0, math.sin((hour - 7) / 12 * math.pi)) if 7 <= hour <= 19 else 0.0 for hour in range(24)),
    "evening": tuple(max(0.0, math.sin((hour - 12) / 12 * math.pi)) if hour >= 12 else 0.1 for hour in range(24)),
    "global": tuple(0.6 + 0.4 * math.sin(hour / 24 * 2 * math.pi) for hour in range(24)),
}


@dataclass(frozen=True, slots=True)
class Fit:
    """How one replica does a workload on some hardware. Times are at the engine, p95, in milliseconds.

    ``gpus`` is 0 for work on processors; ``slice_gib`` is the memory it needs where less than a whole accelerator does.
    """

    label: str
    model: str
    precision: str
    gpus: int
    requests_per_s: float
    first_ms: float
    whole_ms: float
    weights_gib: float
    slice_gib: float | None
    sizing: Sizing | None
    reasons: tuple[str, ...]


def served(workload: Workload) -> float:
    """Mean requests a second that reach the model: not what is cached, nor what a smaller one answers."""
    traffic = workload.traffic
    return traffic.requests_per_s * (1 - traffic.cacheable) * (1 - traffic.small_model)


def peak(workload: Workload) -> float:
    """Requests a second at the busiest; a day's batch work is done within its deadline instead."""
    if workload.work == "batch":
        return served(workload) * 24 / _batch_hours(workload)
    return served(workload) * workload.traffic.peak_factor


def _batch_hours(workload: Workload) -> int:
    """The hours of a day that batch work runs."""
    return max(1, min(24, int(workload.deadline_h or 24)))


def hourly(workload: Workload) -> tuple[float, ...]:
    """Requests a second in each hour of a week, from Monday; their mean is the workload's mean."""
    if workload.work == "batch":
        hours = _batch_hours(workload)
        return ((peak(workload),) * hours + (0.0,) * (24 - hours)) * DAYS
    traffic, mean = workload.traffic, served(workload)
    return tuple(mean * one for one in _week(traffic.shape, traffic.peak_factor, traffic.weekend))


def levels(workload: Workload) -> Levels:
    """The week's requests a second as (level, hours at it)."""
    if workload.work == "batch":
        hours = _batch_hours(workload)
        return ((peak(workload), hours * DAYS), (0.0, (24 - hours) * DAYS))[: 1 + (hours < 24)]
    traffic, mean = workload.traffic, served(workload)
    return tuple((mean * level, hours) for level, hours in _levels(traffic.shape, traffic.peak_factor, traffic.weekend))


@functools.cache
def _week(shape: str, peak_factor: float, weekend: float) -> tuple[float, ...]:
    """The load of each hour of a week over the week's mean."""
    day = [1 + (peak_factor - 1) * one for one in SHAPES[shape]]
    week = day * WORKDAYS + [one * weekend for one in day] * (DAYS - WORKDAYS)
    mean = sum(week) / len(week)
    return tuple(one / mean for one in week)


@functools.cache
def _levels(shape: str, peak_factor: float, weekend: float) -> Levels:
    return tuple(sorted(Counter(_week(shape, peak_factor, weekend)).items()))


def spare(workload: Workload) -> int:
    """Replicas kept beyond the load, so that one may fail."""
    return 1 if workload.objectives.availability_percent > HIGH_AVAILABILITY and workload.work != "batch" else 0


def objective(workload: Workload) -> Objective:
    """The engine's targets; batch work has none but its deadline."""
    if workload.work == "batch":
        return Objective(600_000, 10_000)
    asked = workload.objectives
    return Objective(asked.first_token_ms, asked.per_token_ms, asked.end_to_end_ms)


def prompt(workload: Workload) -> int:
    """Tokens of a mean prompt, those of its images included."""
    return workload.traffic.prompt_tokens + round(workload.traffic.images * workload.traffic.image_tokens)


def load(workload: Workload, model: Model) -> Load:
    """The load on a language model at its busiest."""
    traffic = workload.traffic
    longest = (traffic.prompt_tokens_p95 or 2 * prompt(workload)) + (
        traffic.answer_tokens_p95 or 2 * traffic.answer_tokens
    )
    adapters = memory.adapters_gib(model, workload.models.adapters, workload.models.adapter_rank)
    return Load(peak(workload), prompt(workload), traffic.answer_tokens, longest, traffic.shared_prefix, adapters)


def open_models(workload: Workload) -> tuple[list[Model], list[str]]:
    """The allowed models with open weights, and why the others will not do."""
    found: list[Model] = []
    refused: list[str] = []
    for name in workload.models.allowed:
        model = models.find(name)
        if model is None:
            continue
        wanted = "embedding" if workload.work == "embeddings" else "llm"
        if wanted == "llm" and not model.generates:
            refused.append(f"{model.id} is a model of kind '{model.kind}' and writes no text")
        elif wanted == "embedding" and model.kind not in ("embedding", "reranker"):
            refused.append(f"{model.id} is a model of kind '{model.kind}', an embedding model is needed")
        elif workload.traffic.images and model.kind != "vlm":
            refused.append(f"{model.id} sees no images")
        elif below(model, workload):
            refused.append(f"{model.id} is of tier '{model.tier}', at least '{workload.models.least_tier}' is asked")
        else:
            found.append(model)
    return found, refused


def below(model: Model, workload: Workload) -> bool:
    """Whether a model is of a lower tier than asked."""
    least = workload.models.least_tier
    return least is not None and models.TIERS.index(model.tier or "small") < models.TIERS.index(least)


def fits(workload: Workload, accelerator: Accelerator, most: int = 16) -> tuple[list[Fit], list[str]]:
    """How the workload can run on at most so many of an accelerator together, and why it cannot otherwise."""
    if workload.work == "tabular":
        return [tabular(workload)], []
    if workload.work == "vision":
        return _vision(workload, accelerator)
    found: list[Fit] = []
    refused: list[str] = []
    candidates, _ = open_models(workload)
    if not candidates:
        return [], ["no model that is allowed has open weights and does this work"]
    for model in candidates:
        for precision in workload.models.precisions:
            made = _widths(workload, model, precision, accelerator, min(most, accelerator.gpus_per_node))
            if isinstance(made, str):
                refused.append(made)
            else:
                found += made
    return found, refused


def _widths(workload: Workload, model: Model, precision: str, accelerator: Accelerator, most: int) -> list[Fit] | str:
    """The two narrowest replicas that do; why the widest does not when none do."""
    if precision == "fp8" and accelerator.fp8_tflops is None:
        return f"{accelerator.name} has no fp8 arithmetic for {model.id}"
    found: list[Fit] = []
    reason = f"{model.id} does not fit {accelerator.name}"
    widths = [width for width in sizing.WIDTHS if width <= most]
    if most == accelerator.gpus_per_node:
        widths += [most * nodes for nodes in NODES]
    for gpus in widths:
        if len(found) == 2 or (found and gpus > most):
            break
        made = sizing.size(
            model,
            precision,
            accelerator,
            load(workload, model),
            objective(workload),
            spare=spare(workload),
            gpus=gpus,
            engine=workload.engine,
        )
        if isinstance(made, str):
            reason = made
        else:
            found.append(_language(workload, model, precision, made))
    return found or reason


def _language(workload: Workload, model: Model, precision: str, made: Sizing) -> Fit:
    first = made.first_token_ms * sizing.P95_FIRST
    whole = first + made.per_token_ms * sizing.P95_TOKEN * workload.traffic.answer_tokens
    label = f"{model.id} in {precision} on {made.gpus_per_replica}"
    return Fit(
        label,
        model.id,
        precision,
        made.gpus_per_replica,
        made.requests_per_s,
        first,
        whole if model.generates else first,
        made.weights_gib,
        None,
        made,
        made.reasons,
    )


def _vision(workload: Workload, accelerator: Accelerator) -> tuple[list[Fit], list[str]]:
    need = workload.models.memory_gib
    if need > accelerator.mem_gib:
        return [], [f"the model takes {need:g} GiB, {accelerator.name} has {accelerator.mem_gib:g}"]
    each_ms = workload.models.gflops_per_item / (accelerator.bf16_tflops * ITEM_EFFICIENCY)
    latency = (each_ms + ITEM_OVERHEAD_MS) * sizing.P95_FIRST
    asked = workload.objectives.end_to_end_ms or workload.objectives.first_token_ms
    if latency > asked:
        return [], [f"an item takes {latency:.0f} ms at p95 on {accelerator.name}, {asked} ms are asked"]
    reason = (
        f"{workload.models.gflops_per_item:g} GFLOP an item: {1000 / each_ms:,.0f} items/s on one {accelerator.name}"
    )
    fit = Fit("vision model on 1", "vision", "fp16", 1, 1000 / each_ms, latency, latency, need, need, None, (reason,))
    return [fit], []


def tabular(workload: Workload) -> Fit:
    """A tabular model on processors."""
    each = workload.models.scores_per_s_per_vcpu * TABULAR_VCPUS
    reason = f"{workload.models.scores_per_s_per_vcpu:g} scores/s on each of {TABULAR_VCPUS} vCPUs of a replica"
    need = workload.models.memory_gib
    return Fit("tabular model", "tabular", "fp32", 0, each, TABULAR_MS, TABULAR_MS, need, None, None, (reason,))


@dataclass(frozen=True, slots=True)
class Run:
    """A training run on one kind of accelerator."""

    gpus: int
    hours: float
    gpu_hours_month: float
    reasons: tuple[str, ...]


def training(workload: Workload, accelerator: Accelerator) -> Run | str:
    """How many accelerators finish a run by its deadline; the reason in a sentence when none do."""
    if workload.training is None:
        return "the workload trains nothing"
    return run(workload.training, accelerator)


def run(asked: Training, accelerator: Accelerator) -> Run | str:
    """The same for a run by itself."""
    model = models.find(asked.model)
    if model is None or model.params_b is None:
        return f"the catalog does not know the size of {asked.model}"
    active = (model.active_params_b or model.params_b) * 1e9
    share = LORA_SHARE if asked.method == "lora" else 1.0
    hours = 6 * active * asked.tokens_b * 1e9 * share / (accelerator.bf16_tflops * 1e12 * TRAINING_EFFICIENCY) / 3600
    per_param = 16.0 if asked.method == "full" else 2.4
    held = model.params_b * 1e9 * per_param / memory.GIB
    least = math.ceil(held / (accelerator.mem_gib * 0.85))
    gpus = _up(max(least, math.ceil(hours / asked.deadline_h)), accelerator.gpus_per_node)
    if gpus > 1024:
        return f"{gpus} x {accelerator.name} would be needed to finish in {asked.deadline_h:g} h"
    reason = (
        f"{asked.tokens_b:g} billion tokens, {asked.method}: {hours:,.0f} {accelerator.name} hours at "
        f"{TRAINING_EFFICIENCY:.0%} of peak, weights and optimiser take {held:.0f} GiB"
    )
    return Run(gpus, hours / gpus, hours * asked.runs_per_month, (reason,))


def _up(value: int, node: int) -> int:
    """Powers of two within a node, whole nodes beyond."""
    if value <= node:
        return min(node, 2 ** math.ceil(math.log2(max(1, value))))
    return math.ceil(value / node) * node


def scaled(workload: Workload, factor: float) -> Workload:
    """The same workload under another load."""
    traffic = workload.traffic.model_copy(update={"requests_per_s": workload.traffic.requests_per_s * factor})
    return workload.model_copy(update={"traffic": traffic})


def replicas_by_hour(workload: Workload, fit: Fit) -> tuple[int, ...]:
    """Replicas an autoscaler keeps in each hour of a week, the spare ones included."""
    return tuple(_replicas(workload, fit, rate) for rate in hourly(workload))


def replicas_by_level(workload: Workload, fit: Fit) -> tuple[tuple[int, int], ...]:
    """The same as (replicas, hours of a week)."""
    return tuple((_replicas(workload, fit, rate), hours) for rate, hours in levels(workload))


def replicas_at_peak(workload: Workload, fit: Fit) -> int:
    """Replicas the busiest minute needs, the spare ones included."""
    return _replicas(workload, fit, max(peak(workload), *(rate for rate, _ in levels(workload))))


@dataclass(frozen=True, slots=True)
class Replicas:
    """Replicas a fit takes: as (replicas, hours of a week), and at the busiest minute."""

    by_level: tuple[tuple[int, int], ...]
    peak: int


def replicas(workload: Workload, fit: Fit) -> Replicas:
    """The replicas of a week."""
    return Replicas(replicas_by_level(workload, fit), replicas_at_peak(workload, fit))


def spread(counts: Iterable[tuple[int, int]]) -> tuple[int, float]:
    """The least of (count, hours), and the mean over the hours."""
    known = list(counts)
    return min(count for count, _ in known), sum(count * hours for count, hours in known) / sum(
        hours for _, hours in known
    )


def _replicas(workload: Workload, fit: Fit, rate: float) -> int:
    return sizing.needed(rate, fit.requests_per_s) + spare(workload) if rate > 0 else 0
