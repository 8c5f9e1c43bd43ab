"""SGLang (docs.sglang.ai), and Hugging Face's servers for text and for embeddings (huggingface.co/docs)."""

from serving.engines.contract import LEADER, RANK, Engine, Serve

DISTRIBUTED_PORT = 5000
HOME = (("HF_HUB_OFFLINE", "1"), ("HOME", "/tmp"))


def _sglang(serve: Serve, release: str) -> list[str]:
    del release
    found = [
        f"--model-path={serve.path}",
        f"--served-model-name={serve.name}",
        "--host=0.0.0.0",
        "--port=8000",
        f"--tp-size={serve.on_node}",
        f"--context-length={serve.max_model_len}",
        "--mem-fraction-static=0.88",
        "--enable-metrics",
    ]
    if serve.nodes > 1:
        found += [
            f"--pp-size={serve.nodes}",
            f"--nnodes={serve.nodes}",
            f"--node-rank={RANK}",
            f"--dist-init-addr={LEADER}:{DISTRIBUTED_PORT}",
        ]
    if serve.task in {"embed", "rerank"}:
        return [*found, "--is-embedding"]
    found.append(f"--max-running-requests={serve.max_num_seqs}")
    if serve.precision in {"fp8", "awq", "gptq"}:
        found.append(f"--quantization={serve.precision}")
    if serve.adapters:
        found += ["--enable-lora", f"--max-lora-rank={serve.adapter_rank}", "--lora-paths"]
        found += [f"{name}={path}" for name, path in serve.adapters]
    return found


def _tgi(serve: Serve, release: str) -> list[str]:
    del release
    found = [
        f"--model-id={serve.path}",
        "--port=8000",
        f"--num-shard={serve.accelerators}",
        f"--max-total-tokens={serve.max_model_len}",
        f"--max-input-tokens={serve.max_model_len - 1}",
        f"--max-concurrent-requests={4 * serve.max_num_seqs}",
        "--json-output",
    ]
    return [*found, f"--quantize={serve.precision}"] if serve.precision in {"fp8", "awq", "gptq"} else found


def _tei(serve: Serve, release: str) -> list[str]:
    del release
    return [
        f"--model-id={serve.path}",
        "--port=8000",
        f"--served-model-name={serve.name}",
        f"--max-concurrent-requests={max(512, 4 * serve.max_num_seqs)}",
        f"--max-batch-tokens={max(16_384, serve.max_model_len)}",
        "--auto-truncate",
        "--json-output",
    ]


SGLANG = Engine(
    name="sglang",
    image="docker.io/lmsysorg/sglang",
    release="v0.5.20",
    oldest="v0.5.0",
    port=8000,
    metrics_port=8000,
    metrics_path="/metrics",
    live="/health",
    ready="/health",
    resource="nvidia.com/gpu",
    tolerated=("nvidia.com/gpu",),
    tasks=("generate", "embed", "rerank"),
    precisions=("bf16", "fp16", "fp8", "awq", "gptq"),
    capabilities=frozenset({"adapters", "multi-gpu", "multi-node", "streaming", "prefix-cache"}),
    start_s=120,
    arguments=_sglang,
    command=("python3", "-m", "sglang.launch_server"),
    environment=HOME,
)
TGI = Engine(
    name="tgi",
    image="ghcr.io/huggingface/text-generation-inference",
    release="3.3.7",
    oldest="3.0.0",
    port=8000,
    metrics_port=8000,
    metrics_path="/metrics",
    live="/health",
    ready="/health",
    resource="nvidia.com/gpu",
    tolerated=("nvidia.com/gpu",),
    tasks=("generate",),
    precisions=("bf16", "fp16", "fp8", "awq", "gptq"),
    capabilities=frozenset({"multi-gpu", "streaming", "prefix-cache"}),
    start_s=120,
    arguments=_tgi,
    environment=HOME,
    legacy="its makers keep it in maintenance and point to vLLM and SGLang",
)
TEI = Engine(
    name="tei",
    image="ghcr.io/huggingface/text-embeddings-inference",
    release="1.8.3",
    oldest="1.7.0",
    port=8000,
    metrics_port=8000,
    metrics_path="/metrics",
    live="/health",
    ready="/health",
    resource="nvidia.com/gpu",
    tolerated=("nvidia.com/gpu",),
    tasks=("embed", "rerank", "classify"),
    precisions=("bf16", "fp16", "fp32"),
    capabilities=frozenset(),
    start_s=60,
    arguments=_tei,
    environment=HOME,
)
