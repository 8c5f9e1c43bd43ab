"""A gateway that writes everything down, looks at every answer, and takes an identity provider's tokens."""

import datetime as dt
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gateways
import pytest
from gateways import ask, of, stream
from joserfc import jwt
from joserfc.jwk import RSAKey

from cli.gateway.rig import ENVIRONMENT, Rig
from serving.gateway.spec import Issuer

pytestmark = pytest.mark.skipif(
    not (ENVIRONMENT / "litellm").exists(), reason="the gateway's proxy is not installed: make gateway"
)
ISSUER = "https://id.example.com"
SIGNING, OTHER = (RSAKey.generate_key(2048, {"kid": "one"}, private=True) for _ in range(2))


class Provider(http.server.BaseHTTPRequestHandler):
    """An identity provider's signing keys."""

    def do_GET(self) -> None:
        body = json.dumps({"keys": [SIGNING.as_dict(private=False)]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it so
        del format, args


def token(key: RSAKey = SIGNING, **changes: Any) -> str:
    ends = int(dt.datetime.now(dt.UTC).timestamp()) + 600
    claims = {"iss": ISSUER, "aud": "gateway", "exp": ends, "group": "staff", **changes}
    said = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "one"}, said, key)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    issuer = Issuer(
        issuer=ISSUER,
        audience="gateway",
        keys=f"http://127.0.0.1:{server.server_port}/keys",
        claim="group",
        teams=(("staff", "desk"),),
    )
    spec = replace(
        gateways.SPEC,
        failures=2,
        cooldown_s=600,
        retries=0,
        audit_texts=True,
        review_percent=100,
        issuers=(issuer,),
    )
    with gateways.running(tmp_path_factory.mktemp("strict"), spec) as running:
        gateways.calm(running)
        yield running
    server.shutdown()
    server.server_close()


def asked_with(rig: Rig, bearer: str) -> int:
    body = {"model": "chat", "messages": [{"role": "user", "content": "hello"}]}
    headers = {"Authorization": f"Bearer {bearer}"}
    return gateways.CLIENT.post(f"{rig.url}/v1/chat/completions", json=body, headers=headers).status_code


def test_a_token_of_the_identity_provider_is_its_teams_key(strict: Rig) -> None:
    assert asked_with(strict, token()) == 200
    assert [one["team"] for one in gateways.records(strict)][-1] == "desk"
    assert asked_with(strict, token(group=["visitors", "staff"])) == 200, "of several groups one is a team"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"iss": "https://elsewhere.example.com"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"group": "visitors"},
        {"group": ["visitors"]},
        {"group": None},
    ],
    ids=lambda changes: next(iter(changes)) + str(next(iter(changes.values()))),
)
def test_a_token_that_proves_nothing_is_refused(strict: Rig, changes: dict[str, Any]) -> None:
    assert asked_with(strict, token(**changes)) == 401


def test_a_token_signed_by_somebody_else_is_refused(strict: Rig) -> None:
    assert asked_with(strict, token(OTHER)) == 401
    head, body, _ = token().split(".")
    assert asked_with(strict, f"{head}.{body}.") == 401


def test_texts_are_written_down_where_that_is_allowed(strict: Rig) -> None:
    answer = ask(strict, text="the zeppelin plans")
    found = of(strict, answer)
    assert found["begun"]["messages"][0]["content"] == "the zeppelin plans"
    assert found["ended"]["answer"] == "main heard: the zeppelin plans"
    assert stream(strict, text="and streamed")


def test_every_answer_is_looked_at_where_all_are_asked_for(strict: Rig) -> None:
    found = of(strict, ask(strict, text="look at this"))
    assert found["ended"]["review"] == "sample"
    item = json.loads((strict.review / f"{found['begun']['id']}.json").read_text(encoding="utf-8"))
    assert (item["reason"], item["answer"]) == ("sample", "main heard: look at this")


def test_a_back_end_that_keeps_failing_is_left_alone(strict: Rig) -> None:
    strict.change("second", fail=500)
    for _ in range(40):
        ask(strict, "split")
    asked = strict.seen("second")["seen"]
    answers = [ask(strict, "split") for _ in range(40)]
    assert {one.status_code for one in answers} == {200}
    assert strict.seen("second")["seen"] == asked


def test_when_nothing_can_be_written_down_nothing_is_sent(strict: Rig, tmp_path: Path) -> None:
    second = Rig(tmp_path, strict.spec, strict.engines, strict.keys)
    second.audit.write_text("a file where the log's folder should be", encoding="utf-8")
    second.join(strict)
    before = strict.seen("main")["seen"]
    try:
        answer = ask(second)
    finally:
        second.stop()
    assert answer.status_code == 503
    assert "the audit log cannot be written" in answer.text
    assert strict.seen("main")["seen"] == before
