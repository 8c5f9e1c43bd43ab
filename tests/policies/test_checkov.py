"""Checkov's encryption checks for AWS, Azure and Google Cloud: what each forbids, a rule of ours refuses too.

Anchor: Checkov 3.3.30, category ENCRYPTION: 130, 25 and 16 checks.
"""

import csv
import json
from collections import Counter

import pytest

from policies.evaluate import VIOLATION, Evaluator
from policies.registry import PACKS, RULES
from policies.resource import Resource
from policies.tables import DATA

with (DATA / "checkov.csv").open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))
MAPPED = [row for row in ROWS if row["rule"]]


@pytest.mark.parametrize("row", MAPPED, ids=lambda row: row["check"])
def test_what_a_check_forbids_is_refused(row: dict[str, str]) -> None:
    (rule,) = [one for one in PACKS["encryption"] if one.id == row["rule"]]
    found = Evaluator((rule,), {}).resource(Resource(row["type"], "it", "urn", json.loads(row["bad"])))
    assert VIOLATION in {one.verdict for one in found}, row["check"]


def test_every_check_is_mapped_or_set_aside_with_a_reason() -> None:
    clouds = Counter(row["check"].split("_")[1] for row in ROWS)
    assert clouds == {"AWS": 130, "AZURE": 25, "GCP": 16}
    assert len({row["check"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert bool(row["rule"]) != bool(row["reason"]), row["check"]
    assert {row["rule"] for row in MAPPED} <= {rule.id for rule in RULES}
    assert len(MAPPED) >= 150
