"""Rollouts on the running gateway: no request is lost, whatever the canary does."""

import json
import shutil
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import gateways
import httpx
import pytest
from gateways import ask, backend, of, stream, told

from cli.gateway import rollout
from cli.gateway.rig import ENVIRONMENT, Rig
from engine.providers.kubernetes.api import Connection
from serving.gateway.hooks.domicile_policy import ANSWERS
from serving.gateway.spec import ROLLOUT, Prompt
from serving.rollout.observed import Limits
from serving.rollout.release import Release

pytestmark = pytest.mark.skipif(
    not (ENVIRONMENT / "litellm").exists(), reason="the gateway's proxy is not installed: make gateway"
)
LIMITS = Limits(least=40, most=400, steps=(30, 100), allowed_failed=0.1, slow=0.1, first_token=0.3)
CHAT = gateways.alias("chat", backend("main"), canary=backend("second"), first_token_s=0.5, per_token_s=0.5)
STABLE = replace(gateways.SPEC, aliases=(CHAT, *gateways.SPEC.aliases[1:]))
NEXT = Prompt(name="greet", version="v3", text="Greet as THREE.", weight=100)
SPEC = replace(STABLE, candidate=replace(STABLE, prompts=(NEXT,), deny=("project midnight",)))


@pytest.fixture(scope="module")
def rig_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with gateways.running(tmp_path_factory.mktemp("rollout"), SPEC) as running:
        yield running


@pytest.fixture
def rig(rig_of_all: Rig) -> Rig:
    gateways.calm(rig_of_all)
    rig_of_all.rollout.unlink(missing_ok=True)
    return rig_of_all


@contextmanager
def traffic(rig: Rig) -> Generator[Counter[int]]:
    """Users, until the end; what they got by its status."""
    ended, seen = threading.Event(), Counter[int]()

    def user() -> None:
        while not ended.is_set():
            if len(told(stream(rig))) == 0:
                seen[0] += 1
            seen[ask(rig).status_code] += 1

    users = [threading.Thread(target=user) for _ in range(8)]
    for one in users:
        one.start()
    try:
        yield seen
    finally:
        ended.set()
        for one in users:
            one.join()


def rolled_out(rig: Rig, state: Path, looks: int = 600) -> Release:
    place = rollout.Here(rig.url, rig.rollout)
    said: list[str] = []
    return rollout.run(place, state, "chat", LIMITS, tell=said.append, pause_s=0.2, looks=looks)


def test_without_a_rollout_the_canary_gets_nothing(rig: Rig) -> None:
    before = rig.seen("second")["seen"]
    for _ in range(30):
        ask(rig)
    assert rig.seen("second")["seen"] == before


def test_a_good_canary_gets_everything(rig: Rig, tmp_path: Path) -> None:
    with traffic(rig) as seen:
        release = rolled_out(rig, tmp_path / "state.json")
    assert release.state == "promoted", release.reasons
    assert set(seen) == {200}
    assert ask(rig).headers["x-domicile-model"] == "chat--canary@second"


def test_a_canary_that_fails_is_taken_back_and_no_request_is_lost(rig: Rig, tmp_path: Path) -> None:
    rig.change("second", fail=500)
    with traffic(rig) as seen:
        release = rolled_out(rig, tmp_path / "state.json")
    assert release.state == "rolled back"
    assert "failed, refused or answered by others" in release.reasons[0]
    assert set(seen) == {200}, "the stable version answers for it"
    assert ask(rig).headers["x-domicile-model"] == "chat@main"


def test_a_canary_that_is_late_is_taken_back(rig: Rig, tmp_path: Path) -> None:
    rig.change("second", first_token_s=1.2)
    with traffic(rig) as seen:
        release = rolled_out(rig, tmp_path / "state.json")
    assert release.state == "rolled back"
    assert set(seen) == {200}


def test_an_interrupted_rollout_goes_on_where_it_stood(rig: Rig, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with traffic(rig):
        first = rolled_out(rig, state, looks=1)
        assert first.state == "running"
        rig.rollout.unlink()
        second = rolled_out(rig, state)
    assert second.state == "promoted", second.reasons


def test_a_rollout_without_traffic_waits(rig: Rig, tmp_path: Path) -> None:
    release = rolled_out(rig, tmp_path / "state.json", looks=3)
    assert (release.state, release.percent) == ("running", 30)


def test_a_rollout_is_called_off(rig: Rig, tmp_path: Path) -> None:
    rolled_out(rig, tmp_path / "state.json", looks=1)
    release = rollout.abort(rollout.Here(rig.url, rig.rollout), tmp_path / "state.json", "chat")
    assert release.percent == 0
    assert {ask(rig).headers["x-domicile-model"] for _ in range(10)} == {"chat@main"}


def test_a_share_that_cannot_be_read_is_none(rig: Rig) -> None:
    rig.rollout.write_text('{"chat": 100}', encoding="utf-8")
    assert ask(rig).headers["x-domicile-model"] == "chat--canary@second"
    rig.rollout.unlink()
    assert ask(rig).headers["x-domicile-model"] == "chat@main"


def answers_rolled_out(
    rig: Rig, state: Path, *, text: str = "hello there", people: int = 20
) -> tuple[Release, set[int]]:
    """A rollout of the answers' candidate while people ask with a prompt; the statuses that they got."""
    place, seen, said = rollout.Here(rig.url, rig.rollout), set[int](), list[str]()
    for turn in range(60):
        for person in range(people):
            found = ask(rig, "alone", text, metadata={"prompt": "greet"}, user=f"{turn}-{person}", logprobs=True)
            seen.add(found.status_code)
        release = rollout.run(place, state, ANSWERS, LIMITS, tell=said.append, pause_s=0, looks=1)
        if release.state != "running":
            return release, seen
    pytest.fail("it never ended")


def test_a_candidate_of_the_answers_gets_all_requests_when_it_is_as_good(rig: Rig, tmp_path: Path) -> None:
    ask(rig, "alone", metadata={"prompt": "greet"})
    assert "THREE" not in rig.seen("main")["last_prompt"], "without a rollout it gets none"
    release, seen = answers_rolled_out(rig, tmp_path / "state.json")
    assert (release.state, seen) == ("promoted", {200}), release.reasons
    answer = ask(rig, "alone", metadata={"prompt": "greet"})
    assert rig.seen("main")["last_prompt"].startswith("Greet as THREE.")
    assert answer.headers["x-domicile-answers"] == "canary"
    assert of(rig, answer)["begun"]["prompt"] == "greet@v3"
    assert ask(rig, "alone", "on project nightfall").status_code == 200, "it has rules of its own"
    assert ask(rig, "alone", "on project midnight").status_code == 400


def test_a_candidate_that_refuses_what_people_ask_is_taken_back(rig: Rig, tmp_path: Path) -> None:
    release, seen = answers_rolled_out(rig, tmp_path / "state.json", text="what of project midnight?")
    assert release.state == "rolled back"
    assert "failed, refused or answered by others" in release.reasons[0]
    assert seen == {200, 400}
    assert ask(rig, "alone", "what of project midnight?").status_code == 200


def test_a_person_stays_with_a_version_of_the_answers(rig: Rig) -> None:
    rig.rollout.write_text(json.dumps({ANSWERS: 50}), encoding="utf-8")
    for person in range(6):
        found = {ask(rig, "alone", user=f"p{person}").headers.get("x-domicile-answers") for _ in range(4)}
        assert len(found) == 1


@pytest.mark.skipif(not shutil.which("prometheus"), reason="Prometheus is not installed (Debian: prometheus)")
def test_prometheus_and_a_configmap_do_as_well(rig: Rig, tmp_path: Path, kubeconfig: Path) -> None:
    """A cluster's gateway is counted by Prometheus, here a real one, and told by a ConfigMap of a real API server."""
    for _ in range(20):
        stream(rig)
    connection = Connection(str(kubeconfig), None)
    path = f"/api/v1/namespaces/default/configmaps/{ROLLOUT}"
    body = {"metadata": {"name": ROLLOUT}, "data": {"rollout.json": "{}"}}
    assert connection.request("POST", path.rpartition("/")[0], body=body).status == 201
    with scraping(rig, tmp_path) as prometheus:
        place, said = rollout.There(connection, "default", prometheus), list[str]()
        counted = eventually(lambda: place.counted("chat"), lambda one: one["stable"].requests > 0)
        assert counted["stable"] == rollout.Here(rig.url, rig.rollout).counted("chat")["stable"]
        release = rollout.run(place, tmp_path / "s", "chat", LIMITS, tell=said.append, pause_s=0.01, looks=1)
        assert (release.state, release.percent) == ("running", 30)
        told = connection.request("GET", path).body["data"]["rollout.json"]
        assert json.loads(told) == {"chat": 30}
        rollout.abort(place, tmp_path / "s", "chat")
        ours = eventually(lambda: place.counted(ANSWERS), lambda one: one["stable"].requests > 0)
        assert ours == rollout.Here(rig.url, rig.rollout).counted(ANSWERS)
    assert json.loads(connection.request("GET", path).body["data"]["rollout.json"]) == {"chat": 0}
    with pytest.raises(rollout.RolloutError, match="does not answer"):
        place.counted("chat")
    connection.request("DELETE", path)
    with pytest.raises(rollout.RolloutError, match="bring the stack up first"):
        place.share("chat", 5)
    connection.close()


@contextmanager
def scraping(rig: Rig, folder: Path) -> Generator[str]:
    """A Prometheus that watches the gateway."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    target = {"targets": [f"127.0.0.1:{rig.ports['gateway']}"], "labels": {"namespace": "default"}}
    job = {"job_name": "gateway", "metrics_path": "/metrics/", "scrape_interval": "1s", "static_configs": [target]}
    (folder / "prometheus.json").write_text(json.dumps({"scrape_configs": [job]}), encoding="utf-8")
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.json'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            return gateways.CLIENT.get(f"{url}/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    try:
        eventually(ready, bool)
        yield url
    finally:
        process.terminate()
        process.wait()


T = TypeVar("T")


def eventually(look: Callable[[], T], right: Callable[[T], bool]) -> T:
    """What is seen when it is right at last."""
    waited = threading.Event()
    for _ in range(300):
        seen = look()
        if right(seen):
            return seen
        waited.wait(0.1)
    pytest.fail(f"it stayed {look()}")
