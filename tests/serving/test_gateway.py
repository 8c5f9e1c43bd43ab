"""The gateway's promises, each against LiteLLM's running proxy with the files its pods would get."""

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gateways
import httpx
import pytest
from gateways import CLIENT, ask, key, of, said, stream, told

from cli.gateway.rig import ENVIRONMENT, Rig
from serving.engines import metrics

pytestmark = pytest.mark.skipif(
    not (ENVIRONMENT / "litellm").exists(), reason="the gateway's proxy is not installed: make gateway"
)
CARD, IBAN, AADHAAR = "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "2341 2341 2346"


@pytest.fixture(scope="module")
def rig_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with gateways.running(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def rig(rig_of_all: Rig) -> Rig:
    gateways.calm(rig_of_all)
    return rig_of_all


def error(response: httpx.Response) -> str:
    return str(response.json()["error"]["message"])


# --- routing


def test_an_alias_is_answered_by_its_back_end(rig: Rig) -> None:
    answer = ask(rig)
    assert answer.status_code == 200
    assert said(answer) == "main heard: hello there"
    assert answer.headers["x-domicile-model"] == "chat@main"


def test_an_alias_that_is_not_there_is_refused_with_those_that_are(rig: Rig) -> None:
    answer = ask(rig, "gpt-9")
    assert answer.status_code == 403
    assert "no alias 'gpt-9'; it has chat, split" in error(answer)


def test_an_alias_of_another_team_is_refused(rig: Rig) -> None:
    assert ask(rig, "plain", name="guest").status_code == 200
    answer = ask(rig, "chat", name="guest")
    assert answer.status_code == 403
    assert "'guest' has no alias 'chat'; it has plain" in error(answer)


def test_a_team_whose_time_is_over_is_refused_and_one_whose_time_is_not_is_answered(rig: Rig) -> None:
    answer = ask(rig, name="past")
    assert answer.status_code == 403
    assert "ended on 2026-01-31" in answer.text
    assert gateways.records(rig)[-1]["reason"] == "ended"
    assert ask(rig, name="trial").status_code == 200


def test_an_adapter_is_asked_by_its_own_name(rig: Rig) -> None:
    assert said(ask(rig, "tuned")) == "main heard: hello there"
    assert rig.seen("main")["last_model"] == "tickets-3"
    rig.change("main", fail=500)
    assert said(ask(rig, "tuned")) == "small heard: hello there"
    assert rig.seen("small")["last_model"] == "small"


def test_weights_split_an_alias(rig: Rig) -> None:
    def split(_number: int) -> str:
        return ask(rig, "split").headers["x-domicile-model"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(split, range(300)))
    shares = Counter(answers)
    assert 30 <= shares["split@second"] <= 95, "20 % of 300, five standard deviations around it"
    assert shares["split@main"] + shares["split@second"] == 300


def test_a_back_end_of_weight_zero_gets_nothing(rig: Rig) -> None:
    def split(_number: int) -> httpx.Response:
        return ask(rig, "split")

    before = rig.seen("large")["seen"]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(split, range(60)))
    assert rig.seen("large")["seen"] == before


def test_a_long_prompt_goes_to_the_larger_model(rig: Rig) -> None:
    assert said(ask(rig, "long")).startswith("small heard")
    answer = ask(rig, "long", "word " * 200)
    assert said(answer).startswith("large heard")
    assert of(rig, answer)["begun"]["why"] == "rule 1"


def test_a_team_is_routed_by_its_rule(rig: Rig) -> None:
    answer = ask(rig, "long", name="swapped")
    assert answer.headers["x-domicile-alias"] == "plain"
    assert ask(rig, "long", name="other").headers["x-domicile-alias"] == "long"


def test_data_goes_only_where_its_class_may(rig: Rig) -> None:
    assert ask(rig, "closed").status_code == 403
    assert "takes data of the classes public, not 'internal'" in error(ask(rig, "closed"))
    assert ask(rig, "chat", name="vault").status_code == 200


def test_embeddings_are_answered_in_their_order(rig: Rig) -> None:
    body = {"model": "words", "input": ["a b", "c d", "a b"]}
    answer = CLIENT.post(f"{rig.url}/v1/embeddings", json=body, headers=gateways.headers("desk")).json()
    vectors = [one["embedding"] for one in answer["data"]]
    assert vectors[0] == vectors[2] != vectors[1]


# --- failures


def test_a_failure_is_tried_again(rig: Rig) -> None:
    rig.change("main", fail=500, fail_next=1)
    answer = ask(rig)
    assert said(answer).startswith("main heard")
    assert answer.headers["x-litellm-attempted-fallbacks"] == "0"


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_back_end_that_fails_is_fallen_back_from(rig: Rig, status: int) -> None:
    rig.change("main", fail=status)
    answer = ask(rig)
    assert said(answer).startswith("small heard")
    assert answer.headers["x-domicile-model"] == "plain@small"
    assert of(rig, answer)["ended"]["fell_back"] is True


def test_tries_are_counted(rig: Rig) -> None:
    rig.change("main", fail=500)
    before = rig.seen("main")["seen"]
    ask(rig)
    assert rig.seen("main")["seen"] == before + 1 + gateways.SPEC.retries


def test_a_frozen_engine_is_fallen_back_from_while_its_health_says_yes(rig: Rig) -> None:
    rig.change("main", frozen=True)
    assert CLIENT.get(f"{rig.engine_url('main')}/health").status_code == 200
    assert said(ask(rig)).startswith("small heard")


def test_a_full_engine_is_fallen_back_from(rig: Rig) -> None:
    rig.change("main", slots=1, per_token_s=3.0)
    with ThreadPoolExecutor(3) as pool:
        models = [one.headers["x-domicile-model"] for one in pool.map(ask, [rig] * 3)]
    assert models.count("plain@small") >= 2


def test_a_back_end_that_is_not_there_is_fallen_back_from(rig: Rig) -> None:
    assert said(ask(rig, "dead")).startswith("small heard")


def test_fallbacks_come_in_their_order(rig: Rig) -> None:
    rig.change("main", fail=500)
    assert said(ask(rig, "chain")).startswith("small heard")
    rig.change("small", fail=500)
    assert said(ask(rig, "chain")).startswith("large heard")


def test_when_nobody_answers_there_is_one_error(rig: Rig) -> None:
    rig.change("main", fail=500)
    rig.change("small", fail=500)
    answer = ask(rig)
    assert answer.status_code == 500
    assert "127.0.0.1" not in answer.text
    assert "Traceback" not in answer.text


def test_a_request_that_an_engine_rejects_is_not_tried_again(rig: Rig) -> None:
    rig.change("main", fail=400)
    before = rig.seen("main")["seen"]
    ask(rig)
    assert rig.seen("main")["seen"] == before + 1


def test_a_stream_falls_back_before_its_first_token(rig: Rig) -> None:
    rig.change("main", fail=500)
    assert told(stream(rig)) == "small heard: hello there"


def test_a_stream_that_breaks_says_so(rig: Rig) -> None:
    rig.change("main", abort_after=3)
    pieces = stream(rig, "alone", "one two three four five six")
    assert "error" in pieces[-1], "a cut answer must not look like a whole one"


# --- streaming


def test_a_stream_comes_in_pieces_and_whole(rig: Rig) -> None:
    pieces = stream(rig, text="one two three")
    assert told(pieces) == "main heard: one two three"
    assert len(pieces) > 4


def test_a_stream_tells_what_it_used(rig: Rig) -> None:
    used = [piece["usage"] for piece in stream(rig, text="one two three") if piece.get("usage")]
    assert used[-1]["prompt_tokens"] == 3
    assert used[-1]["completion_tokens"] == 5


def test_an_answer_is_no_longer_than_its_alias_allows(rig: Rig) -> None:
    rig.change("main", answer="word " * 500)
    assert len(said(ask(rig)).split()) == 64
    assert len(said(ask(rig, max_tokens=400)).split()) == 64
    assert len(said(ask(rig, max_tokens=7)).split()) == 7
    assert len(said(ask(rig, max_completion_tokens=400)).split()) == 64


@pytest.mark.parametrize(
    "more", [{"max_tokens": "many"}, {"max_tokens": -1}, {"max_completion_tokens": 0}, {"n": True}]
)
def test_a_number_that_is_none_is_refused(rig: Rig, more: dict[str, Any]) -> None:
    answer = ask(rig, **more)
    assert answer.status_code == 400, answer.text
    assert "Traceback" not in answer.text


# --- who may ask


@pytest.mark.parametrize("bearer", ["", "Bearer sk-wrong", "Bearer", "Basic abc", "Bearer a.b.c"])
def test_without_a_known_key_there_is_no_answer(rig: Rig, bearer: str) -> None:
    body: dict[str, Any] = {"model": "chat", "messages": []}
    headers = {"Authorization": bearer} if bearer else {}
    assert CLIENT.post(f"{rig.url}/v1/chat/completions", json=body, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "path", ["/key/generate", "/model/new", "/config/update", "/spend/logs", "/user/new", "/v1/files"]
)
def test_the_proxys_own_administration_is_closed(rig: Rig, path: str) -> None:
    answer = CLIENT.post(f"{rig.url}{path}", json={}, headers=gateways.headers("desk"))
    assert answer.status_code in {401, 403, 404, 405, 422}
    assert answer.status_code != 422 or "body" in answer.text


def test_a_client_cannot_name_an_address_a_key_or_an_answer(rig: Rig) -> None:
    named: list[dict[str, Any]] = [
        {"api_base": "http://127.0.0.1:9"},
        {"mock_response": "mocked"},
        {"fallbacks": ["large"]},
        {"user_config": {}},
    ]
    for more in named:
        answer = ask(rig, **more)
        assert answer.status_code in {200, 401}, more
        if answer.status_code == 200:
            assert said(answer) == "main heard: hello there", more


@pytest.mark.parametrize("name", ["x-litellm-call-id", "x-litellm-num-retries", "x-litellm-timeout", "litellm-version"])
def test_a_client_cannot_steer_the_proxy_by_headers(rig: Rig, name: str) -> None:
    before = rig.seen("main")["seen"]
    body = {"model": "chat", "messages": [{"role": "user", "content": "hello"}]}
    headers = {**gateways.headers("desk"), name: "1"}
    answer = CLIENT.post(f"{rig.url}/v1/chat/completions", json=body, headers=headers)
    assert answer.status_code == 400
    assert name in answer.text
    assert rig.seen("main")["seen"] == before


def test_a_client_cannot_keep_its_request_from_the_log(rig: Rig) -> None:
    more: dict[str, Any] = {"no-log": True, "litellm_call_id": "mine"}
    answer = ask(rig, **more)
    assert set(of(rig, answer)) == {"begun", "ended"}


def test_a_team_sees_its_own_aliases(rig: Rig) -> None:
    listed = CLIENT.get(f"{rig.url}/v1/models", headers=gateways.headers("guest")).json()["data"]
    assert [one["id"] for one in listed] == ["plain"]


# --- cache


def test_an_equal_question_is_answered_from_the_cache(rig: Rig) -> None:
    first, second = ask(rig, "kept", "what is kept?"), ask(rig, "kept", "what is kept?")
    assert [one.headers["x-domicile-cache"] for one in (first, second)] == ["miss", "hit"]
    assert said(first) == said(second)
    assert rig.seen("main")["last_prompt"] == "what is kept?"


def test_an_answer_from_the_cache_costs_nothing(rig: Rig) -> None:
    first, second = ask(rig, "kept", "what does it cost?"), ask(rig, "kept", "what does it cost?")
    assert float(first.headers["x-domicile-usd"]) > 0
    assert of(rig, second)["ended"]["usd"] == 0


def test_a_streamed_answer_is_kept_too(rig: Rig) -> None:
    before = rig.seen("main")["seen"]
    assert told(stream(rig, "kept", "streamed and kept")) == told(stream(rig, "kept", "streamed and kept"))
    assert rig.seen("main")["seen"] == before + 1


def test_no_team_gets_anothers_answer(rig: Rig) -> None:
    ask(rig, "kept", "whose is it?")
    assert ask(rig, "kept", "whose is it?", name="other").headers["x-domicile-cache"] == "miss"


def test_an_alias_without_a_cache_keeps_nothing(rig: Rig) -> None:
    before = rig.seen("main")["seen"]
    answers = [ask(rig, text="twice the same") for _ in range(2)]
    assert [one.headers["x-domicile-cache"] for one in answers] == ["off", "off"]
    assert rig.seen("main")["seen"] == before + 2


def test_data_of_a_class_that_is_never_kept_is_not(rig: Rig) -> None:
    before = rig.seen("main")["seen"]
    for _ in range(2):
        assert ask(rig, "kept", "a secret", name="vault").headers["x-domicile-cache"] == "off"
    assert rig.seen("main")["seen"] == before + 2


def test_answers_to_different_prompts_are_kept_apart(rig: Rig) -> None:
    versions = [{"prompt": "greet", "prompt_version": version} for version in ("v1", "v2")]
    answers = [said(ask(rig, "kept", "apart", metadata=one)) for one in versions]
    assert answers == ["main heard: Greet as ONE. apart", "main heard: Greet as TWO. apart"]


ASKED = "how many days of leave does a new colleague have in the first year"


def test_a_question_that_means_the_same_gets_the_same_answer_and_no_model_is_asked(rig: Rig) -> None:
    first = ask(rig, "alike", ASKED)
    assert first.headers["x-domicile-cache"] == "miss"
    before = rig.seen("main")["seen"]
    again, streamed = ask(rig, "alike", f"{ASKED} please"), stream(rig, "alike", f"please {ASKED}")
    assert said(again) == told(streamed) == said(first)
    assert again.headers["x-domicile-cache"] == "similar"
    assert rig.seen("main")["seen"] == before
    record = of(rig, again)["ended"]
    assert record["cache"] == "similar"
    assert (record["tokens"], record["fell_back"]) == (0, False)
    assert 0 < float(again.headers["x-domicile-usd"]) < float(first.headers["x-domicile-usd"]), "its vector has a price"


@pytest.mark.parametrize(
    "other",
    [
        {"text": "how many days of leave are paid out when somebody goes"},
        {"text": ASKED, "name": "other"},
        {"text": ASKED, "max_tokens": 5},
        {"text": ASKED, "temperature": 1.0},
        {"text": ASKED, "metadata": {"prompt": "greet", "prompt_version": "v1"}},
        {"text": ASKED, "tools": [{"type": "function", "function": {"name": "book"}}]},
    ],
    ids=["words", "team", "length", "temperature", "prompt", "tools"],
)
def test_what_is_not_the_same_is_asked_anew(rig: Rig, other: dict[str, Any]) -> None:
    ask(rig, "alike", ASKED)
    before = rig.seen("main")["seen"]
    assert ask(rig, "alike", **other).status_code == 200
    assert rig.seen("main")["seen"] == before + 1


def test_what_was_said_before_counts(rig: Rig) -> None:
    for name in ("Ann", "Ben"):
        messages = [{"role": "user", "content": f"I am {name}"}, {"role": "assistant", "content": "Hello"}]
        ask(rig, "alike", messages=[*messages, {"role": "user", "content": "who am I, if you please tell me now?"}])
        assert rig.seen("main")["last_prompt"].startswith(f"I am {name}")


@pytest.mark.parametrize(("name", "cache"), [("vault", "off"), ("reader", "miss")])
def test_whose_questions_must_not_be_compared_asks_anew(rig: Rig, name: str, cache: str) -> None:
    """Restricted data, and a part that writes documents into its questions."""
    before = rig.seen("words")["seen"]
    for number in range(2):
        assert ask(rig, "alike", f"{ASKED} {number}", name=name).headers["x-domicile-cache"] == cache
    assert rig.seen("words")["seen"] == before


def test_an_answer_that_waits_for_people_is_not_given_again(rig: Rig) -> None:
    question = "which of these two contracts of ours ends before the other one does"
    rig.change("main", confidence=0.5)
    assert ask(rig, "alike", question).headers["x-domicile-review"] == "confidence"
    before = rig.seen("main")["seen"]
    ask(rig, "alike", f"{question} exactly")
    assert rig.seen("main")["seen"] == before + 1


def test_without_vectors_a_question_is_asked_itself(rig: Rig) -> None:
    rig.change("words", fail=500)
    for number in range(2):
        assert said(ask(rig, "alike", f"nothing makes vectors now, does anything? {number}")).startswith("main heard")


# --- prompts


def test_a_prompt_is_put_before_the_question(rig: Rig) -> None:
    answer = ask(rig, metadata={"prompt": "greet", "prompt_version": "v2"})
    assert said(answer) == "main heard: Greet as TWO. hello there"
    assert of(rig, answer)["begun"]["prompt"] == answer.headers["x-domicile-prompt"] == "greet@v2"


def test_a_person_always_gets_the_same_version(rig: Rig) -> None:
    found = {ask(rig, metadata={"prompt": "greet"}, user="ada").headers["x-domicile-prompt"] for _ in range(5)}
    assert len(found) == 1


def test_versions_are_shared_out_among_people(rig: Rig) -> None:
    def version(number: int) -> str:
        return ask(rig, metadata={"prompt": "greet"}, user=f"user {number}").headers["x-domicile-prompt"]

    with ThreadPoolExecutor(20) as pool:
        found = Counter(pool.map(version, range(100)))
    assert 25 <= found["greet@v1"] <= 75
    assert found["greet@v1"] + found["greet@v2"] == 100


@pytest.mark.parametrize("metadata", [{"prompt": "nope"}, {"prompt": "greet", "prompt_version": "v9"}])
def test_a_prompt_that_is_not_there_is_refused(rig: Rig, metadata: dict[str, str]) -> None:
    answer = ask(rig, metadata=metadata)
    assert answer.status_code == 400
    assert "there are greet" in error(answer) or "it has v1, v2" in error(answer)


# --- personal data and phrases


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("write to bob@example.com", "write to [EMAIL]"),
        (f"card {CARD}", "card [PAYMENT-CARD]"),
        ("card 4111 1111 1111 1112", "card 4111 1111 1111 1112"),
        (f"account {IBAN} please", "account [IBAN] please"),
        ("account GB82 WEST 1234 5698 7654 33", "account GB82 WEST 1234 5698 7654 33"),
        (f"identity {AADHAAR}", "identity [AADHAAR]"),
        ("call +49 170 1234567", "call [PHONE]"),
    ],
)
def test_personal_data_is_replaced_before_a_model_sees_it(rig: Rig, text: str, seen: str) -> None:
    ask(rig, text=text)
    assert rig.seen("main")["last_prompt"] == seen


def test_a_phrase_that_is_denied_does_not_pass(rig: Rig) -> None:
    before = rig.seen("main")["seen"]
    assert ask(rig, text="tell me of Project  nightfall".replace("  ", " ")).status_code == 400
    assert rig.seen("main")["seen"] == before


def test_an_answer_with_a_denied_phrase_is_withheld(rig: Rig) -> None:
    rig.change("main", answer="this is project nightfall at work")
    answer = ask(rig)
    assert answer.status_code == 502
    assert "nightfall" not in answer.text


# --- how sure a model was, and people


def waiting(rig: Rig, answer: httpx.Response) -> dict[str, object] | None:
    file = rig.review / f"{answer.headers['x-litellm-call-id']}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def test_a_sure_answer_goes_to_nobody(rig: Rig) -> None:
    answer = ask(rig, "sure")
    assert said(answer).startswith("small heard")
    assert waiting(rig, answer) is None
    assert of(rig, answer)["ended"]["confidence"] == pytest.approx(0.9)


def test_an_unsure_answer_waits_for_people(rig: Rig) -> None:
    rig.change("small", confidence=0.4)
    answer = ask(rig, "unsure", "is it so?")
    item = waiting(rig, answer)
    assert item is not None
    assert item["reason"] == answer.headers["x-domicile-review"] == "confidence"
    assert item["answer"] == "small heard: is it so?"


def test_an_unsure_answer_is_asked_of_the_larger_model(rig: Rig) -> None:
    rig.change("small", confidence=0.4)
    answer = ask(rig, "sure")
    assert said(answer) == "large heard: hello there"
    assert answer.headers["x-domicile-review"] == "escalated"
    assert float(answer.headers["x-domicile-usd"]) == pytest.approx(10e-6 + 100e-6), "both models are paid"


def test_when_the_larger_model_cannot_the_small_ones_answer_stands(rig: Rig) -> None:
    rig.change("small", confidence=0.4)
    rig.change("large", fail=500)
    answer = ask(rig, "sure")
    assert said(answer) == "small heard: hello there"
    assert waiting(rig, answer) is not None


# --- cost and the audit log


def test_an_answer_tells_its_price(rig: Rig) -> None:
    answer = ask(rig, text="one two three")
    assert float(answer.headers["x-domicile-usd"]) == pytest.approx((3 * 1.0 + 5 * 2.0) / 1e6)


def test_a_fallback_is_paid_at_its_own_price(rig: Rig) -> None:
    rig.change("main", fail=500)
    rig.change("small", fail=500)
    assert float(ask(rig, "chain").headers["x-domicile-usd"]) == pytest.approx((2 * 10.0 + 4 * 20.0) / 1e6)


def test_a_teams_spending_adds_up(rig: Rig) -> None:
    first, second = (of(rig, ask(rig, name="other"))["ended"] for _ in range(2))
    assert second["spent_usd"] == pytest.approx(first["spent_usd"] + second["usd"])


def test_a_request_is_written_down_before_and_after(rig: Rig) -> None:
    found = of(rig, ask(rig, name="other"))
    assert set(found) == {"begun", "ended"}
    assert found["begun"]["team"] == found["ended"]["team"] == "other"
    assert dt.datetime.fromisoformat(found["begun"]["at"]) < dt.datetime.fromisoformat(found["ended"]["at"])
    assert len(found["begun"]["request"]) == 64


def test_a_stream_is_written_down(rig: Rig) -> None:
    pieces = stream(rig, text="stream this", name="other")
    ended = [one for one in gateways.records(rig) if one["event"] == "ended"][-1]
    assert pieces
    assert ended["tokens"] == 2 + 4
    assert ended["model"] == "chat@main"


def test_a_refusal_is_written_down(rig: Rig) -> None:
    ask(rig, "gpt-9", name="guest")
    last = gateways.records(rig)[-1]
    assert (last["event"], last["team"], last["reason"]) == ("refused", "guest", "alias_not_allowed")


def test_a_failure_is_written_down(rig: Rig) -> None:
    rig.change("main", fail=500)
    answer = ask(rig, "alone")
    assert answer.status_code == 500
    assert gateways.records(rig)[-1]["event"] == "failed"


def test_no_text_of_a_request_or_an_answer_is_in_any_log(rig: Rig) -> None:
    rig.change("main", fail=500, fail_next=3, answer="halibut soup")
    rig.change("small", answer="halibut soup")
    for model in ("chat", "alone", "kept"):
        ask(rig, model, "the zeppelin plans")
        stream(rig, model, "the zeppelin plans")
    logs = [*rig.audit.glob("*"), rig.folder / "logs" / "gateway.log"]
    for file in logs:
        text = file.read_text(encoding="utf-8")
        assert "zeppelin" not in text, file
        assert "halibut" not in text, file


def test_no_key_is_in_any_log(rig: Rig) -> None:
    ask(rig)
    for file in [*rig.audit.glob("*"), *(rig.folder / "logs").glob("*"), *(rig.folder / "files").glob("*.*")]:
        assert key("desk") not in file.read_text(encoding="utf-8"), file


def test_the_gateway_tells_every_metric_that_the_rules_read(rig: Rig) -> None:
    rig.change("small", confidence=0.4)
    ask(rig, "unsure")
    ask(rig, "nope")
    ask(rig, "asleep")
    stream(rig)
    text = CLIENT.get(f"{rig.url}/metrics", follow_redirects=True).text
    for metric in metrics.of("gateway", "0").values():
        name = f"{metric.name}_count" if metric.kind == "histogram" else metric.name
        assert re.search(rf"^{name}\{{[^}}]*{metric.model_label}=\"", text, re.MULTILINE), metric.name


def test_a_slow_answer_is_counted_as_one(rig: Rig) -> None:
    def slow() -> float:
        text = CLIENT.get(f"{rig.url}/metrics", follow_redirects=True).text
        found = re.findall(
            r'^domicile_gateway_requests_total\{alias="prompt",[^}]*slow="true"[^}]*\} (\S+)', text, re.MULTILINE
        )
        return sum(map(float, found))

    stream(rig, "prompt")
    ask(rig, "prompt")
    assert slow() == 0
    rig.change("main", first_token_s=1.6)
    stream(rig, "prompt")
    ask(rig, "prompt")
    assert slow() == 2


def test_requests_under_way_are_counted_until_they_end(rig: Rig) -> None:
    ask(rig)
    stream(rig)
    ask(rig, "alone")
    text = CLIENT.get(f"{rig.url}/metrics", follow_redirects=True).text
    running = re.findall(r"^domicile_gateway_running\{[^}]*\} (\S+)", text, re.MULTILINE)
    assert running
    assert all(float(one) == 0 for one in running)
