"""The packs' tables: `data/*.csv`, read once."""

import csv
import functools
from pathlib import Path

DATA = Path(__file__).parent / "data"


@functools.cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table by its name without the ending."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
