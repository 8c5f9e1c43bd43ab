"""Models that sleep when nobody asks, behind the running gateway: no request is lost, the scaler knows when to wake them."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import gateways
import httpx
import pytest
from gateways import CLIENT, alias, ask, backend, records, said, stream, told

from cli.gateway.rig import ENVIRONMENT, Rig
from serving.engines import metrics
from serving.gateway.spec import Sleep
from serving.scripts import hours, scaler

pytestmark = pytest.mark.skipif(
    not (ENVIRONMENT / "litellm").exists(), reason="the gateway's proxy is not installed: make gateway"
)
GATEWAY = metrics.of("gateway", "0")
SPEC = replace(
    gateways.SPEC,
    aliases=(
        alias("chat", backend("main"), sleep=Sleep(after_s=600, within_s=60), first_token_s=0.5, per_token_s=0.5),
        alias("plain", backend("small")),
        alias(
            "chain", backend("second"), fallbacks=("plain",), sleep=Sleep(after_s=600, within_s=60, meanwhile="plain")
        ),
        alias("closed", backend("large"), sleep=Sleep(after_s=600, within_s=1)),
    ),
    teams=(replace(gateways.SPEC.teams[0], aliases=("chat", "plain", "chain", "closed"), parallel=100),),
)
MANY = 40


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with gateways.running(tmp_path_factory.mktemp("sleep"), SPEC, ("main", "second", "small", "large")) as running:
        for name in ("main", "second", "large"):
            running.kill(name)
        yield running


@pytest.fixture
def door(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the scaler of `chat` gets told of its gateway: it finds it on this machine."""
    settings = {
        "NAMESPACE": "desk", "DOOR": "", "DOOR_PORT": str(rig.ports["gateway"]), "DEPLOYMENT": "chat", "MIN": "1", "MAX": "2",
        "KNOCKS": GATEWAY["knocks"].name, "KNOCKING": GATEWAY["knocking"].name,
    }  # fmt: skip
    for name, text in settings.items():
        monkeypatch.setenv(name, text)

    def addresses(_namespace: str, _selector: str) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(scaler, "pod_addresses", addresses)


@pytest.mark.usefixtures("door")
def test_no_request_is_lost_while_a_model_wakes_up(rig: Rig) -> None:
    sleep = hours.Sleep(600, time.monotonic() - 600)
    assert scaler.limited(0, sleep, 0) == 0, "nobody has asked for ten minutes"
    with ThreadPoolExecutor(2 * MANY) as users:
        whole = [users.submit(ask, rig, "chat", f"question {number}") for number in range(MANY)]
        streams = [users.submit(stream, rig, "chat", f"question {number}") for number in range(MANY)]
        knocked(rig, "chat", 2 * MANY)
        assert not [one for one in (*whole, *streams) if one.done()], "they wait"
        assert scaler.limited(0, sleep, 0) == 1, "somebody waits: the model is to come up"
        rig.wake("main")
        assert [one.result().status_code for one in whole] == [200] * MANY
        assert [told(one.result()) for one in streams] == [f"main heard: question {number}" for number in range(MANY)]
    ended = [one for one in records(rig) if one["event"] == "ended"]
    assert len(ended) == 2 * MANY
    assert all(one["woke_s"] > 0 and not one["fell_back"] for one in ended)
    assert scaler.door() == (2 * MANY, 0), "nobody waits any more"
    before = time.monotonic()
    assert said(ask(rig, "chat", "again")) == "main heard: again"
    assert [one for one in records(rig) if one["event"] == "ended"][-1]["woke_s"] < time.monotonic() - before
    assert scaler.door()[0] == 2 * MANY, "it is up: nobody has to knock"


def knocked(rig: Rig, name: str, times: int) -> None:
    """Wait until so many requests have found a model asleep."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = CLIENT.get(f"{rig.url}/metrics/").text
        if (scaler.counted(found, GATEWAY["knocks"].name, f'alias="{name}"') or 0) >= times:
            return
        os.sched_yield()
    raise AssertionError(name)


def test_the_fallback_answers_meanwhile(rig: Rig) -> None:
    answer = ask(rig, "chain", "hello")
    assert said(answer) == "small heard: hello"
    ended = gateways.of(rig, answer)["ended"]
    assert (ended["fell_back"], ended["model"]) == (True, "plain@small")
    knocked(rig, "chain", 1)
    rig.wake("second")
    assert said(ask(rig, "chain", "hello")) == "second heard: hello"


def test_a_model_that_does_not_come_up_is_said_and_holds_nothing(rig: Rig) -> None:
    with ThreadPoolExecutor(MANY) as users:
        waiting: list[Future[httpx.Response]] = [users.submit(ask, rig, "closed") for _ in range(MANY)]
        answers = [one.result() for one in waiting]
    assert {one.status_code for one in answers} == {503}
    assert "'closed' was asleep and did not come up within 1 s" in answers[0].text
    assert answers[0].headers["retry-after"] == "30"
    mine = {one["id"] for one in records(rig) if one["event"] == "begun" and one["asked"] == "closed"}
    failed = [one for one in records(rig) if one["event"] == "failed" and one["id"] in mine]
    assert [one["reason"] for one in failed] == ["asleep"] * MANY
    assert ask(rig, "plain").status_code == 200, "their places are free again"


@pytest.mark.usefixtures("door")
def test_a_gateway_that_does_not_answer_lets_nobody_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOOR_PORT", "9")
    assert scaler.door() == (None, 0)
    assert scaler.limited(0, hours.Sleep(600, time.monotonic() - 6000), 0) == 1
