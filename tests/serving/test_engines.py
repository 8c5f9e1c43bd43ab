"""Every engine: its arguments, what it refuses, its metrics, and that a real API server takes what is made of it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import MakeStack
from hypothesis import given
from hypothesis import strategies as st

from blueprints.images import IMAGES
from components.ownership import Ownership
from serving.engines import metrics
from serving.engines.contract import Serve
from serving.engines.table import ENGINES, metrics_engine
from serving.model_server import ModelServerSpec, start_budget_s
from serving.router import picker
from serving.router.spec import RouterSpec

SERVE = Serve(
    name="chat",
    path="/models/m",
    task="generate",
    precision="bf16",
    accelerators=2,
    max_model_len=8192,
    max_num_seqs=32,
)
ALL = sorted(ENGINES)
OWNER = Ownership(workload="desk", owner="desk", cost_centre="1", data_class="internal", jurisdictions=("DE",))
PROGRAM = """
import os
import pulumi
import pulumi_kubernetes as k8s
from components.ownership import Ownership
from serving.engines.table import ENGINES
from serving.model_server import ModelServer, ModelServerArgs, ModelServerSpec

owner = Ownership(workload="desk", owner="desk", cost_centre="1", data_class="internal", jurisdictions=("DE",))
provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
opts = pulumi.ResourceOptions(providers=[provider])
names = os.environ["ENGINES"].split()
weights = k8s.core.v1.PersistentVolumeClaim(
    "weights",
    metadata={"name": "weights", "namespace": "default"},
    spec={
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "encrypted-shared",
        "resources": {"requests": {"storage": "1Gi"}},
    },
    opts=pulumi.ResourceOptions(provider=provider),
)
for number, name in enumerate(names):
    engine = ENGINES[name]
    spec = ModelServerSpec(
        name=name,
        ownership=owner,
        engine=name,
        model="some/model",
        licence="apache-2.0",
        task=engine.tasks[0],
        precision=engine.precisions[0],
        replicas=1,
        gpus=1,
        gpu_label=("nvidia.com/gpu.product", "NVIDIA-L40S" if number % 3 else "NVIDIA-L4"),
        memory_gib=4,
        cpu=1,
        max_model_len=4096,
        max_num_seqs=8,
        weights_gib=8.0,
        answer_s=20,
        clients=("gateway",),
        scaled=False,
    )
    ModelServer(name, ModelServerArgs(spec=spec, namespace="default", weights_claim="weights"), opts)
"""


def serve_of(name: str) -> Serve:
    engine = ENGINES[name]
    many = 2 if "multi-gpu" in engine.capabilities else 1
    return replace(SERVE, task=engine.tasks[0], precision=engine.precisions[0], accelerators=many)


@pytest.mark.parametrize("name", ALL)
def test_an_engine_is_told_its_model_its_name_and_its_port(name: str) -> None:
    engine, asked = ENGINES[name], serve_of(name)
    started = engine.started_with(asked)
    if name == "nim":
        assert dict(engine.environment)["NIM_SERVER_PORT"] == str(engine.port)
        return
    text = " ".join(started)
    assert re.search(rf"(?:-port[= ]){engine.port}\b", text)
    assert asked.name in text or name == "tgi"
    assert asked.path in text or name.startswith("triton")
    assert "trust-remote-code" not in text
    if "multi-gpu" in engine.capabilities and not name.startswith("triton"):
        assert re.search(r"(?:tensor-parallel-size|tp-size|tp_size|num-shard)=2\b", text)


def test_an_argument_that_a_release_does_not_know_is_left_out() -> None:
    new, old = ENGINES["vllm"], replace(ENGINES["vllm"], release="v0.17.2")
    assert "--shutdown-timeout=30" in new.started_with(SERVE)
    assert not any("--shutdown-timeout" in one for one in old.started_with(SERVE))
    assert any("--disable-access-log" in one for one in old.started_with(SERVE))


@pytest.mark.parametrize("name", ALL)
def test_what_an_engine_cannot_do_is_said(name: str) -> None:
    engine, asked = ENGINES[name], serve_of(name)
    assert engine.refusals(asked) == []
    assert "does not take int3" in engine.refusals(replace(asked, precision="int3"))[0]
    assert "is too old" in replace(engine, release="0.0.1").refusals(asked)[0]
    with_adapters = engine.refusals(replace(asked, adapters=(("tone", "/models/tone"),)))
    assert bool(with_adapters) == ("adapters" not in engine.capabilities)
    for task in {"generate", "embed", "rerank", "classify"} - set(engine.tasks):
        assert f"does not {task}" in engine.refusals(replace(asked, task=task))[0]
    with pytest.raises(ValueError, match="does not take"):
        engine.started_with(replace(asked, precision="int3"))


@pytest.mark.parametrize("name", ALL)
def test_a_replica_on_several_nodes_is_a_pipeline_over_them_or_refused(name: str) -> None:
    engine = ENGINES[name]
    wide = replace(serve_of(name), accelerators=16, nodes=2)
    if "multi-node" not in engine.capabilities:
        assert any("on one node, not on 2" in one for one in engine.refusals(wide))
        return
    leads, follows = (" ".join(engine.started_with(replace(wide, follows=one))) for one in (False, True))
    for told in (leads, follows):
        assert re.search(r"(tensor-parallel-size|tp-size)=8\b", told)
        assert re.search(r"(pipeline-parallel-size|pp-size)=2\b", told)
        assert "--nnodes=2 --node-rank=$(LWS_WORKER_INDEX)" in told
        assert re.search(r"--(master-addr|dist-init-addr)=\$\(LWS_LEADER_ADDRESS\)", told)
    assert "--nnodes" not in " ".join(engine.started_with(serve_of(name)))


def test_adapters_are_named_to_the_engines_that_serve_them() -> None:
    asked = replace(SERVE, adapters=(("tone", "/models/tone"), ("legal", "/models/legal")))
    assert "--lora-modules tone=/models/tone legal=/models/legal" in " ".join(ENGINES["vllm"].started_with(asked))
    assert "--lora-paths tone=/models/tone legal=/models/legal" in " ".join(ENGINES["sglang"].started_with(asked))


@pytest.mark.parametrize("name", ALL)
def test_an_engines_release_is_pinned_and_its_metrics_are_known(name: str) -> None:
    engine = ENGINES[name]
    assert re.search(r"\d", engine.release)
    assert "latest" not in engine.reference
    assert metrics.of(metrics_engine(name), engine.release)
    if name != "nim" and "trtllm" not in name:
        assert "steps" in metrics.of(metrics_engine(name), engine.release), "a frozen engine can be told"


@pytest.mark.parametrize("name", [name for name in ALL if "prefix-cache" in ENGINES[name].capabilities])
def test_a_router_reads_an_engines_load_under_its_own_names(name: str) -> None:
    engine = ENGINES[name]
    spec = RouterSpec(
        server="chat",
        ownership=OWNER,
        engine=metrics_engine(name),
        release=engine.release,
        port=engine.port,
        metrics_port=engine.metrics_port,
        metrics_path=engine.metrics_path,
        selector=(("a", "b"), ("c", "d")),
        replicas=2,
        image="",
        picker_image="",
        clients=(),
        adapters="adapters" in engine.capabilities,
    )
    told = dict(one.removeprefix("--").split("=", 1) for one in picker.arguments(spec))
    known = metrics.of(metrics_engine(name), engine.release)
    assert told["total-queued-requests-metric"].startswith(known["waiting"].name)
    assert told["kv-cache-usage-percentage-metric"] == (known["kv_cache"].name if "kv_cache" in known else "")
    assert told["endpoint-selector"] == "a=b,c=d"
    assert bool(told["lora-info-metric"]) == (name == "vllm"), "the only engine that tells in the picker's format"


def test_the_weights_are_fetched_with_the_image_that_serves_them() -> None:
    assert IMAGES["vllm"] == ENGINES["vllm"].reference


@given(st.floats(0.1, 500), st.sampled_from(ALL))
def test_the_time_to_start_covers_reading_and_the_engine(weights: float, name: str) -> None:
    assert start_budget_s(weights, name) >= 2 * weights / 0.2 + ENGINES[name].start_s


def test_a_server_of_other_hardware_asks_for_it_and_not_for_a_gpu() -> None:
    spec = ModelServerSpec(
        name="chat",
        ownership=OWNER,
        engine="vllm-neuron",
        model="m",
        licence="",
        task="generate",
        precision="bf16",
        replicas=1,
        gpus=4,
        gpu_label=("", ""),
        memory_gib=64,
        cpu=8,
        max_model_len=4096,
        max_num_seqs=8,
        weights_gib=15.0,
        answer_s=20,
        clients=(),
        scaled=False,
        node_labels=(("node.kubernetes.io/instance-type", "inf2.24xlarge"),),
    )
    assert spec.runs.resource == "aws.amazon.com/neuron"
    assert "--gpu-memory-utilization=0.90" not in spec.runs.started_with(spec.serve)


def test_a_real_api_server_takes_every_engine_and_runs_those_of_its_nodes(
    make_stack: MakeStack, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The local nodes have GPUs; of other hardware a dry run says whether the objects are right."""
    del kubeconfig
    stack = make_stack(PROGRAM)
    monkeypatch.setenv("ENGINES", " ".join(ENGINES))
    assert stack.run("preview").ok, stack.messages()
    here = [name for name, one in ENGINES.items() if one.resource == "nvidia.com/gpu"]
    monkeypatch.setenv("ENGINES", " ".join(here))
    assert stack.run("up").ok, stack.messages()
    made = [one for one in stack.resources() if one.type == "kubernetes:apps/v1:Deployment"]
    assert len(made) == len(here)
    assert stack.run("up").ok
    assert stack.steps() == [], "a second up changes nothing"
    assert stack.run("destroy").ok
