"""NVIDIA's engines: TensorRT-LLM's own server, Triton, NIM (docs.nvidia.com)."""

from serving.engines.contract import Engine, Serve

REPOSITORY = "/models/repository"


def _trtllm(serve: Serve, release: str) -> list[str]:
    del release
    return [
        "serve",
        serve.path,
        f"--served_model_name={serve.name}",
        "--host=0.0.0.0",
        "--port=8000",
        f"--tp_size={serve.accelerators}",
        f"--max_seq_len={serve.max_model_len}",
        f"--max_batch_size={serve.max_num_seqs}",
        "--kv_cache_free_gpu_memory_fraction=0.9",
    ]


def _triton(serve: Serve, release: str) -> list[str]:
    del release
    return [
        f"--model-repository={REPOSITORY}",
        "--model-control-mode=explicit",
        f"--load-model={serve.name}",
        "--strict-readiness=true",
        "--exit-timeout-secs=30",
        "--http-port=8000",
        "--grpc-port=8001",
        "--metrics-port=8002",
    ]


def _nothing(serve: Serve, release: str) -> list[str]:
    del serve, release
    return []


TRTLLM = Engine(
    name="trtllm",
    image="nvcr.io/nvidia/tensorrt-llm/release",
    release="1.3.0rc28",
    oldest="1.2.0",
    port=8000,
    metrics_port=8000,
    metrics_path="/prometheus/metrics",
    live="/health",
    ready="/health",
    resource="nvidia.com/gpu",
    tolerated=("nvidia.com/gpu",),
    tasks=("generate",),
    precisions=("bf16", "fp16", "fp8", "nvfp4"),
    capabilities=frozenset({"multi-gpu", "streaming", "prefix-cache"}),
    start_s=600,
    arguments=_trtllm,
    command=("trtllm-serve",),
    environment=(("HF_HUB_OFFLINE", "1"), ("HOME", "/tmp")),
)
TRITON = Engine(
    name="triton",
    image="nvcr.io/nvidia/tritonserver",
    release="25.10-py3",
    oldest="25.1",
    port=8000,
    metrics_port=8002,
    metrics_path="/metrics",
    live="/v2/health/live",
    ready="/v2/health/ready",
    resource="nvidia.com/gpu",
    tolerated=("nvidia.com/gpu",),
    tasks=("classify", "embed"),
    precisions=("fp32", "fp16", "bf16", "int8"),
    capabilities=frozenset({"multi-gpu"}),
    start_s=120,
    arguments=_triton,
    command=("tritonserver",),
)
TRITON_TRTLLM = Engine(
    name="triton-trtllm",
    image="nvcr.io/nvidia/tritonserver",
    release="25.10-trtllm-python-py3",
    oldest="25.1",
    port=8000,
    metrics_port=8002,
    metrics_path="/metrics",
    live="/v2/health/live",
    ready="/v2/health/ready",
    resource="nvidia.com/gpu",
    tolerated=("nvidia.com/gpu",),
    tasks=("generate",),
    precisions=("bf16", "fp16", "fp8"),
    capabilities=frozenset({"multi-gpu", "streaming"}),
    start_s=600,
    arguments=_triton,
    command=("tritonserver",),
)
NIM = Engine(
    name="nim",
    image="nvcr.io/nim/meta/llama-3.1-8b-instruct",
    release="1.15.0",
    oldest="1.8.0",
    port=8000,
    metrics_port=8000,
    metrics_path="/v1/metrics",
    live="/v1/health/live",
    ready="/v1/health/ready",
    resource="nvidia.com/gpu",
    tolerated=("nvidia.com/gpu",),
    tasks=("generate",),
    precisions=("bf16", "fp8"),
    capabilities=frozenset({"multi-gpu", "streaming"}),
    start_s=600,
    arguments=_nothing,
    environment=(("NIM_CACHE_PATH", "/tmp/nim"), ("NIM_SERVER_PORT", "8000"), ("NIM_TELEMETRY_MODE", "0")),
    metrics="vllm",
)
