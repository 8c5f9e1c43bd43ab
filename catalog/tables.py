"""The catalog's tables: CSV files with the source and the date of each row. A blank cell is unknown and stays None."""

import csv
import functools
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

DATA = Path(__file__).parent / "data"
Row = dict[str, str]
Value = TypeVar("Value")


@functools.cache
def rows(name: str) -> tuple[Row, ...]:
    """The rows of a table in ``data/``."""
    return read(DATA / f"{name}.csv")


def read(file: Path) -> tuple[Row, ...]:
    """The rows of a table in a file."""
    with file.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def known(cell: str, convert: Callable[[str], Value]) -> Value | None:
    """A cell's value; None for a blank one."""
    return convert(cell) if cell else None


def number(cell: str) -> float:
    """A number; 0 for a blank cell, where blank means there is none of it."""
    return float(cell) if cell else 0.0


def money(cell: str) -> Decimal | None:
    """An amount of money; None when it is not known."""
    return Decimal(cell) if cell else None
