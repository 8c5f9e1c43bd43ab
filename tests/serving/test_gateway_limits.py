"""Limits that hold exactly, whoever asks how often at once; and an audit log that a kill does not hurt."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gateways
import httpx
import pytest
from gateways import ask

from cli.gateway.rig import ENVIRONMENT, Rig
from serving.gateway.hooks import domicile_audit

pytestmark = pytest.mark.skipif(
    not (ENVIRONMENT / "litellm").exists(), reason="the gateway's proxy is not installed: make gateway"
)
CLIENTS = 200


@pytest.fixture(scope="module")
def rig_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with gateways.running(tmp_path_factory.mktemp("limits"), replace(gateways.SPEC, retry_percent=20)) as it:
        yield it


@pytest.fixture
def rig(rig_of_all: Rig) -> Rig:
    gateways.calm(rig_of_all)
    return rig_of_all


def at_once(rig: Rig, name: str, count: int, model: str = "alone", text: str = "hello there") -> list[httpx.Response]:
    """The answers to so many questions, all of them asked at the same time."""

    async def one(client: httpx.AsyncClient) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}]}
        return await client.post(f"{rig.url}/v1/chat/completions", json=body, headers=gateways.headers(name))

    async def everyone() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=count)
        async with httpx.AsyncClient(timeout=120, limits=limits) as client:
            return list(await asyncio.gather(*(one(client) for _ in range(count))))

    return asyncio.run(everyone())


def codes(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(one.status_code for one in answers)


def test_requests_are_limited_exactly_at_200_clients(rig: Rig) -> None:
    assert codes(at_once(rig, "few", CLIENTS)) == {200: 50, 429: CLIENTS - 50}


def test_a_model_in_trouble_is_tried_again_for_a_share_of_requests_only(rig: Rig) -> None:
    rig.change("main", fail=500)
    before, asked = rig.seen("main")["seen"], 120
    assert {ask(rig, "chain").status_code for _ in range(asked)} == {200}, "who answers instead is asked for all"
    further = rig.seen("main")["seen"] - before - asked
    assert 10 <= further <= asked * 0.2 + 2 * 10 + 1, "the spare ones of two minutes at the most"
    told = gateways.CLIENT.get(f"{rig.url}/metrics/").text
    assert f'domicile_gateway_retries_total{{alias="chain"}} {float(further)}' in told


def test_a_refusal_says_which_limit_and_when_to_come_again(rig: Rig) -> None:
    at_once(rig, "few", 51)
    answer = ask(rig, "alone", name="few")
    assert answer.status_code == 429
    assert "50 requests in 86400 s" in answer.json()["error"]["message"]
    assert 0 < int(answer.headers["retry-after"]) <= 86_400


def test_one_teams_limit_is_not_anothers(rig: Rig) -> None:
    at_once(rig, "few", 51)
    assert ask(rig, "alone", name="other").status_code == 200


def test_tokens_are_never_passed_and_what_was_not_used_comes_back(rig: Rig) -> None:
    answers = at_once(rig, "little", CLIENTS)
    used = sum(one.json()["usage"]["total_tokens"] for one in answers if one.status_code == 200)
    assert used <= 400
    after = 0
    while (answer := ask(rig, "alone", name="little")).status_code == 200:
        after += answer.json()["usage"]["total_tokens"]
    most_of_one = gateways.MOST + 64
    assert 400 - most_of_one <= used + after <= 400, "all but what one request could need is used"


def test_no_more_run_at_a_time_than_may(rig: Rig) -> None:
    rig.change("main", frozen=True)
    refused: list[Counter[int]] = []
    asking = threading.Thread(target=lambda: refused.append(codes(at_once(rig, "narrow", 100))))
    asking.start()
    asking.join()
    assert refused[0][429] == 95
    assert rig.seen("main")["seen"] >= 5


def test_who_has_ended_makes_room(rig: Rig) -> None:
    for _ in range(12):
        assert ask(rig, "alone", name="narrow").status_code == 200


def test_a_failed_request_makes_room_too(rig: Rig) -> None:
    rig.change("main", fail=500)
    for _ in range(7):
        assert ask(rig, "alone", name="narrow").status_code == 500
    rig.change("main", fail=0)
    assert ask(rig, "alone", name="narrow").status_code == 200


def test_a_client_that_goes_away_makes_room(rig: Rig) -> None:
    rig.change("main", per_token_s=0.05, answer="word " * 60)
    body = {"model": "alone", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    for _ in range(6):
        with gateways.CLIENT.stream(
            "POST", f"{rig.url}/v1/chat/completions", json=body, headers=gateways.headers("narrow")
        ) as answer:
            assert answer.status_code == 200
            next(answer.iter_lines())
    gateways.calm(rig)
    waited = threading.Event()
    for _ in range(100):
        if codes(at_once(rig, "narrow", 5)) == {200: 5}:
            return
        waited.wait(0.1)
    pytest.fail("those who went away still hold their places")


def test_money_is_never_passed(rig: Rig) -> None:
    answers = at_once(rig, "poor", CLIENTS)
    paid = sum(float(one.headers["x-domicile-usd"]) for one in answers if one.status_code == 200)
    assert 429 in codes(answers)
    assert paid <= 0.001
    while (answer := ask(rig, "alone", name="poor")).status_code == 200:
        paid += float(answer.headers["x-domicile-usd"])
    most_of_one = (gateways.MOST * 1.0 + 64 * 2.0) / 1e6
    assert 0.001 - most_of_one <= paid <= 0.001
    assert "budget of 0.001 USD" in answer.json()["error"]["message"]


def test_when_the_limits_cannot_be_checked_nothing_is_sent(rig: Rig) -> None:
    before = rig.seen("main")["seen"]
    rig.kill("counters")
    try:
        answer = ask(rig, "alone")
        assert answer.status_code == 503
        assert "the limits cannot be checked now" in answer.text
        assert rig.seen("main")["seen"] == before
    finally:
        rig.start_counters()
    assert ask(rig, "alone").status_code == 200, "and afterwards all is well again"


def test_two_gateways_share_their_limits(rig: Rig, tmp_path: Path) -> None:
    second = Rig(tmp_path, rig.spec, rig.engines, rig.keys)
    second.join(rig)
    answers: list[httpx.Response] = []

    def everyone(one: Rig) -> None:
        answers.extend(at_once(one, "shared", 50))

    threads = [threading.Thread(target=everyone, args=(one,)) for one in (rig, second)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        second.stop()
    assert codes(answers) == {200: 40, 429: 60}


def test_a_killed_gateway_loses_no_record_of_an_answer(rig: Rig) -> None:
    rig.change("main", first_token_s=0.05)
    seen: list[str] = []
    ended = threading.Event()

    def client() -> None:
        while not ended.is_set():
            try:
                answer = ask(rig, "alone", name="other")
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                seen.append(answer.headers["x-litellm-call-id"])

    for _ in range(2):
        threads = [threading.Thread(target=client) for _ in range(20)]
        ended.clear()
        goal = len(seen) + 60
        for thread in threads:
            thread.start()
        while len(seen) < goal:
            ended.wait(0.01)
        rig.kill("gateway")
        ended.set()
        for thread in threads:
            thread.join()
        rig.start_gateway()
    found = gateways.records(rig)
    finished = {one["id"] for one in found if one["event"] == "ended"}
    begun = {one["id"] for one in found if one["event"] == "begun"}
    assert len(seen) >= 120
    assert set(seen) <= finished <= begun
    assert domicile_audit.unfinished(found) <= begun - finished


def test_a_changed_log_is_found_out(rig: Rig, tmp_path: Path) -> None:
    ask(rig, "alone")
    ask(rig, "alone")
    source = max(rig.audit.glob("*.jsonl"))
    lines = source.read_text(encoding="utf-8").splitlines()
    for name, changed in {
        "edited": [lines[0].replace('"begun"', '"other"'), *lines[1:]],
        "removed": lines[1:],
        "swapped": [lines[1], lines[0], *lines[2:]],
    }.items():
        copy = tmp_path / name
        copy.write_text("\n".join(changed) + "\n", encoding="utf-8")
        with pytest.raises(ValueError, match="not the one that was written"):
            domicile_audit.records(copy)
