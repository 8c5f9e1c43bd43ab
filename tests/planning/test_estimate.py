"""The estimators: memory, monotony, and errors on published measurements."""

import dataclasses

import measured
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import hardware, models
from planning.estimate import estimators, kernels, layout, memory, roofline
from planning.estimate.contract import ENGINES, PRECISIONS, Configuration, Estimate
from planning.estimate.roofline import Roofline

ROWS = measured.rows()
GENERATING = sorted(one.id for one in models.models().values() if one.generates and one.params_b)


def configuration(model: str, gpu: str, **changes: object) -> Configuration:
    found, accelerator = models.find(model), hardware.accelerator(gpu)
    assert found
    assert accelerator
    made = Configuration(found, accelerator, "bf16", "vllm", 1000, 300, 8)
    return dataclasses.replace(made, **changes)  # pyright: ignore[reportArgumentType] fields of the class


def test_every_published_configuration_fits() -> None:
    assert len(ROWS) > 2600
    assert [row.group for row in ROWS if roofline.unfit(row.configuration)] == []


@pytest.mark.parametrize(
    ("model", "gpu", "changes"),
    [
        ("meta-llama/Llama-3.3-70B-Instruct", "H100", {}),
        ("meta-llama/Llama-3.3-70B-Instruct", "L40S", {"precision": "fp8"}),
        ("deepseek-ai/DeepSeek-R1", "H100", {"precision": "fp8", "gpus": 8}),
        ("meta-llama/Llama-3.1-405B-Instruct", "H200", {"precision": "bf16", "gpus": 4}),
        ("Qwen/Qwen3-8B", "T4", {}),
        ("Qwen/Qwen3-8B", "L4", {"input_tokens": 120_000}),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(model: str, gpu: str, changes: dict[str, object]) -> None:
    found = Roofline().estimate(configuration(model, gpu, **changes))
    assert isinstance(found, str)
    assert "does not fit" in found


def test_errors_on_what_it_was_calibrated_on_stay_small() -> None:
    errors = sorted(
        abs(found.output_tokens_s_per_gpu / row.tokens_s_per_gpu - 1)
        for row in ROWS
        if isinstance(found := Roofline().estimate(row.configuration), Estimate)
    )
    assert errors[len(errors) // 2] < 0.10
    assert errors[int(len(errors) * 0.9)] < 0.30


def test_weights_agree_with_published_files() -> None:
    published = {
        ("Qwen/Qwen3-8B", "int4"): 5.68,
        ("deepseek-ai/DeepSeek-R1-0528", "fp8"): 641.3,
        ("meta-llama/Llama-3.1-8B-Instruct", "bf16"): 14.96,
        ("meta-llama/Llama-3.3-70B-Instruct", "bf16"): 131.42,
    }
    for (name, precision), gib in published.items():
        model = models.find(name)
        assert model
        assert memory.weights_gib(model, precision) == pytest.approx(gib, rel=0.05), name


@given(
    st.sampled_from(GENERATING),
    st.sampled_from(sorted(hardware.accelerators())),
    st.sampled_from(PRECISIONS),
    st.sampled_from(ENGINES),
    st.sampled_from([1, 2, 4, 8]),
    st.integers(1, 512),
    st.integers(1, 30_000),
    st.integers(1, 4000),
)
def test_estimates_are_finite_and_more_load_is_never_faster_for_one(
    model: str, gpu: str, precision: str, engine: str, gpus: int, load: int, prompt: int, answer: int
) -> None:
    one = configuration(
        model, gpu, precision=precision, engine=engine, gpus=gpus, input_tokens=prompt, output_tokens=answer
    )
    few = Roofline().estimate(dataclasses.replace(one, concurrency=load))
    if isinstance(few, str):
        assert model in few or gpu in few
        return
    assert 0 < few.ttft_ms < 1e9
    assert 0 < few.tpot_ms < 1e7
    assert few.output_tokens_s_per_gpu == pytest.approx(few.output_tokens_s / gpus)
    assert few.memory.weights_gib + few.memory.kv_gib_per_request / max(1, gpus) <= few.memory.total_gib * 1.01
    plain = roofline.answer(dataclasses.replace(one, concurrency=load), roofline.constants(), roofline.NOTHING)
    more = roofline.answer(dataclasses.replace(one, concurrency=load + 16), roofline.constants(), roofline.NOTHING)
    assert more.tpot_ms >= plain.tpot_ms - 1e-9
    assert more.ttft_ms >= plain.ttft_ms - 1e-9


def test_names_of_people_and_of_benchmarks_find_the_same() -> None:
    for name in ("h100_sxm", "H100 SXM 80GB", "NVIDIA H100 80GB HBM3", "h100"):
        assert hardware.accelerator(name) is hardware.accelerators()["H100"], name
    for name in ("meta-llama/Llama-3.1-70B", "Llama-3.1-70B-Instruct-FP8", "nvidia/Llama-3.1-70B-Instruct-FP8"):
        found = models.find(name)
        assert found
        assert found.id == "meta-llama/Llama-3.1-70B-Instruct"
    assert hardware.accelerator("no such thing") is None
    assert models.find("no such thing") is None


def test_saturated_accelerators_are_divided_as_is_best() -> None:
    one = configuration("meta-llama/Llama-3.1-8B-Instruct", "H100", gpus=8, concurrency=None, precision="fp8")
    found, together = layout.best(one, Roofline()), Roofline().estimate(one)
    assert isinstance(found, layout.Layout)
    assert isinstance(together, Estimate)
    assert found.replicas * found.each.gpus == 8
    assert found.replicas > 1
    assert found.estimate.output_tokens_s > together.output_tokens_s
    unfit = layout.best(configuration("deepseek-ai/DeepSeek-R1", "L4", gpus=2, concurrency=None), Roofline())
    assert isinstance(unfit, str)
    assert "does not fit 2 x L4" in unfit


NEEDS_PACKAGE = pytest.mark.skipif(not kernels.installed(), reason="aiconfigurator-core is not installed: make sizing")


@NEEDS_PACKAGE
@pytest.mark.filterwarnings("ignore")
def test_measured_kernels_answer_where_they_have_data() -> None:
    one = configuration("Qwen/Qwen3-32B", "H100", precision="fp8", gpus=2, concurrency=16)
    found, other = estimators.named("aiconfigurator").estimate(one), Roofline().estimate(one)
    assert isinstance(found, Estimate)
    assert isinstance(other, Estimate)
    assert found.memory == other.memory
    assert found.output_tokens_s == pytest.approx(other.output_tokens_s, rel=0.5)
    assert "measured kernels" in found.basis


@NEEDS_PACKAGE
@pytest.mark.parametrize(
    ("model", "gpu", "said"),
    [("Qwen/Qwen3-8B", "MI300X", "knows no MI300X"), ("microsoft/phi-4", "H100", "knows no microsoft/phi-4")],
)
def test_what_the_kernels_do_not_cover_is_told(model: str, gpu: str, said: str) -> None:
    found = estimators.named("aiconfigurator").estimate(configuration(model, gpu))
    assert isinstance(found, str)
    assert said in found


def test_a_missing_package_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "installed", lambda: False)
    found = estimators.named("aiconfigurator").estimate(configuration("Qwen/Qwen3-8B", "H100"))
    assert isinstance(found, str)
    assert "`make sizing` installs it" in found
