"""The service that decides, run as its pods run it: in time, by rules without a model, and nothing lost."""

import concurrent.futures
import json
import os
import resource
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import decided
import pytest
from decided import Running, World, until
from hypothesis import given
from hypothesis import strategies as st

from components.ownership import Ownership
from serving.decisions.app import domicile_scoring as scoring
from serving.decisions.files import policy
from serving.decisions.spec import Asked, Burst, DecisionsSpec, Features, Field, Outcome, Rule, Tensor
from serving.gateway.hooks import domicile_audit

OWNER = Ownership(workload="card-fraud", owner="r", cost_centre="1", data_class="restricted", jurisdictions=("DE",))
MODEL = Asked(
    server="scorer",
    name="card-fraud",
    version=14,
    inputs=(Tensor(name="input__0", datatype="FP32", fields=("amount", "hour", "tries")),),
    score="output__0",
    index=1,
    reasons="shares",
)
SPEC = DecisionsSpec(
    ownership=OWNER,
    image="",
    replicas=1,
    within_ms=2000,
    parallel=64,
    fields=(
        Field(name="card", type="secret"),
        Field(name="country", type="key"),
        Field(name="amount", type="number"),
        Field(name="hour", type="number", default=12.0),
    ),
    model=MODEL,
    challenger=None,
    outcomes=(
        Outcome(name="approve", at_least=0.0, people=False),
        Outcome(name="look", at_least=0.6, people=True),
        Outcome(name="decline", at_least=0.92, people=False),
    ),
    rules=(
        Rule(field="tries", outcome="decline", why="too many tries", over=8.0),
        Rule(field="amount", outcome="look", why="a large amount", over=2000.0),
        Rule(field="country", outcome="look", why="a country nobody pays from", equals="XX"),
    ),
    otherwise="approve",
    callers=("payments",),
    reviewers="reviewers",
    verdicts=("approve", "decline"),
    features=Features(address="", namespace="features", view="v", entity="card", field="card", names=("tries",)),
    keep_days=30,
    audit_gib=10,
)
INPUTS = {"card": "4111111111111111", "country": "DE", "amount": 20.0}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with decided.world() as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, address: str) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("service"), SPEC, address).start()
    yield running
    running.close()


@pytest.fixture
def service(shared: Running) -> Running:
    World.begin()
    return shared


@pytest.fixture
def started(tmp_path: Path, address: str) -> Iterator[Any]:
    """Starts services of their own."""
    World.begin()
    made: list[Running] = []

    def start(**changes: Any) -> Running:
        made.append(Running(tmp_path, replace(SPEC, **changes), address))
        return made[-1].start()

    yield start
    for event in World.frozen.values():
        event.set()
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("score", "outcome", "waits"),
    [(0.0, "approve", False), (0.599, "approve", False), (0.6, "look", True), (0.92, "decline", False), (1.0, "decline", False)],
)  # fmt: skip
def test_a_score_means_the_outcome_of_the_highest_bound_it_reaches(
    service: Running, score: float, outcome: str, *, waits: bool
) -> None:
    World.score = score
    told = service.decided(INPUTS)
    assert (told["outcome"], told["waits"], told["by"], told["score"]) == (outcome, waits, "model", score)
    assert told["reasons"] == ["amount +0.5", "hour -0.25"]


def test_a_secret_leaves_as_its_fingerprint_alone(service: Running) -> None:
    World.score = 0.7
    told = service.decided(INPUTS)
    assert until(lambda: f"/reviews/open/{told['decision']}.json" in World.files)
    said = json.dumps([World.asked, [text.decode() for text in World.files.values()], service.records()])
    assert str(INPUTS["card"]) not in said
    (entities,) = [body["entities"] for path, body, _ in World.asked if path == "/get-online-features"]
    assert entities == {"card": [scoring.fingerprint(b"a-key-of-this-test", str(INPUTS["card"]))]}


def test_the_model_is_asked_with_defaults_and_with_what_the_feature_store_knows(service: Running) -> None:
    World.known[scoring.fingerprint(b"a-key-of-this-test", str(INPUTS["card"]))] = [3.0]
    service.decided(INPUTS)
    path, question, _ = World.asked[-1]
    assert path == "/v2/models/scorer/versions/14/infer"
    assert question["inputs"] == [{"name": "input__0", "datatype": "FP32", "shape": [1, 3], "data": [20.0, 12.0, 3.0]}]
    assert [one["name"] for one in question["outputs"]] == ["output__0", "shares"]


def test_a_feature_that_is_not_known_is_not_a_number_to_the_model(service: Running) -> None:
    assert service.decided(INPUTS)["by"] == "model"
    assert str(World.asked[-1][1]["inputs"][0]["data"][2]) == "nan"


@pytest.mark.parametrize(
    ("inputs", "tries", "outcome", "why"),
    [
        ({}, 9.0, "decline", "too many tries"),
        ({"amount": 3000.0}, 9.0, "decline", "too many tries"),
        ({"amount": 3000.0}, None, "look", "a large amount"),
        ({"country": "XX"}, 1.0, "look", "a country nobody pays from"),
        ({}, 1.0, "approve", "no rule applies"),
    ],
)
def test_rules_decide_in_their_order_when_the_model_is_broken(
    service: Running, inputs: dict[str, Any], tries: float | None, outcome: str, why: str
) -> None:
    World.broken["scorer"] = 500
    World.known[scoring.fingerprint(b"a-key-of-this-test", str(INPUTS["card"]))] = [tries]
    told = service.decided({**INPUTS, **inputs})
    assert (told["outcome"], told["by"], told["score"], told["reasons"]) == (outcome, "rules", None, [why])
    assert service.records()[-1]["not_model"].startswith("unavailable: 500 from http://")


ODD: list[Any] = [
    {},
    [],
    "text",
    None,
    {"outputs": [{"name": "other", "data": [1]}]},
    {"outputs": [{"name": "output__0", "data": []}]},
    {"outputs": [{"name": "output__0", "data": [0.2, 7.0]}]},
    {"outputs": [{"name": "output__0", "data": [0.2, float("nan")]}]},
    {"outputs": [{"name": "output__0", "data": ["a", "b"]}]},
]


@pytest.mark.parametrize("answer", ODD)
def test_an_answer_that_is_no_score_decides_nothing(service: Running, answer: Any) -> None:
    World.odd["scorer"] = answer
    assert service.decided(INPUTS)["by"] == "rules"
    assert service.records()[-1]["not_model"].startswith("unusable: ")


def test_a_model_that_stands_still_is_not_waited_for(started: Any) -> None:
    service = started(within_ms=200)
    World.frozen["scorer"] = threading.Event()
    told = service.decided({**INPUTS, "amount": 5000.0})
    assert not World.frozen["scorer"].is_set(), "the answer came while the model stood still"
    assert (told["outcome"], told["by"]) == ("look", "rules")
    assert service.records()[-1]["not_model"] == "late"


def test_without_the_feature_store_rules_decide(started: Any) -> None:
    service = started()
    policy_file = service.folder / "files" / "decisions.json"
    told = json.loads(policy_file.read_text())
    told["features"]["address"] = "http://127.0.0.1:9"
    policy_file.write_text(json.dumps(told))
    service.kill()
    service.start()
    assert service.decided(INPUTS)["by"] == "rules"


@pytest.mark.parametrize(
    ("inputs", "reasons"),
    [
        ({"card": "c", "country": "DE", "amount": 1.0, "other": 1}, ["inputs.other: there is no such field"]),
        ({"card": "c", "country": "DE"}, ["inputs.amount: it is needed"]),
        ({"card": 7, "country": "DE", "amount": 1}, ["inputs.card: expected a text of 1 to 256 characters"]),
        ({"card": "c", "country": "", "amount": 1}, ["inputs.country: expected a text of 1 to 256 characters"]),
        ({"card": "c", "country": "DE", "amount": "1"}, ["inputs.amount: expected a finite number"]),
        ({"card": "c", "country": "DE", "amount": 10**400}, ["inputs.amount: expected a finite number"]),
        ({"card": "c", "country": "DE", "amount": True}, ["inputs.amount: expected a finite number"]),
        ({"card": "c", "country": "DE", "amount": 1, "hour": None}, ["inputs.hour: expected a finite number"]),
        (
            {"country": "DE", "amount": [], "x": 1},
            [
                "inputs.x: there is no such field",
                "inputs.card: it is needed",
                "inputs.amount: expected a finite number",
            ],
        ),
    ],
)
def test_what_cannot_be_decided_is_refused_with_every_reason(
    service: Running, inputs: dict[str, Any], reasons: list[str]
) -> None:
    answer = service.ask(inputs)
    assert (answer.status_code, answer.json()["error"]["reasons"]) == (422, reasons)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'{"inputs": 1}', b'{"inputs": {}}', b"[" * 100_000, b'{"inputs": ' * 50_000, b"\xff\xfe"],
)
def test_what_is_no_request_is_refused(service: Running, body: bytes) -> None:
    answer = service.client.post("/v1/decisions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["reasons"]


def test_a_request_without_end_is_refused_before_it_fills_the_memory(service: Running) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 1024 * 1024

    assert service.client.post("/v1/decisions", content=parts()).status_code == 413


def test_nobody_asks_without_a_key_and_only_reviewers_see_what_waits(service: Running) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, decided.HEADERS["reviewers"]):
        client = {"Authorization": "", **headers}
        answer = service.client.post("/v1/decisions", json={"inputs": INPUTS}, headers=client)
        assert answer.status_code == 401, headers
    assert service.client.get("/v1/reviews").status_code == 403
    assert service.client.post("/v1/reviews/x", json={}).status_code == 403


def test_people_say_what_becomes_of_what_waits(service: Running) -> None:
    World.score = 0.7
    told = service.decided(INPUTS)
    assert until(lambda: bool(World.files))
    people = decided.HEADERS["reviewers"]
    (one,) = service.client.get("/v1/reviews", headers=people).json()["open"]
    assert (one["decision"], one["id"], one["outcome"]) == (told["decision"], "tx-1", "look")
    path = f"/v1/reviews/{told['decision']}"
    bodies: list[Any] = [{}, {"outcome": "look", "by": "ann"}, {"outcome": "approve"}, []]
    for body in bodies:
        answer = service.client.post(path, json=body, headers=people)
        assert answer.status_code == 422, body
        assert "approve, decline" in answer.json()["error"]["reasons"][0]
    said = {"outcome": "approve", "by": "ann", "note": "called them"}
    assert service.client.post(path, json=said, headers=people).json()["reviewed"] == said
    assert service.client.get("/v1/reviews", headers=people).json()["open"] == []
    assert json.loads(World.files[f"/reviews/done/{told['decision']}.json"])["reviewed"] == said
    assert service.records()[-1]["event"] == "reviewed"
    for gone in (told["decision"], "..%2Fdone%2Fx", "none"):
        assert service.client.post(f"/v1/reviews/{gone}", json=said, headers=people).status_code == 404


def test_what_waits_is_handed_over_though_the_store_was_away_and_the_service_was_killed(started: Any) -> None:
    service = started()
    World.score = 0.7
    World.store_works = False
    waiting = {service.decided(INPUTS)["decision"] for _ in range(5)}
    service.kill()
    assert World.files == {}
    World.store_works = True
    service.start()
    assert until(lambda: len(World.files) == 5)
    assert {json.loads(text)["decision"] for text in World.files.values()} == waiting
    assert until(lambda: not list((service.audit / "outbox").glob("*.json")))


def test_every_decision_that_anybody_heard_of_is_in_the_log_after_a_kill(started: Any) -> None:
    service = started()
    heard: list[str] = []
    enough = threading.Event()

    def ask() -> None:
        try:
            while True:
                heard.append(service.decided(INPUTS)["decision"])
                if len(heard) > 200:
                    enough.set()
        except Exception:  # noqa: BLE001 however the connection ends
            return

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for _ in range(16):
            pool.submit(ask)
        assert enough.wait(60)
        service.kill()
    written = {one["decision"] for one in service.records() if one["event"] == "decided"}
    assert len(heard) == len(set(heard)) > 200
    assert set(heard) <= written


def test_two_hundred_at_once_are_all_decided_and_all_written_down(started: Any) -> None:
    service = started()
    before = len(World.asked)
    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        told = list(pool.map(service.decided, [INPUTS] * 1000))
    assert len({one["decision"] for one in told}) == 1000
    written = [one for one in service.records() if one["event"] == "decided"]
    assert {one["decision"] for one in written} == {one["decision"] for one in told}
    by = {one["by"] for one in told}
    assert by <= {"model", "rules"}
    counted = service.counted("domicile_gateway_requests_total")
    assert sum(value for _, value in counted) == 1000
    fell = sum(value for labels, value in counted if labels["fell_back"] == "true")
    assert fell == sum(one["by"] == "rules" for one in told)
    assert len(World.asked) > before


def test_without_room_for_the_log_nothing_is_decided(started: Any) -> None:
    service = started()
    service.decided(INPUTS)
    (file,) = service.audit.glob("*.jsonl")
    limit = file.stat().st_size
    assert service.process is not None
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    answer = service.ask(INPUTS)
    assert (answer.status_code, answer.json()["error"]["reasons"]) == (503, ["the audit log cannot be written"])
    refused = service.counted("domicile_gateway_refusals_total")
    assert [labels["reason"] for labels, _ in refused] == ["audit_unavailable"]


def test_a_log_is_kept_as_long_as_it_must_be(started: Any, tmp_path: Path) -> None:
    audit = tmp_path / "audit"
    audit.mkdir()
    for name, days in (("old", 32), ("young", 29)):
        file = audit / f"{name}.jsonl"
        file.write_text("")
        when = time.time() - days * 86_400
        os.utime(file, (when, when))
    started()
    assert not (audit / "old.jsonl").exists()
    assert (audit / "young.jsonl").exists()


def test_a_challenger_is_asked_too_and_decides_nothing(started: Any) -> None:
    service = started(challenger=replace(MODEL, server="challenger", version=15))
    World.scores["challenger"] = 0.99
    assert service.decided(INPUTS)["outcome"] == "approve"
    assert until(lambda: any(one["event"] == "shadow" for one in service.records()))
    (shadow,) = [one for one in service.records() if one["event"] == "shadow"]
    assert (shadow["score"], shadow["other"], shadow["agrees"]) == (0.1, 0.99, False)
    World.frozen["challenger"] = threading.Event()
    assert service.decided(INPUTS)["by"] == "model"
    World.broken["challenger"] = 500
    assert service.decided(INPUTS)["by"] == "model"


def test_what_is_too_much_for_the_own_model_goes_elsewhere_with_a_key_of_its_own(started: Any) -> None:
    service = started(parallel=1, burst=Burst(address="", country="DE"), features=None, within_ms=20_000,
                      model=replace(MODEL, inputs=(Tensor(name="input__0", datatype="FP32", fields=("amount", "hour")),)))  # fmt: skip
    World.frozen["scorer"] = threading.Event()
    World.scores["burst"] = 0.95
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(service.decided, INPUTS)
        assert until(lambda: any("/scorer/" in path for path, _, _ in World.asked))
        second = service.decided(INPUTS)
        World.frozen["scorer"].set()
        assert (first.result()["score"], second["score"]) == (0.1, 0.95)
    keys = {path.split("/")[3]: key for path, _, key in World.asked}
    assert keys == {"scorer": "", "burst": "Bearer sk-burst"}


CHOOSES: dict[str, Any] = {
    "choices": ("beans", "milk", "apples"),
    "most_choices": 2,
    "features": None,
    "model": replace(
        MODEL, index=None, reasons="", inputs=(Tensor(name="input__0", datatype="FP32", fields=("hour",)),)
    ),
    "outcomes": (
        Outcome(name="nothing", at_least=0.0, people=False),
        Outcome(name="offer", at_least=0.3, people=False),
    ),
    "rules": (),
    "otherwise": "nothing",
    "verdicts": ("nothing", "offer"),
}


def numbers(*given: float) -> dict[str, Any]:
    """A model's answer that has a number for each choice."""
    return {"outputs": [{"name": "output__0", "datatype": "FP32", "shape": [1, len(given)], "data": list(given)}]}


@pytest.mark.parametrize(
    ("given", "outcome", "chosen"),
    [
        ((0.2, 0.9, 0.4), "offer", ["milk", "apples"]),
        ((0.8, 0.9, 0.7), "offer", ["milk", "beans"]),
        ((0.2, 0.1, 0.29), "nothing", []),
        ((0.3, 0.1, 0.2), "offer", ["beans"]),
    ],
)
def test_the_best_of_what_a_model_chooses_of_is_told(
    started: Any, given: tuple[float, ...], outcome: str, chosen: list[str]
) -> None:
    World.odd["scorer"] = numbers(*given)
    service = started(**CHOOSES)
    told = service.decided(INPUTS)
    assert (told["outcome"], told["choices"]) == (outcome, chosen)
    assert service.records()[-1]["choices"] == chosen


def test_a_model_without_a_number_for_each_choice_decides_nothing(started: Any) -> None:
    World.odd["scorer"] = numbers(0.9, 0.9)
    told = started(**CHOOSES).decided(INPUTS)
    assert (told["outcome"], told["by"], told["choices"]) == ("nothing", "rules", [])


def test_a_model_elsewhere_that_is_asked_first_is_replaced_by_the_own_one_when_it_is_away(started: Any) -> None:
    World.odd |= {"scorer": numbers(0.9, 0.1, 0.1), "burst": numbers(0.1, 0.1, 0.9)}
    service = started(**CHOOSES, burst=Burst(address="", country="DE", first=True))
    assert service.decided(INPUTS)["choices"] == ["apples"]
    assert service.records()[-1]["at_model"] == "elsewhere"
    World.broken["burst"] = 503
    for _ in range(8):
        assert service.decided(INPUTS)["choices"] == ["beans"]
    assert service.records()[-1]["at_model"] == "here"
    asked = [path.split("/")[3] for path, _, _ in World.asked]
    # after five failures in a row it is left alone: the line's time is not waited for at every till
    assert (asked.count("burst"), asked.count("scorer")) == (6, 8)


def test_a_model_elsewhere_that_is_slow_has_half_of_the_time(started: Any) -> None:
    World.odd |= {"scorer": numbers(0.9, 0.1, 0.1), "burst": numbers(0.1, 0.1, 0.9)}
    World.frozen["burst"] = threading.Event()
    service = started(**CHOOSES, burst=Burst(address="", country="DE", first=True))
    told = service.decided(INPUTS)
    assert (told["choices"], told["by"]) == (["beans"], "model")


def test_values_are_written_down_only_where_the_policy_says_so(started: Any, service: Running) -> None:
    service.decided(INPUTS)
    assert service.records()[-1]["shown"] == {}
    shown = started(log_values=True)
    shown.decided(INPUTS)
    assert shown.records()[-1]["shown"]["amount"] == 20.0
    assert str(shown.records()[-1]["shown"]["card"]).startswith("tok_")


def test_a_changed_line_of_the_log_is_noticed(started: Any) -> None:
    service = started()
    for _ in range(3):
        service.decided(INPUTS)
    (file,) = service.audit.glob("*.jsonl")
    file.write_text(file.read_text().replace('"approve"', '"decline"', 1))
    with pytest.raises(ValueError, match="is not the one that was written"):
        domicile_audit.records(file)


POLICY = policy(SPEC, {"scorer": "http://scorer:8000"})


@given(st.floats(0, 1))
def test_any_score_has_the_outcome_of_the_highest_bound_below_it(score: float) -> None:
    found = scoring.by_model(POLICY, score, ())
    reached = [one.at_least for one in SPEC.outcomes if one.at_least <= score]
    assert found.name == next(one.name for one in SPEC.outcomes if one.at_least == max(reached))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_whatever_a_model_answers_is_a_score_or_unusable(answer: Any) -> None:
    try:
        score, _ = scoring.answered(POLICY["model"], answer)
    except scoring.UnusableError:
        return
    assert 0 <= score <= 1


@given(JSON)
def test_whatever_a_client_sends_is_values_or_refused(request: Any) -> None:
    for one in (request, {"inputs": request}):
        try:
            found = scoring.values(POLICY, one, b"k")
        except scoring.RefusedError:
            continue
        assert set(found) == {"card", "country", "amount", "hour"}


def test_a_tensor_has_the_shape_that_the_model_takes() -> None:
    spec = replace(
        SPEC,
        features=None,
        fields=(Field(name="pixels", type="tensor", shape=(2, 3)),),
        model=replace(MODEL, inputs=(Tensor(name="x", datatype="FP32", field="pixels", shape=(2, 3)),)),
    )
    told = policy(spec, {"scorer": "http://scorer:8000"})
    known = scoring.values(told, {"inputs": {"pixels": [[1, 2, 3], [4, 5, 6]]}}, b"")
    (tensor,) = scoring.question(told["model"], known)["inputs"]
    assert (tensor["shape"], tensor["data"]) == ([1, 2, 3], [1, 2, 3, 4, 5, 6])
    for wrong in ([1, 2, 3], "x", None, [[1, 2, 3], [4, 5, "6"]], {"a": 1}, [float("inf")] * 6):
        with pytest.raises(scoring.RefusedError, match="expected 6 numbers"):
            scoring.values(told, {"inputs": {"pixels": wrong}}, b"")
