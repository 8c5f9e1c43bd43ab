"""What each engine calls its metrics, by version: the one place that names them.

Scaling, alerts, dashboards and the stand-in read this table, so that a renamed metric is changed in one row.
"""

import csv
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

TABLE = Path(__file__).parent / "metrics.csv"
Kind = Literal["gauge", "counter", "histogram"]
Meaning = Literal[
    "waiting",
    "running",
    "kv_cache",
    "first_token",
    "per_token",
    "end_to_end",
    "queue_time",
    "steps",
    "preemptions",
    "prompt_tokens",
    "answer_tokens",
    "finished",
    "aborted",
    "failed",
    "requests",
    "refusals",
    "spent",
    "confidence",
    "knocks",
    "knocking",
    "reviews",
    "retries",
    "answers",
    "answers_first_token",
    "answers_confidence",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of an engine. ``selector`` narrows it; ``model_label`` names the model, empty where none does."""

    name: str
    kind: Kind
    selector: str
    model_label: str

    def of(self, model: str, *, suffix: str = "", more: str = "", job: str = "") -> str:
        """The metric's series of one model, as PromQL. Where no label names the model, ``job`` does."""
        label = f'{self.model_label}="{model}"' if self.model_label else f'job="{job or model}"'
        matchers = ",".join(part for part in (label, self.selector, more) if part)
        return f"{self.name}{suffix}{{{matchers}}}"


def version(text: str) -> tuple[int, ...]:
    """A version's numbers: `v0.30.0` is (0, 30, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@functools.cache
def of(engine: str, release: str) -> Mapping[Meaning, Metric]:
    """The metrics of an engine's release, by meaning: of each, the row of the newest version that is not newer.

    Raises:
        LookupError: the engine has no row for so old a release.
    """
    found: dict[Meaning, tuple[tuple[int, ...], Metric]] = {}
    wanted = version(release)
    with TABLE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            since = version(row["since"])
            meaning = cast("Meaning", row["meaning"])
            if row["engine"] != engine or since > wanted or (meaning in found and found[meaning][0] >= since):
                continue
            metric = Metric(
                name=row["name"],
                kind=cast("Kind", row["kind"]),
                selector=row["selector"],
                model_label=row["model_label"],
            )
            found[meaning] = (since, metric)
    if not found:
        message = f"no metrics are known of {engine} {release}"
        raise LookupError(message)
    return {meaning: metric for meaning, (_, metric) in found.items()}
