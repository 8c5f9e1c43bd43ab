"""`domicile ask`: one question through a stack's real gateway, and what became of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from rich.markup import escape

from blueprints import load
from cli.gateway import serve
from cli.gateway.envoy import LOG
from cli.gateway.rig import RigError
from cli.gateway.serve import Running
from cli.output import as_json as print_json
from cli.output import console
from cli.subject import blueprint_of
from serving.gateway.hooks import domicile_audit
from serving.gateway.spec import GatewaySpec


def run(stack: str, question: str, folder: Path, team: str | None, alias: str | None, *, as_json: bool) -> int:
    """Ask; 3 when the gateway refused or could not be reached. Without an alias, the first that answers is asked.

    Raises:
        RigError: the gateway does not start, or does not answer.
        ProjectError: there is no such stack or team.
    """
    out = console()
    blueprint = blueprint_of(stack, folder)
    plan = load.serving(blueprint)[1]
    asked = alias or next(one.name for one in plan.gateway.aliases if one.task == "generate")
    gateway = serve.ensure(stack, blueprint, lambda text: None if as_json else out.print(f"[dim]{text}[/]"))
    who = gateway.asker(stack, team)
    body = {"model": asked, "messages": [{"role": "user", "content": question}]}
    headers = {"Authorization": f"Bearer {gateway.keys[who]}"}
    try:
        answer = httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=300)
    except httpx.TransportError as error:
        message = f"the gateway at {gateway.url} does not answer ({error}); `domicile gateway down {stack}` ends it"
        raise RigError(message) from None
    told = _told(gateway, answer, who, asked)
    if plan.gateway.engine == "envoy":
        told |= _of_envoy(plan.gateway, answer, asked)
    if as_json:
        print_json(told)
        return 0 if answer.is_success else 3
    out.print(escape(told["answer"]) if answer.is_success else f"refused ({answer.status_code}): {told['answer']}")
    out.print()
    for label, text in _lines(told):
        out.print(f"[dim]{label:<8}[/]{escape(text)}")
    return 0 if answer.is_success else 3


def down(stack: str) -> None:
    """End a stack's gateway."""
    console().print(
        f"the gateway of '{stack}' is gone" if serve.stop(stack) else f"no gateway of '{stack}' runs on this machine"
    )


def _told(gateway: Running, answer: httpx.Response, team: str, alias: str) -> dict[str, Any]:
    found: dict[str, Any] = _body(answer)
    number = answer.headers.get("x-litellm-call-id", "")
    records = [one for one in _records(gateway.folder / "audit") if one["id"] == number]
    nothing: dict[str, Any] = {}
    ended = next((one for one in records if one["event"] == "ended"), nothing)
    said = found["choices"][0]["message"]["content"] if answer.is_success else found.get("error", {}).get("message", "")
    return {
        "answer": said,
        "team": team,
        "asked": alias,
        "model": answer.headers.get("x-domicile-model", ""),
        "fallback": bool(ended.get("fell_back")),
        "tokens": ended.get("tokens", 0),
        "usd": ended.get("usd", 0),
        "spent_usd": ended.get("spent_usd", 0),
        "cache": answer.headers.get("x-domicile-cache", ""),
        "review": answer.headers.get("x-domicile-review", ""),
        "seconds": ended.get("seconds", 0),
        "audit": [{key: one[key] for key in ("at", "event", "id")} for one in records],
        "url": gateway.url,
        "engines": gateway.engines,
        "folder": str(gateway.folder),
    }


def _of_envoy(spec: GatewaySpec, answer: httpx.Response, alias: str) -> dict[str, Any]:
    """What its answer tells by itself: Envoy says nothing of it in headers, and writes its line some seconds later."""
    if not answer.is_success:
        return {"answer": answer.text, "spent_usd": None}
    found: dict[str, Any] = answer.json()
    used: dict[str, int] = found.get("usage") or {}
    named = {one.called: one for known in spec.aliases for one in known.backends}
    own = {one.called for known in spec.aliases if known.name == alias for one in known.backends}
    model = named.get(found["model"])  # a vendor's answer may name a version of its model
    usd = (model.usd_input, model.usd_output) if model else (0.0, 0.0)
    paid = used.get("prompt_tokens", 0) * usd[0] + used.get("completion_tokens", 0) * usd[1]
    return {
        "model": found["model"],
        "fallback": found["model"] not in own,
        "tokens": used.get("total_tokens", 0),
        "usd": paid / 1e6,
        "spent_usd": None,
        "cache": "none",
        "seconds": answer.elapsed.total_seconds(),
    }


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.jsonl")):
        yield from domicile_audit.records(file)


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        return answer.json()
    except ValueError:
        return {}


def _lines(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if told["model"]:
        fell = ", a fallback" if told["fallback"] else ""
        yield "model", f"{told['asked']} was answered by {told['model']}{fell} in {told['seconds']:.2f} s"
        spent = told["spent_usd"]
        month = "" if spent is None else f"; {told['team']} has spent {spent:.6f} USD this month"
        yield "cost", f"{told['tokens']} tokens, {told['usd']:.6f} USD{month}"
        yield "cache", told["cache"]
        yield "review", told["review"] or "none"
    lines = ", ".join(f"{one['event']} {one['at'][11:23]}" for one in told["audit"])
    yield "audit", lines or (f"a line in {told['folder']}/{LOG}" if told["spent_usd"] is None else "nothing")
    yield "", f"the gateway is the real one ({told['url']}); the engine stands in and says what it heard"
