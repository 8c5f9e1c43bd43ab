"""What an estimator is asked and what it answers."""

from dataclasses import dataclass
from typing import Protocol

from catalog.hardware import Accelerator
from catalog.models import Model

PRECISIONS = ("bf16", "fp8", "fp4", "int4")
ENGINES = ("vllm", "sglang", "trtllm")


@dataclass(frozen=True, slots=True)
class Configuration:
    """One replica of a model and the load it is under.

    ``concurrency`` is the number of requests in flight; None means as many as are of use. A GPU count is
    ``tensor_parallel x pipeline_parallel``; ``attention_dp`` of the GPUs keep attention and KV cache of their own,
    ``expert_parallel`` spread the experts. Tokens are means. ``reserved_gib`` is memory of the replica that is
    neither weights nor cache, such as adapters.
    """

    model: Model
    accelerator: Accelerator
    precision: str
    engine: str
    input_tokens: int
    output_tokens: int
    concurrency: int | None = None
    gpus: int = 1
    pipeline_parallel: int = 1
    attention_dp: int = 1
    expert_parallel: int = 1
    reserved_gib: float = 0.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a replica's memory holds, in GiB per accelerator, and how many requests of the mean length fit."""

    total_gib: float
    weights_gib: float
    free_gib: float
    kv_gib_per_request: float
    requests: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """How a replica answers: times in milliseconds, output tokens a second in all and per accelerator.

    ``running`` requests are worked on at once, the others wait. ``basis`` says what the numbers rest on.
    """

    memory: Memory
    running: int
    concurrency: int
    ttft_ms: float
    tpot_ms: float
    output_tokens_s: float
    output_tokens_s_per_gpu: float
    basis: str


class Estimator(Protocol):
    """Answers how fast a configuration is, or why it cannot be."""

    name: str

    def estimate(self, configuration: Configuration) -> Estimate | str:
        """The estimate; a sentence when the configuration does not work or is not covered."""
        ...
