"""The estimator of measured kernels: `aiconfigurator-core`, the optional extra `sizing`, where it has data.

It gives the times of one decoding step and of one prompt; memory, waiting and what prompts cost running answers are
counted as the analytic estimator counts them.
"""

import contextlib
import functools
import importlib
import importlib.util
import io
import logging
from pathlib import Path
from typing import Any

from catalog import models
from planning.estimate import roofline
from planning.estimate.contract import Configuration, Estimate
from planning.estimate.roofline import Step

PACKAGE = "aiconfigurator_core"
# Names of what is quantised, in the order they are tried.
GEMM = {"bf16": ("bfloat16",), "fp8": ("fp8", "fp8_block"), "fp4": ("nvfp4", "bfloat16"), "int4": ("int4_wo",)}
EXPERTS = {
    "bf16": ("bfloat16",),
    "fp8": ("fp8", "fp8_block"),
    "fp4": ("nvfp4", "w4a16_mxfp4", "w4a8_mxfp4_mxfp8"),
    "int4": ("int4_wo", "w4afp8"),
}
Times = tuple[float, float]


class Kernels:
    """The estimator of measured kernels."""

    name = "aiconfigurator"

    def estimate(self, configuration: Configuration) -> Estimate | str:
        """The estimate; a sentence when the model does not fit, or the package or its data are missing."""
        one = configuration
        reason = roofline.unfit(one)
        if reason:
            return reason
        if not installed():
            return "the estimator 'aiconfigurator' is not installed: `make sizing` installs it"
        asked = roofline.filled(one).concurrency or 1
        base = roofline.answer(one, roofline.constants(), roofline.NOTHING)
        found = _times(one, base.running)
        if isinstance(found, str):
            return found
        constants = roofline.shape(one, roofline.constants())
        step = Step(found[0] / one.pipeline_parallel, found[1] / one.pipeline_parallel)
        between, first, _ = roofline.closed_loop(one, constants, step, base.running, asked)
        total = asked * one.output_tokens / (first + between * (one.output_tokens - 1))
        return Estimate(
            base.memory,
            base.running,
            asked,
            first * 1e3,
            between * 1e3,
            total,
            total / one.gpus,
            "measured kernels of aiconfigurator-core",
        )


@functools.cache
def installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec(PACKAGE) is not None


def _times(one: Configuration, running: int) -> Times | str:
    """Seconds of a decoding step and of a prompt; a sentence when there is no data."""
    root = Path(str(importlib.import_module(PACKAGE).__file__)).parent
    path, system = _named(one, root), _system(one, root)
    if path is None or system is None:
        return f"aiconfigurator-core knows no {one.model.id if path is None else one.accelerator.name}"
    why = ""
    for gemm in GEMM[one.precision]:
        for experts in EXPERTS[one.precision] if one.model.experts else (None,):
            found = _measured(one, (path, system), (gemm, experts), running)
            if not isinstance(found, str):
                return found
            why = found
    return f"aiconfigurator-core has no data for {one.model.id} in {one.precision} with {one.engine} on {system}: {why}"


def _measured(one: Configuration, names: tuple[str, str], modes: tuple[str, str | None], running: int) -> Times | str:
    handle_type: Any = importlib.import_module(f"{PACKAGE}.sdk.engine").EngineHandle
    width = one.gpus // one.pipeline_parallel
    options: dict[str, Any] = {
        "tp_size": max(1, width // one.attention_dp),
        "pp_size": one.pipeline_parallel,
        "attention_dp_size": one.attention_dp,
        "gemm_quant_mode": modes[0],
        "kvcache_quant_mode": "bfloat16",
        "fmha_quant_mode": "bfloat16",
    }
    if modes[1]:
        options |= {
            "moe_quant_mode": modes[1],
            "moe_ep_size": one.expert_parallel,
            "moe_tp_size": max(1, width // one.expert_parallel),
        }
    logging.getLogger(PACKAGE).setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            handle = handle_type.compile(*names, one.engine, **options)
            batch = max(1, running // one.attention_dp)
            decode = handle.decode_step_latency(batch, one.input_tokens, one.output_tokens)
            prompt = handle.predict_prefill_latency(1, one.input_tokens)
        except Exception as error:  # noqa: BLE001 whatever the package lacks, it raises; the caller is told
            return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return decode / 1e3, prompt / 1e3


def _named(one: Configuration, root: Path) -> str | None:
    """The package's name of a model: the one its own configuration files have."""
    files = sorted((root / "model_configs").glob("*_config.json"), key=lambda file: (len(file.name), file.name))
    names = [file.name.removesuffix("_config.json").replace("--", "/") for file in files if "hf_quant" not in file.name]
    if one.model.id in names:
        return one.model.id
    return next((name for name in names if (known := models.find(name)) and known.id == one.model.id), None)


def _system(one: Configuration, root: Path) -> str | None:
    there = {file.stem for file in (root / "systems").glob("*.yaml")}
    return next((name for name in (*one.accelerator.aliases, one.accelerator.name.lower()) if name in there), None)
