"""`domicile size`: whether a model fits and how fast it answers: a workload, a configuration, or a table of them."""

import csv
import io
import sys
from pathlib import Path
from typing import Any

from catalog import hardware, models
from catalog.documents import DocumentError
from cli.output import as_json as print_json
from cli.output import console
from planning.estimate import estimators, layout
from planning.estimate.contract import ENGINES, PRECISIONS, Configuration, Estimate, Estimator

COLUMNS = ("model", "accelerator", "gpus", "precision", "engine", "input_tokens", "output_tokens", "concurrency")
OPTIONAL = ("concurrency", "pipeline_parallel", "attention_dp", "expert_parallel")
_NAMES = {"tensorrt-llm": "trtllm", "trt-llm": "trtllm", "tensorrt_llm": "trtllm", "nim": "trtllm", "tgi": "vllm"}
_PRECISIONS = {
    "": "bf16",
    "fp16": "bf16",
    "nvfp4": "fp4",
    "mxfp4": "fp4",
    "awq": "int4",
    "gptq": "int4",
    "w4a16": "int4",
}


def one(given: dict[str, str], estimator: str, *, as_json: bool) -> int:
    """Estimate a bare configuration. Returns the exit code."""
    answer = _row(given, "the command line", estimator)
    if as_json:
        print_json(answer)
    elif answer["fits"]:
        _show(answer)
    else:
        console().print(f"[bold red]does not fit[/]: {answer['reason']}")
    return 0 if answer["fits"] else 2


def _show(answer: dict[str, Any]) -> None:
    out = console()
    shape = f"({answer['precision']}, {answer['engine']}) on {answer['gpus']} x {answer['accelerator']}"
    weights, free = answer["weights_gib_per_gpu"], answer["free_gib_per_gpu"]
    out.print(f"[bold]{answer['model']}[/] {shape}")
    out.print(
        f"  fits: {weights:.1f} GiB of weights on each, {free:.1f} GiB left, room for {answer['max_requests']} requests"
    )
    if answer["replicas"] > 1:
        out.print(f"  best as {answer['replicas']} replicas of {answer['gpus'] // answer['replicas']}")
    out.print(f"  {answer['concurrency']} requests at once, {answer['running']} of them running")
    out.print(f"  first token after {answer['ttft_ms']:.0f} ms, then one each {answer['tpot_ms']:.1f} ms")
    out.print(f"  {answer['output_tokens_s']:,.0f} output tokens/s, {answer['output_tokens_s_per_gpu']:,.0f} on each")
    out.print(f"  [dim]{answer['basis']}[/]")


def table(file: Path, estimator: str, *, as_json: bool) -> int:
    """Estimate each row of a CSV; writes CSV, or JSON. Returns the exit code.

    Raises:
        DocumentError: the file cannot be used; names file and line. What is wrong with a row stands in its answer.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file}: cannot be read: {error}"
        raise DocumentError(message) from error
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ()) and name not in OPTIONAL]
    if missing:
        message = f"{file}:1: the columns {', '.join(missing)} are missing; a table has {', '.join(COLUMNS)}"
        raise DocumentError(message)
    answers = [_told(row, f"{file}:{reader.line_num}", estimator) for row in reader]
    wrong = [str(answer["reason"]) for answer in answers if answer["fits"] is None]
    sys.stderr.writelines(f"error: {text}\n" for text in wrong)
    if as_json:
        print_json(answers)
        return 2 if wrong else 0
    names = list(dict.fromkeys(name for answer in answers for name in answer))
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(answers)
    return 2 if wrong else 0


def _told(given: dict[str, str], where: str, estimator: str) -> dict[str, Any]:
    """The answer to a row; one that cannot be read says why, and the others are answered all the same."""
    try:
        return _row(given, where, estimator)
    except DocumentError as error:
        return {**{name: given.get(name) for name in COLUMNS}, "fits": None, "reason": str(error)}


def _row(given: dict[str, str], where: str, estimator: str) -> dict[str, Any]:
    configuration = configured(given, where)
    replicas, made = _estimated(configuration, estimators.named(estimator), given)
    asked: dict[str, Any] = {
        "model": configuration.model.id,
        "accelerator": configuration.accelerator.name,
        "gpus": configuration.gpus,
        "precision": configuration.precision,
        "engine": configuration.engine,
        "input_tokens": configuration.input_tokens,
        "output_tokens": configuration.output_tokens,
        "concurrency": configuration.concurrency,
        "replicas": replicas,
    }
    return {**asked, **_answer(made)}


def _estimated(one: Configuration, estimator: Estimator, given: dict[str, str]) -> tuple[int, Estimate | str]:
    """The estimate, and of how many replicas: saturated accelerators are divided as is best, if no layout is given."""
    if one.concurrency is not None or any(given.get(name) for name in OPTIONAL[1:]):
        return 1, estimator.estimate(one)
    made = layout.best(one, estimator)
    return (1, made) if isinstance(made, str) else (made.replicas, made.estimate)


def _answer(made: Estimate | str) -> dict[str, Any]:
    if isinstance(made, str):
        empty = dict.fromkeys(
            (
                "ttft_ms",
                "tpot_ms",
                "output_tokens_s",
                "output_tokens_s_per_gpu",
                "weights_gib_per_gpu",
                "free_gib_per_gpu",
                "max_requests",
                "running",
                "basis",
            )
        )
        return {"fits": False, **empty, "reason": made}
    return {
        "fits": True,
        "concurrency": made.concurrency,
        "ttft_ms": round(made.ttft_ms, 3),
        "tpot_ms": round(made.tpot_ms, 4),
        "output_tokens_s": round(made.output_tokens_s, 2),
        "output_tokens_s_per_gpu": round(made.output_tokens_s_per_gpu, 2),
        "weights_gib_per_gpu": round(made.memory.weights_gib, 2),
        "free_gib_per_gpu": round(made.memory.free_gib, 2),
        "max_requests": made.memory.requests,
        "running": made.running,
        "basis": made.basis,
        "reason": None,
    }


def configured(given: dict[str, str], where: str) -> Configuration:
    """A configuration of words.

    Raises:
        DocumentError: a word is not known; names where it stands and what would do.
    """
    model, accelerator = models.find(given["model"]), hardware.accelerator(given["accelerator"])
    if model is None:
        message = f"{where}: model: the catalog does not know '{given['model']}'; see `domicile catalog search`"
        raise DocumentError(message)
    if accelerator is None:
        known = ", ".join(hardware.accelerators())
        message = f"{where}: accelerator: the catalog does not know '{given['accelerator']}'; it knows {known}"
        raise DocumentError(message)
    precision = (given.get("precision") or model.native_precision).lower()
    precision = _PRECISIONS.get(precision, precision)
    engine = given["engine"].lower().split(" ")[0]
    engine = _NAMES.get(engine, engine)
    for name, value, known in (("precision", precision, PRECISIONS), ("engine", engine, ENGINES)):
        if value not in known:
            message = f"{where}: {name}: '{value}' is not known; choose {', '.join(known)}"
            raise DocumentError(message)
    numbers = {name: _number(given, name, where) for name in (*COLUMNS[2:3], *COLUMNS[5:], *OPTIONAL[1:])}
    gpus = numbers["gpus"] or 1
    stages = numbers["pipeline_parallel"] or 1
    dp = numbers["attention_dp"] or 1
    if gpus % stages or gpus % dp:
        message = f"{where}: gpus: {gpus} cannot be divided by pipeline_parallel {stages} and attention_dp {dp}"
        raise DocumentError(message)
    return Configuration(
        model,
        accelerator,
        precision,
        engine,
        numbers["input_tokens"] or 1,
        numbers["output_tokens"] or 1,
        numbers["concurrency"],
        gpus,
        stages,
        dp,
        numbers["expert_parallel"] or 1,
    )


def _number(given: dict[str, str], name: str, where: str) -> int | None:
    text = (given.get(name) or "").strip()
    if not text or text.lower() in ("saturated", "max", "none"):
        return None
    try:
        value = int(float(text))
    except (ValueError, OverflowError):
        value = 0
    if not 1 <= value <= 10_000_000:
        message = f"{where}: {name}: expected a whole number from 1 to 10,000,000, found '{text}'"
        raise DocumentError(message)
    return value


def as_words(**given: object) -> dict[str, str]:
    """Options of the command line as the columns of a table."""
    return {name: "" if value is None else str(value) for name, value in given.items()}


def workload(subject: str, folder: Path, *, as_json: bool) -> int:
    """Show the size of a workload where it goes. Returns the exit code."""
    from cli import place
    from cli import subject as subjects
    from planning import placement

    decision = placement.decide(subjects.workload_of(subject, folder))
    option = decision.winner.option if decision.winner else None
    if option is None or option.fit is None:
        place.show(console(), decision, everything=False)
        return 2 if decision.refused else 0
    fit = option.fit
    answer: dict[str, Any] = {
        "model": fit.model,
        "precision": fit.precision,
        "accelerator": option.accelerator,
        "accelerators_per_replica": fit.gpus,
        "replicas": option.replicas,
        "requests_per_s_per_replica": round(fit.requests_per_s, 3),
        "first_answer_ms_p95": round(option.first_ms, 1),
        "whole_answer_ms_p95": round(option.whole_ms, 1),
        "weights_gib": round(fit.weights_gib, 2),
        "cold_start_s": round(fit.sizing.cold_start_s, 1) if fit.sizing else None,
        "where": option.where,
        "reasons": list(fit.reasons),
    }
    if as_json:
        print_json(answer)
        return 0
    out = console()
    for name, value in answer.items():
        shown = "; ".join(fit.reasons) if name == "reasons" else "not known" if value is None else value
        out.print(f"[bold]{name.replace('_', ' '):28}[/] {shown}")
    return 0
