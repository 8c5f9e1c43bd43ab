"""vLLM, on NVIDIA GPUs, AWS Neuron and Google TPUs (docs.vllm.ai, `vllm serve --help`)."""

from dataclasses import replace

from serving.engines.contract import LEADER, RANK, Engine, Serve
from serving.engines.metrics import version

QUIET, SHUTDOWN = (0, 16), (0, 18)
PORT = 8000


def arguments(serve: Serve, release: str) -> list[str]:
    """The arguments of `vllm serve`."""
    known = version(release)
    found = [
        serve.path,
        f"--served-model-name={serve.name}",
        f"--port={PORT}",
        f"--tensor-parallel-size={serve.on_node}",
        f"--max-model-len={serve.max_model_len}",
        "--gpu-memory-utilization=0.90",
    ]
    if serve.nodes > 1:
        found += [
            f"--pipeline-parallel-size={serve.nodes}",
            f"--nnodes={serve.nodes}",
            f"--node-rank={RANK}",
            f"--master-addr={LEADER}",
            *(["--headless"] if serve.follows else []),
        ]
    if known >= QUIET:
        found.append("--disable-access-log-for-endpoints=/health,/metrics,/ping")
    if known >= SHUTDOWN:
        found.append("--shutdown-timeout=30")
    if serve.task in {"embed", "rerank", "classify"}:
        return [*found, "--runner=pooling"]
    found.append(f"--max-num-seqs={serve.max_num_seqs}")
    if serve.precision in {"fp8", "awq", "gptq"}:
        found.append(f"--quantization={serve.precision}")
    if serve.adapters:
        modules = [f"{name}={path}" for name, path in serve.adapters]
        count = len(modules)
        found += ["--enable-lora", f"--max-loras={count}", f"--max-lora-rank={serve.adapter_rank}"]
        found += ["--lora-modules", *modules]
    return found


def _without_memory_share(serve: Serve, release: str) -> list[str]:
    return [one for one in arguments(serve, release) if not one.startswith("--gpu-memory-utilization")]


VLLM = Engine(
    name="vllm",
    image="docker.io/vllm/vllm-openai",
    release="v0.30.0",
    oldest="v0.16.0",
    port=PORT,
    metrics_port=PORT,
    metrics_path="/metrics",
    live="/health",
    ready="/health",
    resource="nvidia.com/gpu",
    tolerated=("nvidia.com/gpu",),
    tasks=("generate", "embed", "rerank", "classify"),
    precisions=("bf16", "fp16", "fp8", "awq", "gptq"),
    capabilities=frozenset({"adapters", "multi-gpu", "multi-node", "streaming", "prefix-cache", "stream-weights"}),
    start_s=90,
    arguments=arguments,
    environment=(
        ("HF_HUB_OFFLINE", "1"),
        ("HOME", "/tmp"),
        ("PYTHONHASHSEED", "0"),
        ("VLLM_NO_USAGE_STATS", "1"),
    ),
)
NEURON = replace(
    VLLM,
    name="vllm-neuron",
    image="public.ecr.aws/neuron/pytorch-inference-vllm-neuronx",
    release="0.16.0-neuronx-py312-sdk2.28.0-ubuntu24.04",
    resource="aws.amazon.com/neuron",
    tolerated=("aws.amazon.com/neuron",),
    tasks=("generate",),
    precisions=("bf16", "fp16", "fp8"),
    capabilities=frozenset({"multi-gpu", "streaming"}),
    start_s=900,
    arguments=_without_memory_share,
    command=("vllm", "serve"),
    metrics="vllm",
)
TPU = replace(
    VLLM,
    name="vllm-tpu",
    image="docker.io/vllm/vllm-tpu",
    release="v0.18.0",
    resource="google.com/tpu",
    tolerated=("google.com/tpu",),
    tasks=("generate",),
    precisions=("bf16", "fp8"),
    capabilities=frozenset({"multi-gpu", "streaming", "prefix-cache"}),
    start_s=600,
    arguments=_without_memory_share,
    command=("vllm", "serve"),
    metrics="vllm",
)
