"""All engines, by name."""

from serving.engines.contract import Engine
from serving.engines.nvidia import NIM, TRITON, TRITON_TRTLLM, TRTLLM
from serving.engines.others import SGLANG, TEI, TGI
from serving.engines.vllm import NEURON, TPU, VLLM

ENGINES: dict[str, Engine] = {
    one.name: one for one in (VLLM, NEURON, TPU, SGLANG, TRTLLM, TRITON_TRTLLM, TRITON, NIM, TGI, TEI)
}


def metrics_engine(name: str) -> str:
    """The engine whose names for metrics another one uses: builds of vLLM use vLLM's."""
    return ENGINES[name].metrics or name
