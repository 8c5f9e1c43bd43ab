"""The catalog: whole, searchable, renewed from AWS."""

import dataclasses
import datetime as dt
import functools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from catalog import hardware, places, refresh, tables, verify


def test_the_catalog_is_whole() -> None:
    assert verify.problems() == []


def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    offer = hardware.offers()[0]
    broken: list[tuple[dict[str, Any], str]] = [
        ({"accelerator": "X1"}, "no accelerator 'X1'"),
        ({"region": "nowhere"}, "no such region"),
        ({"ondemand": Decimal(-1)}, "a price of -1"),
    ]
    for changes, said in broken:
        made: Any = dataclasses.replace(offer, **changes)
        monkeypatch.setattr(hardware, "offers", functools.partial(tuple, [made]))
        assert any(said in text for text in verify.problems()), said


def test_old_prices_are_told() -> None:
    assert any("services" in text for text in verify.old(dt.date(2026, 11, 22)))
    assert verify.old(dt.date(2024, 1, 1)) == []


def test_local_zones_have_no_country_and_are_not_places() -> None:
    zones = [one for one in hardware.offers() if one.location == "local_zone"]
    assert zones
    assert all((one.cloud, one.region) not in places.regions() for one in zones)


def test_distances_make_sense() -> None:
    known = places.countries()
    near = places.round_trip_ms(known["DE"].place, known["NL"].place)
    far = places.round_trip_ms(known["DE"].place, known["AU"].place)
    assert 5 < near < 20
    assert 200 < far < 320


PRICE = {
    "product": {"attributes": {"instanceType": "g6.xlarge"}},
    "terms": {"OnDemand": {"a": {"priceDimensions": {"b": {"unit": "Hrs", "pricePerUnit": {"USD": "0.7777000000"}}}}}},
}


class Recorded:
    """A session whose Pricing answers were recorded, and whose other services are the session's."""

    def __init__(self, inner: Any, answers: int) -> None:
        self._inner = inner
        self._pricing: Any = inner.client("pricing", region_name="us-east-1")
        stub: Any = Stubber(self._pricing)
        for _ in range(answers):
            stub.add_response("get_products", {"PriceList": [json.dumps(PRICE)]})
        stub.activate()

    def client(self, name: str, **options: Any) -> Any:
        return self._pricing if name == "pricing" else self._inner.client(name, **options)


def test_prices_are_renewed_into_a_dated_overlay(aws: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = refresh.aws(("eu-west-1",), tmp_path, Recorded(aws, 60))
    assert made.offers > 5
    assert any("quotas in eu-west-1" in text for text in made.notes), "a service that fails is told, the prices stay"
    assert made.file.name == f"aws-{dt.datetime.now(tz=dt.UTC).date().isoformat()}.csv"
    monkeypatch.setenv(hardware.OVERLAYS, str(tmp_path))
    hardware.offers.cache_clear()
    try:
        renewed = next(
            one for one in hardware.offers() if one.instance_type == "g5.xlarge" and one.region == "eu-west-1"
        )
        assert renewed.ondemand == Decimal("0.7777")
        assert renewed.source == refresh.SOURCE
        assert renewed.spot_estimate is None, "a discount of an old price is no price"
        other = next(one for one in hardware.offers() if one.instance_type == "g5.xlarge" and one.region == "us-east-1")
        assert other.source != refresh.SOURCE
        assert verify.problems() == []
    finally:
        monkeypatch.delenv(hardware.OVERLAYS)
        hardware.offers.cache_clear()
        hardware.accelerator.cache_clear()


def test_without_aws_the_catalog_stays_and_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with pytest.raises(OSError, match="The catalog is as it was"):
        refresh.aws(("eu-west-1",), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_quotas_of_accelerators_are_read() -> None:
    session: Any = boto3.Session("testing", "testing")
    client: Any = session.client("service-quotas", region_name="eu-west-1")
    stub: Any = Stubber(client)
    names = ("Running On-Demand P instances", "Running On-Demand G and VT instances", "Running On-Demand Standard")
    stub.add_response("list_service_quotas", {"Quotas": [{"QuotaName": name, "Value": 64.0} for name in names]})
    with stub:
        found = refresh.quotas_of(client, "eu-west-1")
    assert found == [("eu-west-1", names[0], 64.0), ("eu-west-1", names[1], 64.0)]


def test_tables_are_read_once() -> None:
    assert tables.rows("offers") is tables.rows("offers")
