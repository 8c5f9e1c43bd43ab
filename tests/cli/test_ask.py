"""`domicile ask`: a question through the real gateway of a stack, on a machine without a Redis server."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.gateway.rig import ENVIRONMENT

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


def test_it_is_ended_and_nothing_is_left(domicile: Run) -> None:
    domicile("ask", "local", "hello")
    assert "is gone" in domicile("gateway", "down", "local").stdout
    assert "no gateway of 'local' runs" in domicile("gateway", "down", "local").stdout
