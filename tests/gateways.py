"""The gateway that the conformance tests run: aliases, teams and engines for every promise."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from cli.gateway.rig import Rig, StandIn
from cli.gateway.serve import RIGS
from components.ownership import Ownership
from serving.gateway.hooks import domicile_audit
from serving.gateway.spec import Alias, Backend, GatewaySpec, Prompt, Rule, Sleep, Team

OWNER = Ownership(workload="desk", owner="desk", cost_centre="1", data_class="internal", jurisdictions=("DE",))
ENGINES = ("main", "second", "small", "large", "words")
EVERYTHING = (
    "chat",
    "split",
    "kept",
    "alike",
    "sure",
    "unsure",
    "long",
    "chain",
    "dead",
    "plain",
    "words",
    "closed",
    "alone",
    "prompt",
    "asleep",
    "tuned",
)
#: the most tokens that the question "hello there" may have: the bytes of its text and role, and a message's few
MOST = len("user hello there") + 8
BEHAVIOUR = {
    "fail": 0,
    "fail_next": -1,
    "frozen": False,
    "first_token_s": 0.005,
    "per_token_s": 0.0005,
    "slots": 256,
    "abort_after": 0,
    "confidence": 0.9,
    "answer": "",
}
#: one for all: a client of its own for each request spends its time on reading certificates
CLIENT = httpx.Client(timeout=60, limits=httpx.Limits(max_connections=None, max_keepalive_connections=0))


def backend(name: str, **changes: Any) -> Backend:
    """A server of the workload."""
    base = Backend(name=name, country="DE", timeout_s=2, parallel=500, usd_input=1.0, usd_output=2.0)
    return replace(base, **changes)


def alias(name: str, *backends: Backend, **options: Any) -> Alias:
    """An alias for answers."""
    return Alias(name=name, task="generate", backends=backends, answer_tokens=64, **options)


def team(name: str, **limits: Any) -> Team:
    """A team that may use everything."""
    return Team(name=name, aliases=EVERYTHING, data_class=limits.pop("data_class", "internal"), **limits)


SPEC = GatewaySpec(
    ownership=OWNER,
    image="",
    counters_image="",
    replicas=1,
    retries=1,
    retry_percent=100,
    failures=1000,
    cooldown_s=1,
    window_s=86_400,
    aliases=(
        alias("chat", backend("main"), fallbacks=("plain",)),
        alias("plain", backend("small")),
        alias("alone", backend("main")),
        alias("tuned", backend("main", model="tickets-3"), fallbacks=("plain",)),
        alias("prompt", backend("main"), first_token_s=0.5, per_token_s=0.2),
        alias("split", backend("main", weight=80), backend("second", weight=20), backend("large", weight=0)),
        alias("kept", backend("main"), cache_s=600),
        alias("alike", backend("main"), cache_s=600, similar=0.9, embedder="words", confidence=0.8),
        alias("sure", backend("small"), confidence=0.8, escalate="large"),
        alias("unsure", backend("small"), confidence=0.8),
        alias("large", backend("large", usd_input=10.0, usd_output=20.0)),
        alias(
            "long",
            backend("small"),
            rules=(Rule(use="large", prompt_tokens_over=100), Rule(use="plain", teams=("swapped",))),
        ),
        alias("chain", backend("main"), fallbacks=("plain", "large")),
        alias("dead", backend("nowhere", address="http://127.0.0.1:9/v1"), fallbacks=("plain",)),
        alias("closed", backend("main"), data_classes=("public",)),
        alias("asleep", backend("nowhere", address="http://127.0.0.1:9/v1"), sleep=Sleep(after_s=600, within_s=1)),
        Alias(name="words", task="embed", backends=(backend("words"),)),
    ),
    teams=(
        team("desk"),
        team("other"),
        team("swapped"),
        team("vault", data_class="restricted"),
        team("few", requests=50),
        team("little", tokens=400),
        team("reader", similar=False),
        team("narrow", parallel=5),
        team("shared", requests=40),
        team("poor", monthly_usd=0.001),
        team("past", expires="2026-01-31"),
        team("trial", expires="2999-12-31"),
        Team(name="guest", aliases=("plain",), data_class="public"),
    ),
    prompts=(
        Prompt(name="greet", version="v1", text="Greet as ONE.", weight=50),
        Prompt(name="greet", version="v2", text="Greet as TWO.", weight=50),
    ),
    redact=("email", "iban", "payment-card", "aadhaar", "phone"),
    deny=("project nightfall",),
)
#: the same for Envoy, as far as it can
NAMES_OF_ENVOY = ("tuned", "chat", "plain", "split", "chain", "ruled", "public", "dead", "words")
ENVOY = replace(
    SPEC,
    engine="envoy",
    image="docker.io/envoyproxy/envoy:distroless-v1.38.3",
    gateway_class="envoy",
    aliases=(
        alias("chat", backend("main"), fallbacks=("plain",)),
        alias("plain", backend("small", usd_input=10.0, usd_output=20.0)),
        alias("split", backend("main", weight=80), backend("second", weight=20), backend("large", weight=0)),
        alias("chain", backend("main"), fallbacks=("plain", "large")),
        alias("large", backend("large")),
        alias("tuned", backend("main", model="tickets-3"), fallbacks=("plain",)),
        alias("ruled", backend("main"), rules=(Rule(use="large", teams=("swapped",)),)),
        alias("public", backend("main"), data_classes=("public",)),
        alias("dead", backend("nowhere", address="http://localhost:9/v1"), fallbacks=("plain",)),
        Alias(name="words", task="embed", backends=(backend("words"),)),
    ),
    teams=(
        Team(name="desk", aliases=NAMES_OF_ENVOY, data_class="internal", requests=50, tokens=4000, monthly_usd=12.5),
        Team(name="swapped", aliases=NAMES_OF_ENVOY, data_class="internal"),
        Team(name="guest", aliases=("plain",), data_class="public"),
    ),
    prompts=(),
    redact=(),
    deny=(),
)


def key(name: str) -> str:
    """A team's key."""
    return f"sk-test-{name}"


@contextmanager
def running(folder: Path, spec: GatewaySpec = SPEC, engines: tuple[str, ...] = ENGINES) -> Generator[Rig]:
    """A running gateway, of the engine that the spec names."""
    rig = RIGS[spec.engine](
        folder, spec, tuple(StandIn(name) for name in engines), {one.name: key(one.name) for one in spec.teams}
    )
    try:
        rig.start()
        yield rig
    finally:
        rig.stop()


def calm(rig: Rig) -> None:
    """All engines behave again."""
    for engine in rig.engines:
        rig.change(engine.name, **BEHAVIOUR)


def headers(name: str) -> dict[str, str]:
    """A team's headers."""
    return {"Authorization": f"Bearer {key(name)}"}


def ask(rig: Rig, model: str = "chat", text: str = "hello there", name: str = "desk", **more: Any) -> httpx.Response:
    """One question."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    return CLIENT.post(f"{rig.url}/v1/chat/completions", json=body, headers=headers(name))


def stream(
    rig: Rig, model: str = "chat", text: str = "hello there", name: str = "desk", **more: Any
) -> list[dict[str, Any]]:
    """The pieces of a streamed answer."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True, **more}
    with CLIENT.stream("POST", f"{rig.url}/v1/chat/completions", json=body, headers=headers(name)) as response:
        lines = [line for line in response.iter_lines() if line.startswith("data: {")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def said(response: httpx.Response) -> str:
    """What an answer says."""
    return str(response.json()["choices"][0]["message"]["content"])


def told(pieces: list[dict[str, Any]]) -> str:
    """What a streamed answer says."""
    return "".join(choice["delta"].get("content") or "" for piece in pieces for choice in piece.get("choices", []))


def records(rig: Rig) -> list[dict[str, Any]]:
    """The audit log's records, checked."""
    return [one for file in sorted(rig.audit.glob("*.jsonl")) for one in domicile_audit.records(file)]


def of(rig: Rig, response: httpx.Response) -> dict[str, dict[str, Any]]:
    """The records of one request by their event."""
    number = response.headers["x-litellm-call-id"]
    return {one["event"]: one for one in records(rig) if one["id"] == number}
