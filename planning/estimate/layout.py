"""How accelerators are best divided into replicas when nothing but the total rate counts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from planning.estimate.contract import Configuration, Estimate, Estimator


@dataclass(frozen=True, slots=True)
class Layout:
    """Replicas of one configuration, and the estimate of all of them together."""

    replicas: int
    each: Configuration
    estimate: Estimate


def best(configuration: Configuration, estimator: Estimator) -> Layout | str:
    """The layout of a saturated configuration's accelerators with the highest rate; a sentence when none fits."""
    reason = ""
    found: Layout | None = None
    for each in _layouts(configuration):
        made = estimator.estimate(each)
        if isinstance(made, str):
            reason = reason or made
            continue
        replicas = configuration.gpus // each.gpus
        if found is None or made.output_tokens_s_per_gpu > found.estimate.output_tokens_s_per_gpu:
            found = Layout(replicas, each, _together(made, replicas))
    return found or reason


def _layouts(one: Configuration) -> Iterator[Configuration]:
    """Widths that divide the accelerators, the widest first; experts spread with attention on each of its own."""
    for width in range(one.gpus, 0, -1):
        if one.gpus % width:
            continue
        yield replace(one, gpus=width)
        if one.model.experts and width > 1:
            yield replace(one, gpus=width, attention_dp=width, expert_parallel=width)


def _together(made: Estimate, replicas: int) -> Estimate:
    return replace(
        made,
        running=made.running * replicas,
        concurrency=made.concurrency * replicas,
        output_tokens_s=made.output_tokens_s * replicas,
    )
