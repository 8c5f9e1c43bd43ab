"""A router with the real proxy and the real picker: who has seen a prompt's beginning is asked, unless it is busy."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from routed import Routed, routed

from cli.gateway import envoy
from components.ownership import Ownership
from engine.localcluster.cluster import Cluster
from engine.localcluster.programs import PICKER
from engine.processes import free_ports
from serving.router.proxy import CHOSEN, WISHED
from serving.router.spec import RouterSpec

pytestmark = pytest.mark.skipif(
    not (envoy.ENVOY.exists() and PICKER.file.exists()), reason="the proxy or the picker is not built: make envoy"
)
OWNER = Ownership(workload="desk", owner="desk", cost_centre="1", data_class="internal", jurisdictions=("DE",))
REPLICAS = 3


@pytest.fixture(scope="module")
def rig_of_all(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[Routed]:
    port = free_ports(1)[0]
    spec = RouterSpec(
        server="chat",
        ownership=OWNER,
        engine="vllm",
        release="0.30.0",
        port=port,
        metrics_port=port,
        metrics_path="/metrics",
        selector=(("app.kubernetes.io/name", "chat"), ("app.kubernetes.io/instance", "routed")),
        replicas=1,
        image="",
        picker_image="",
        clients=(),
    )
    with routed(tmp_path_factory.mktemp("router"), spec, cluster.kubeconfig, REPLICAS) as running:
        yield running


@pytest.fixture
def rig(rig_of_all: Routed) -> Routed:
    for number in range(1, REPLICAS + 1):
        rig_of_all.behave(number, fail=0, first_token_s=0.005, per_token_s=0.0005, slots=64)
    return rig_of_all


def conversation(seed: int) -> str:
    """A long beginning that nobody else has."""
    return f"{seed} " * 1000


def test_a_conversation_stays_where_it_began_and_conversations_are_spread(rig: Routed) -> None:
    began = {seed: rig.ask(conversation(seed)) for seed in range(40)}
    for turn in range(3):
        assert {seed: rig.ask(f"{conversation(seed)} and {turn}") for seed in began} == began
    assert set(began.values()) == {"chat-1", "chat-2", "chat-3"}


def test_a_busy_replica_is_left_alone(rig: Routed) -> None:
    prompt = conversation(100)
    owner = rig.ask(prompt)
    number = int(owner.rpartition("-")[2])
    rig.behave(number, slots=1, first_token_s=2.0)
    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            pool.submit(rig.client.post, f"{rig.replica_url(number)}/v1/chat/completions", json=rig.body("wait"))
        rig.until(lambda: rig.answers(f"{prompt} more", within_s=0.5) not in {"", owner})


def test_a_replica_that_is_not_ready_gets_nothing(rig: Routed) -> None:
    prompt = conversation(200)
    owner = rig.ask(prompt)
    number = int(owner.rpartition("-")[2])
    rig.tell(number, ready=False)
    rig.until(lambda: rig.ask(prompt) != owner)
    seen = rig.behave(number)["seen"]
    assert owner not in {rig.ask(conversation(seed)) for seed in range(201, 221)}
    assert rig.behave(number)["seen"] == seen
    rig.tell(number, ready=True)
    rig.until(lambda: owner in {rig.ask(conversation(seed)) for seed in range(500, 506)})


def test_a_stream_comes_in_pieces(rig: Routed) -> None:
    for number in range(1, REPLICAS + 1):
        rig.behave(number, answer="one two three four", per_token_s=0.05)
    body = {**rig.body("say it slowly"), "stream": True, "max_tokens": 4}
    with rig.client.stream("POST", f"{rig.url}/v1/chat/completions", json=body) as answer:
        pieces = [line for line in answer.iter_raw() if line.strip()]
    assert len(pieces) > 3
    assert b"".join(pieces).rstrip().endswith(b"data: [DONE]")
    for number in range(1, REPLICAS + 1):
        rig.behave(number, answer="")


def test_a_failure_of_a_replica_is_the_answer(rig: Routed) -> None:
    for number in range(1, REPLICAS + 1):
        rig.behave(number, fail=503)
    answer = rig.client.post(f"{rig.url}/v1/chat/completions", json=rig.body("hello"))
    assert answer.status_code == 503, "the gateway decides who answers instead"


def test_without_a_replica_it_says_so_at_once(rig: Routed) -> None:
    for number in range(1, REPLICAS + 1):
        rig.tell(number, ready=False)
    try:
        rig.until(lambda: rig.client.post(f"{rig.url}/v1/chat/completions", json=rig.body("x")).status_code == 503)
    finally:
        for number in range(1, REPLICAS + 1):
            rig.tell(number, ready=True)
    rig.until(lambda: bool(rig.answers("x")))


@pytest.mark.parametrize("header", [CHOSEN, WISHED])
def test_no_client_says_where(rig: Routed, header: str) -> None:
    prompt = conversation(300)
    owner = rig.ask(prompt)
    other = next(number for number in range(1, REPLICAS + 1) if owner != f"chat-{number}")
    assert {rig.ask(prompt, headers={header: f"127.0.1.{other}:{rig.spec.port}"}) for _ in range(5)} == {owner}


def test_without_its_picker_it_fails_at_once_so_that_another_is_asked(rig: Routed) -> None:
    rig.end("picker")
    for _ in range(3):
        answer = rig.client.post(f"{rig.url}/v1/chat/completions", json=rig.body("hello"))
        assert (answer.status_code, answer.text) == (500, "")
    rig.picks()
    rig.until(lambda: bool(rig.answers("hello")))
