"""What an inference engine is: how it is started, asked whether it lives, and what it can do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from serving.engines.metrics import version

Task = Literal["generate", "embed", "rerank", "classify"]
Capability = Literal["adapters", "multi-gpu", "multi-node", "streaming", "prefix-cache", "stream-weights"]
WEIGHTS_PATH = "/models"
#: what a LeaderWorkerSet tells its pods: the first pod's address and a pod's own place (lws.sigs.k8s.io, reference)
LEADER, RANK = "$(LWS_LEADER_ADDRESS)", "$(LWS_WORKER_INDEX)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """What an engine is to serve. ``path`` is the model's folder; ``adapters`` are LoRA adapters by name and folder.

    ``accelerators`` are those of one replica, lengths in tokens, ``max_num_seqs`` requests at once. A replica on
    several ``nodes`` is a group of pods, one on each; one that ``follows`` is told what to do by the first.
    """

    name: str
    path: str
    task: Task
    precision: str
    accelerators: int
    max_model_len: int
    max_num_seqs: int
    adapters: tuple[tuple[str, str], ...] = ()
    adapter_rank: int = 16
    nodes: int = 1
    follows: bool = False

    @property
    def on_node(self) -> int:
        """Its accelerators on one node."""
        return self.accelerators // self.nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine in one release.

    ``command`` replaces the image's own where it is not empty. ``resource`` is what its pods ask nodes for, empty for
    processors alone. ``start_s`` is what it needs to start beside reading weights: compiling, capturing graphs.
    ``legacy`` says why nobody should begin with it.
    """

    name: str
    image: str
    release: str
    oldest: str
    port: int
    metrics_port: int
    metrics_path: str
    live: str
    ready: str
    resource: str
    tolerated: tuple[str, ...]
    tasks: tuple[Task, ...]
    precisions: tuple[str, ...]
    capabilities: frozenset[Capability]
    start_s: int
    arguments: Callable[[Serve, str], list[str]]
    command: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    metrics: str = ""
    legacy: str = ""

    @property
    def reference(self) -> str:
        """The image with its release."""
        return f"{self.image}:{self.release}"

    def refusals(self, serve: Serve) -> list[str]:
        """Why it cannot serve this; empty where it can."""
        found: list[str] = []
        if version(self.release) < version(self.oldest):
            found.append(f"{self.name} {self.release} is too old: its arguments are known from {self.oldest} on")
        if serve.task not in self.tasks:
            found.append(f"{self.name} does not {serve.task}; it does {', '.join(self.tasks)}")
        if serve.precision not in self.precisions:
            found.append(f"{self.name} does not take {serve.precision}; it takes {', '.join(self.precisions)}")
        if serve.adapters and "adapters" not in self.capabilities:
            found.append(f"{self.name} serves no LoRA adapters: merge them into the weights, or choose vllm or sglang")
        if serve.accelerators > 1 and "multi-gpu" not in self.capabilities:
            found.append(f"{self.name} runs on one accelerator, not on {serve.accelerators}")
        if serve.nodes > 1 and "multi-node" not in self.capabilities:
            found.append(f"{self.name} runs on one node, not on {serve.nodes}: choose vllm or sglang")
        return found

    def started_with(self, serve: Serve) -> list[str]:
        """The container's arguments.

        Raises:
            ValueError: it cannot serve this; says why.
        """
        refused = self.refusals(serve)
        if refused:
            raise ValueError("; ".join(refused))
        return self.arguments(serve, self.release)
