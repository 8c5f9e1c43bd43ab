"""What the gateway's hooks decide, without a gateway."""

import ast
import json
import random
import string
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gateways
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import outside
from serving.gateway.files import files
from serving.gateway.hooks import domicile_audit, domicile_policy, domicile_redaction
from serving.gateway.policy import policy
from serving.gateway.spec import GatewaySpec

POLICY = policy(gateways.SPEC, {})


def with_check(digits: str) -> str:
    """A payment card's number with its check digit."""
    return next(digits + str(last) for last in range(10) if domicile_redaction.luhn(digits + str(last)))


@given(st.text("0123456789", min_size=12, max_size=18))
def test_a_card_is_found_and_with_one_digit_changed_it_is_not(digits: str) -> None:
    card = with_check(digits)
    assert domicile_redaction.redacted(f"pay {card} now", ["payment-card"]) == "pay [PAYMENT-CARD] now"
    changed = card[:-1] + str((int(card[-1]) + 1) % 10)
    assert domicile_redaction.redacted(changed, ["payment-card"]) == changed


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("email", "a.b+c@sub.example.co.in!", "[EMAIL]!"),
        ("email", "not@an address", "not@an address"),
        ("iban", "GB82WEST12345698765432", "[IBAN]"),
        ("aadhaar", "234123412346", "[AADHAAR]"),
        ("aadhaar", "234123412345", "234123412345"),
        ("pan", "ABCPE1234F", "[PAN]"),
        ("pan", "ABCDE1234F", "ABCDE1234F"),
        ("us-ssn", "123-45-6789", "[US-SSN]"),
        ("us-ssn", "666-45-6789", "666-45-6789"),
        ("phone", "+91 98765 43210", "[PHONE]"),
        ("phone", "on 2026-11-23 12:30", "on 2026-11-23 12:30"),
        ("ip-address", "from 10.0.0.255.", "from [IP-ADDRESS]."),
        ("ip-address", "version 1.2.3.400", "version 1.2.3.400"),
    ],
)
def test_kinds_of_personal_data(kind: str, text: str, expected: str) -> None:
    assert domicile_redaction.redacted(text, [kind]) == expected


@given(
    st.recursive(
        st.text(max_size=20) | st.none() | st.integers(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)
    )
)
def test_what_has_no_personal_data_is_left_as_it_is_wherever_it_stands(value: Any) -> None:
    kept = domicile_redaction.redacted(value, ["email"])
    assert kept == value or "@" in json.dumps(value)


@given(
    st.text(string.ascii_letters + " ", max_size=400), st.sampled_from(["desk", "other", "swapped", "vault", "guest"])
)
def test_a_decision_is_always_an_alias_or_a_reason(text: str, team: str) -> None:
    for name in [*POLICY["aliases"], "nothing"]:
        request = {"model": name, "messages": [{"role": "user", "content": text}]}
        try:
            decision = domicile_policy.decide(POLICY, team, request)
        except domicile_policy.RefusedError:
            continue
        assert decision.alias in POLICY["aliases"]
        assert POLICY["teams"][team]["data_class"] in POLICY["aliases"][decision.alias]["data_classes"]


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 100), min_size=1), st.text(max_size=10))
def test_a_version_is_the_same_for_the_same_person(weights: dict[str, int], who: str) -> None:
    versions = {name: {"weight": weight} for name, weight in weights.items()}
    assert domicile_policy.pick(versions, who) == domicile_policy.pick(versions, who)
    assert domicile_policy.pick(versions, who) in versions


def test_versions_get_their_shares() -> None:
    versions = {"a": {"weight": 90}, "b": {"weight": 10}, "c": {"weight": 0}}
    found = [domicile_policy.pick(versions, f"user {number}") for number in range(5000)]
    assert 400 <= found.count("b") <= 600
    assert "c" not in found


@given(st.text(max_size=200))
def test_a_prompt_never_has_more_tokens_than_are_held_for_it(text: str) -> None:
    messages = [{"role": "user", "content": text}]
    assert domicile_policy.most_tokens(messages) >= len(text.encode()) + 8
    assert domicile_policy.size(messages) <= domicile_policy.most_tokens(messages)


def test_how_sure_a_model_was() -> None:
    tokens = [{"logprob": -0.1}, {"logprob": -0.3}]
    choice = SimpleNamespace(logprobs={"content": tokens})
    assert domicile_policy.confidence([choice]) == pytest.approx(0.8187, abs=1e-3)
    assert domicile_policy.confidence([SimpleNamespace(logprobs=None)]) is None


def test_a_model_whose_price_is_not_known_is_the_dearest() -> None:
    assert domicile_policy.price(POLICY, "chat@main", 10, 10) == 30
    assert domicile_policy.price(POLICY, "nobody", 10, 10) == 300


@given(st.lists(st.text(max_size=20), max_size=12))
def test_a_log_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    log = domicile_audit.Log(tmp_path_factory.mktemp("log"), "x")
    for number, text in enumerate(texts):
        log.write({"event": "begun" if number % 2 == 0 else "ended", "id": str(number // 2), "text": text})
    found = domicile_audit.records(log.file)
    assert [one["text"] for one in found] == texts
    assert domicile_audit.unfinished(found) == ({str(len(texts) // 2)} if len(texts) % 2 else set())


def test_any_changed_byte_of_a_log_is_found_out(tmp_path: Path) -> None:
    log = domicile_audit.Log(tmp_path, "x")
    for number in range(5):
        log.write({"event": "begun", "id": str(number)})
    data = log.file.read_bytes()
    chance = random.Random(7)  # noqa: S311 the same places every time
    copy = tmp_path / "copy"
    for _ in range(200):
        place = chance.randrange(len(data) - 1)
        changed = bytes([data[place] ^ 1])
        copy.write_bytes(data[:place] + changed + data[place + 1 :])
        with pytest.raises((ValueError, KeyError)):
            domicile_audit.records(copy)


def test_a_line_cut_off_by_a_crash_is_no_change(tmp_path: Path) -> None:
    log = domicile_audit.Log(tmp_path, "x")
    log.write({"event": "begun", "id": "1"})
    log.write({"event": "ended", "id": "1"})
    log.file.write_bytes(log.file.read_bytes()[:-20])
    assert [one["event"] for one in domicile_audit.records(log.file)] == ["begun"]


def test_the_files_of_a_gateway_hold_no_key_and_are_the_same_for_the_same_spec() -> None:
    endpoints = {name: f"http://{name}:8000/v1" for name in gateways.ENGINES}
    first, second = files(gateways.SPEC, endpoints), files(gateways.SPEC, endpoints)
    assert first == second
    assert set(first) >= {"config.yaml", "policy.json", "domicile_gateway.py", "domicile_ledger.py"}
    assert sum(map(len, first.values())) < 900_000, "a ConfigMap holds a mebibyte"


def test_the_lease_outlives_the_longest_request() -> None:
    longest = gateways.SPEC.longest_s
    assert longest == 2 * (1 + gateways.SPEC.retries) * 3
    assert policy(gateways.SPEC, {})["limits"]["lease_s"] > longest
    assert isinstance(gateways.SPEC, GatewaySpec)


@pytest.mark.parametrize(
    ("first_s", "whole_s", "woke_s", "slow"),
    [
        (0.4, 0.7, 0.0, False),
        (40.0, 40.3, 0.0, True),
        (40.4, 40.7, 40.0, False),
        (40.6, 40.9, 40.0, True),
        (40.4, 41.0, 40.0, True),
        (None, 40.9, 40.0, False),
        (None, 41.1, 40.0, True),
    ],
)
def test_what_a_request_waited_for_its_model_to_wake_up_is_not_held_against_it(
    first_s: float | None, whole_s: float, woke_s: float, *, slow: bool
) -> None:
    objective = {"first_token_s": 0.5, "per_token_s": 0.1}
    assert domicile_policy.slow(objective, first_s, whole_s, 5, woke_s) == slow


def test_the_page_of_promises_lists_the_tests_that_prove_them() -> None:
    folder = Path(__file__).parent
    names = [
        node.name.removeprefix("test_").replace("_", " ")
        for file in (
            "gateway",
            "gateway_limits",
            "router",
            *(f"gateway_{one}" for one in ("strict", "rollout", "sleep", "traces", "envoy")),
        )
        for node in ast.parse((folder / f"test_{file}.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    page = (folder.parents[1] / "docs" / "gateway.md").read_text(encoding="utf-8")
    listed = [line.removeprefix("- ") for line in page.splitlines() if line.startswith("- ")]
    assert listed == [name[0].upper() + name[1:] for name in names]
    assert len(listed) >= 60


@pytest.mark.parametrize(
    ("endpoint", "inside", "port"),
    [
        ("http://collector.monitoring.svc:4318", True, 4318),
        ("http://collector.monitoring.svc.cluster.local", True, 80),
        ("https://otel.example.com", False, 443),
        ("https://collector.svc:4318", False, 4318),
    ],
)
def test_the_way_out_is_as_narrow_as_it_can_be(endpoint: str, *, inside: bool, port: int) -> None:
    found = outside.way(endpoint)
    assert found["ports"] == [{"port": port, "protocol": "TCP"}]
    named = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    assert found.get("to") == (named if inside else None)


def test_who_tries_other_answers_is_nobody_elses_sample() -> None:
    policy = {**POLICY, "candidate": {**POLICY, "version": "canary"}}
    calls = [f"call-{number}" for number in range(4000)]
    for share in (0, 5, 50, 100):
        shares = {domicile_policy.ANSWERS: share}
        found = [
            call
            for call in calls
            if domicile_policy.version(policy, "desk", {"litellm_call_id": call}, shares)["version"] == "canary"
        ]
        assert abs(len(found) - share * 40) <= 150
        looked_at = sum(domicile_policy.sampled(call, 5) for call in found)
        assert looked_at <= 0.12 * len(found), "one in twenty, as of all"
