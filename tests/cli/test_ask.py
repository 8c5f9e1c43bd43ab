"""`domicile ask` and `domicile load`, through the real gateway of a stack, on a machine without a Redis server."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.gateway import traffic
from cli.gateway.rig import ENVIRONMENT
from serving.gateway.hooks import domicile_audit
from serving.rehearsal.shapes import DAY_S, shapes

pytestmark = pytest.mark.skipif(
    not (ENVIRONMENT / "litellm").exists(), reason="the gateway's proxy is not installed: make gateway"
)
ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def domicile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    cache = tmp_path_factory.mktemp("cache")
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PATH": str(Path(sys.executable).parent)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli.main", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=200
        )

    yield run
    run("gateway", "down", "local")


def test_a_question_is_answered_and_what_became_of_it_is_told(domicile: Run) -> None:
    done = domicile("ask", "local", "how many days of leave?")
    assert done.returncode == 0, done.stderr
    assert "chat heard: how many days of leave?" in done.stdout
    assert "chat was answered by chat@chat" in done.stdout
    assert "begun" in done.stdout
    assert "ended" in done.stdout


def test_the_next_question_finds_the_gateway_running(domicile: Run) -> None:
    first = json.loads(domicile("ask", "local", "one", "--json").stdout)
    second = json.loads(domicile("ask", "local", "two", "--json").stdout)
    assert first["url"] == second["url"]
    assert second["spent_usd"] > first["spent_usd"] > 0
    assert [one["event"] for one in second["audit"]] == ["begun", "ended"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("local", "hello", "--alias", "nope"), 3, "refused (403): the team 'applications' has no alias 'nope'"),
        (("local", "hello", "--team", "nope"), 2, "has no team 'nope'; it has applications"),
        (("nowhere", "hello"), 2, "'nowhere' is neither a file nor a stack"),
        (("state-gcp-frankfurt", "hello"), 2, "has no gateway"),
    ],
)
def test_what_cannot_be_asked_is_said(domicile: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = domicile("ask", *arguments)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_rollout_needs_a_candidate(domicile: Run) -> None:
    done = domicile("rollout", "local", "--here")
    assert done.returncode == 3
    assert "models.candidate: there is none to roll out" in done.stderr


def driven(domicile: Run, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = domicile("load", "local", "--shape", "steady", "--seconds", "3", "--json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_load_is_driven_through_it_and_every_request_is_in_the_audit_log(domicile: Run) -> None:
    before = domicile("ask", "local", "one", "--json")
    folder = Path(json.loads(before.stdout)["folder"]) / "audit"
    recorded = len(ended(folder))
    code, told = driven(domicile, "--peak", "8")
    assert (code, told["met"]) == (0, True)
    assert told["sent"] > 5
    assert told["answered"] == told["sent"]
    assert told["refused"] == told["failed"] == told["unsent"] == 0
    assert 0 < told["first_token_ms"]["p50"] <= told["first_token_ms"]["p99"]
    assert len(ended(folder)) == recorded + told["sent"]
    assert driven(domicile, "--peak", "8")[1]["sent"] == told["sent"], "the same load again"


def ended(folder: Path) -> list[dict[str, Any]]:
    found = [one for file in sorted(folder.glob("*.jsonl")) for one in domicile_audit.records(file)]
    return [one for one in found if one["event"] == "ended"]


def test_a_load_that_misses_an_objective_says_so(domicile: Run) -> None:
    there = json.loads(domicile("ask", "local", "one", "--json").stdout)
    httpx.post(f"{there['engines']['chat']}/standin", json={"first_token_s": 2.6}).raise_for_status()
    try:
        code, told = driven(domicile, "--peak", "4", "--tokens", "4")
    finally:
        httpx.post(f"{there['engines']['chat']}/standin", json={"first_token_s": 0.01}).raise_for_status()
    assert (code, told["met"], told["in_time"]) == (1, False, 0.0)
    assert told["answered"] == told["sent"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--shape", "moon"), "--shape: there is no 'moon'; there are steady, office-hours"),
        (("--alias", "moon"), "has no alias 'moon' that answers; it has chat"),
        (("--url", "http://127.0.0.1:9"), "DOMICILE_KEY is not set"),
    ],
)
def test_a_load_that_cannot_be_driven_is_said(domicile: Run, arguments: tuple[str, ...], said: str) -> None:
    done = domicile("load", "local", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@settings(deadline=None)
@given(st.sampled_from(traffic.names()), st.floats(0.5, 20), st.integers(1, 5))
def test_requests_come_as_often_as_the_shape_says(shape: str, peak: float, seed: int) -> None:
    seconds = 600.0
    found = list(traffic.arrivals(shape, peak, seconds, seed))
    assert found == sorted(found)
    level = shapes(seed)[shape.replace("-", " ")]
    steps = [level((traffic.PLAYED_DAY + at / seconds) * DAY_S) for at in range(int(seconds))]
    wanted = peak * sum(steps)
    assert abs(len(found) - wanted) <= 6 * math.sqrt(wanted) + 6


def test_objectives_are_met_by_shares_of_those_that_were_counted() -> None:
    tally = traffic.Tally(traffic.Objectives(first_token_s=1, per_token_s=0.1, availability=0.9, in_time=0.5))
    assert not tally.met, "nobody asked: nothing is known"
    in_time, late = traffic.Sent("answered", 0.5, 1.3, 10), traffic.Sent("answered", 0.5, 1.5, 10)
    refused = traffic.Sent("refused", 0, 0, 0)
    for one in (in_time, late, refused, refused):
        tally.sent += 1
        tally.add(one)
    assert (tally.available, tally.in_time, tally.met) == (1.0, 0.5, True)
    tally.sent += 2
    tally.add(traffic.Sent("failed", 0, 1, 0, why="502"))
    assert (tally.in_flight, tally.available, tally.met) == (1, 2 / 3, False)
    assert traffic.quantiles([3, 1, 2], [0.5]) == [2]
    assert traffic.quantiles([], [0.5]) == [0]


def test_it_is_ended_and_nothing_is_left(domicile: Run) -> None:
    domicile("ask", "local", "hello")
    assert "is gone" in domicile("gateway", "down", "local").stdout
    assert "no gateway of 'local' runs" in domicile("gateway", "down", "local").stdout
