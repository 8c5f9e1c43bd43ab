"""The packs' tables are what the SDKs and the catalog say. `make policy-data` compares every type; this is a sample."""

import csv
import json

import policy_data
import pytest
from policy_data import CLOUDS, DATA

EVERY = 23


@pytest.mark.parametrize("name", ["accelerated.csv", "regions.csv"])
def test_a_table_follows_the_catalog(name: str) -> None:
    assert (DATA / name).read_text(encoding="utf-8") == policy_data.FILES[name]()


def test_every_taggable_type_is_governed() -> None:
    written = json.loads((DATA / "taggable.json").read_text(encoding="utf-8"))
    sample = policy_data.taggable(EVERY)
    sampled = {token for package in CLOUDS for token in policy_data.tokens(package)[::EVERY]}
    assert sample == {
        name: found for name, types in written.items() if (found := [one for one in types if one in sampled])
    }
    assert sum(map(len, sample.values())) > 60


@pytest.mark.parametrize("package", CLOUDS)
def test_every_type_that_takes_a_key_is_in_the_table_or_set_aside_with_a_reason(package: str) -> None:
    with (DATA / "keys.csv").open(encoding="utf-8", newline="") as file:
        table = {row["type"]: (row["always"].split(), row["where_present"].split()) for row in csv.DictReader(file)}
    with (DATA / "unkeyed.csv").open(encoding="utf-8", newline="") as file:
        aside = {row["type"]: row["reason"] for row in csv.DictReader(file)}
    assert all(aside.values())
    assert not aside.keys() & table.keys()
    for token, paths in policy_data.keys(package, EVERY).items():
        assert token in aside or table[token] == paths, token


def test_hosts_name_countries_that_exist() -> None:
    with (DATA / "hosts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["suffix"] for row in rows}) == len(rows)
    for row in rows:
        assert row["countries"], row
        assert all(
            one in ("EU", "EEA", "ASIA", "*") or (len(one) == 2 and one.isupper()) for one in row["countries"].split()
        )
