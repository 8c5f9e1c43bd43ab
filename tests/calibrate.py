"""Fits the constants of the analytic estimator to the measurements of the catalog. `make calibrate`.

Robust least squares on log ratios: of the output rate, less of the time per token, least of the first token. What a
model, system, engine or precision has in common beyond that is a ridge regression of what remains.
"""

import csv
import math
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import measured
import numpy as np
from measured import Measured
from scipy import optimize

from catalog.tables import DATA
from planning.estimate import kernels, roofline
from planning.estimate.contract import ENGINES, PRECISIONS, Estimate
from planning.estimate.roofline import Learned

START: dict[str, float] = {
    **{f"weight_read.{one}": 0.7 for one in ENGINES},
    **{f"weight_read.{one}": 1.0 for one in PRECISIONS},
    **{f"kv_read.{one}": 0.6 for one in ENGINES},
    **{f"prefill.{one}": 0.5 for one in ENGINES},
    **{f"prefill.{one}": 1.0 for one in PRECISIONS},
    **{f"step.{one}": 1.5 for one in ENGINES},
    **{f"layer.{one}": 2.0 for one in ENGINES},
    **{f"sync.{one}": 1.0 for one in ENGINES},
    **{f"interference.{one}": 0.8 for one in ENGINES},
    **{f"queueing.{one}": 0.5 for one in ENGINES},
    **{f"first.{one}": 3.0 for one in ENGINES},
    "decode": 0.5,
    "attention": 0.4,
    "layer.newer": 0.8,
    "layer.experts": 2.0,
    "layer.linear": 2.0,
    "link": 0.5,
    "waiting": 0.8,
    "saturated": 1.0,
}
PENALTY = 20.0
FOLDS = 5
SAMPLE = 40


def residuals(logs: Any, rows: list[Measured], weights: list[float]) -> Any:
    """The weighted log ratios of estimates to measurements."""
    k = {name: math.exp(value) for name, value in zip(START, logs, strict=True)}
    found: list[float] = []
    for row, weight in zip(rows, weights, strict=True):
        made = roofline.answer(row.configuration, k, roofline.NOTHING)
        found.append(weight * math.log(made.output_tokens_s_per_gpu / row.tokens_s_per_gpu))
        if row.ttft_ms and row.tpot_ms:
            found += [
                0.4 * weight * math.log(made.tpot_ms / row.tpot_ms),
                0.15 * weight * math.log(made.ttft_ms / row.ttft_ms),
            ]
    prior = [0.07 * (value - math.log(start)) for value, start in zip(logs, START.values(), strict=True)]
    return np.array(found + prior)


def constants(rows: list[Measured]) -> dict[str, float]:
    """Fit the roofline's constants; systems with many rows count less for each."""
    counts = Counter(row.group for row in rows)
    raw = [counts[row.group] ** -0.25 for row in rows]
    mean = math.sqrt(sum(one * one for one in raw) / len(raw))
    weights = [one / mean for one in raw]
    start = [math.log(value) for value in START.values()]
    least_squares: Any = optimize.least_squares  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    fitted: Any = least_squares(residuals, start, args=(rows, weights), loss="soft_l1", f_scale=0.2, max_nfev=25)
    return {name: math.exp(value) for name, value in zip(START, fitted.x, strict=True)}


def corrections(rows: list[Measured], k: dict[str, float]) -> Learned:
    """Fit what remains, of the output rate and of the first token."""
    made = [roofline.answer(row.configuration, k, roofline.NOTHING) for row in rows]
    rates = [
        (row, math.log(row.tokens_s_per_gpu / one.output_tokens_s_per_gpu)) for row, one in zip(rows, made, strict=True)
    ]
    firsts = [
        (row, math.log(row.ttft_ms / one.ttft_ms))
        for row, one in zip(rows, made, strict=True)
        if row.ttft_ms is not None
    ]
    return Learned(_ridge(rates), _ridge(firsts))


def _ridge(ratios: list[tuple[Measured, float]]) -> dict[str, float]:
    described = [roofline.features(roofline.filled(row.configuration)) for row, _ in ratios]
    names = sorted({name for one in described for name in one})
    place = {name: index for index, name in enumerate(names)}
    matrix = np.zeros((len(ratios), len(names)))
    for index, one in enumerate(described):
        for name, value in one.items():
            matrix[index, place[name]] = value
    target = np.clip(np.array([ratio for _, ratio in ratios]), -0.8, 0.8)
    solved: Any = np.linalg.solve(matrix.T @ matrix + PENALTY * np.eye(len(names)), matrix.T @ target)
    return {name: float(value) for name, value in zip(names, solved, strict=True) if abs(value) >= 0.002}


def errors(rows: list[Measured], k: dict[str, float], learned: Learned) -> list[tuple[Measured, float]]:
    """The relative error of each estimate of the output rate."""
    return [
        (row, abs(roofline.answer(row.configuration, k, learned).output_tokens_s_per_gpu / row.tokens_s_per_gpu - 1))
        for row in rows
    ]


def by_system(row: Measured) -> str:
    """What is left out together in the harder split: a model on a system, with all engines and loads."""
    return row.group


def by_configuration(row: Measured) -> str:
    """What is left out together in the easier split: a configuration with all its loads."""
    one = row.configuration
    return f"{row.group} {row.setting} {one.input_tokens} {one.output_tokens} {one.gpus} {one.attention_dp}"


def left_out(fold: int, split: Callable[[Measured], str]) -> list[tuple[Measured, float]]:
    """Errors on the groups of a fold, fitted on all others."""
    rows = measured.rows()
    mine = set(sorted({split(row) for row in rows})[fold::FOLDS])
    kept = [row for row in rows if split(row) not in mine]
    k = constants(kept)
    return errors([row for row in rows if split(row) in mine], k, corrections(kept, k))


def show(title: str, found: list[tuple[Measured, float]]) -> None:
    """Print median and p90 of the errors."""
    values = sorted(error for _, error in found)
    middle, high = values[len(values) // 2], values[int(len(values) * 0.9)]
    sys.stdout.write(f"{title:44} {len(values):5} rows  median {middle:6.1%}  p90 {high:6.1%}\n")


def main() -> None:
    """Fit on everything and write it; fit on folds and print what the errors are on rows left out."""
    rows = measured.rows()
    k = constants(rows)
    learned = corrections(rows, k)
    with (DATA / "calibration.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("part", "name", "value", "source", "as_of"))
        source = "make calibrate, on catalog/data/measured.csv"
        writer.writerows(("roofline", name, f"{value:.5g}", source, "2026-11-22") for name, value in k.items())
        for part, found in (("rate", learned.rate), ("first", learned.first)):
            writer.writerows((part, name, f"{value:.4f}", source, "2026-11-22") for name, value in found.items())
    show("all rows, as calibrated", errors(rows, k, learned))


def judge() -> None:
    """Print the errors on rows left out of the fit, for both splits, and those of the estimator of measured kernels."""
    for split, title in ((by_configuration, "left out by configuration"), (by_system, "left out by model and system")):
        with ProcessPoolExecutor(2) as pool:
            found = [pair for fold in pool.map(left_out, range(FOLDS), [split] * FOLDS) for pair in fold]
        show(f"roofline, {title}", found)
        for setting in sorted({row.setting for row, _ in found}):
            show(f"  {setting}", [pair for pair in found if pair[0].setting == setting])
    if kernels.installed():
        sample = [row for row in measured.rows() if row.ttft_ms][::SAMPLE]
        made = [(row, kernels.Kernels().estimate(row.configuration)) for row in sample]
        answered = [(row, one) for row, one in made if isinstance(one, Estimate)]
        show(
            "aiconfigurator, every 40th measured row",
            [(row, abs(one.output_tokens_s_per_gpu / row.tokens_s_per_gpu - 1)) for row, one in answered],
        )
        sys.stdout.write(f"  {len(made) - len(answered)} rows it has no data for\n")


if __name__ == "__main__":
    main()
