"""Published measurements as configurations: what estimators are calibrated on and judged by."""

from dataclasses import dataclass

from catalog import hardware, models, tables
from planning.estimate.contract import Configuration


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement. ``group`` is what is left out together: a model on a system."""

    configuration: Configuration
    tokens_s_per_gpu: float
    ttft_ms: float | None
    tpot_ms: float | None
    group: str
    setting: str


def rows() -> list[Measured]:
    """Every measurement of the catalog."""
    return [_measured(row) for row in tables.rows("measured")]


def _measured(row: tables.Row) -> Measured:
    model, accelerator = models.find(row["model"]), hardware.accelerator(row["accelerator"])
    assert model, row["model"]
    assert accelerator, row["accelerator"]
    configuration = Configuration(
        model,
        accelerator,
        row["precision"],
        row["engine"],
        int(row["input_tokens"]),
        int(row["output_tokens"]),
        int(row["concurrency"]) if row["concurrency"] else None,
        int(row["gpus"]),
        int(row["pipeline_parallel"]),
        int(row["attention_dp"]),
        int(row["expert_parallel"]),
    )
    return Measured(
        configuration,
        float(row["tokens_s_per_gpu"]),
        float(row["ttft_ms"]) if row["ttft_ms"] else None,
        float(row["tpot_ms"]) if row["tpot_ms"] else None,
        f"{model.id} on {accelerator.name}",
        f"{row['engine']}, {accelerator.name}, {row['precision']}",
    )
