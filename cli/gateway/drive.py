"""`domicile load`: a shape of load through a stack's gateway, and its objectives as they are met or missed."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.live import Live
from rich.table import Table

from blueprints import load
from cli.gateway import serve, traffic
from cli.gateway.rig import RigError
from cli.gateway.traffic import Objectives, Sent, Tally
from cli.output import as_json as print_json
from cli.output import console
from cli.subject import blueprint_of
from engine.errors import ProjectError

KEY = "DOMICILE_KEY"
MOST_IN_FLIGHT = 2000
PATIENCE_S = 300.0
LOOK_S = 0.5
LINES = 10
NOT_MET = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is sent, by whom, where to. ``peak`` is requests a second, ``tokens`` the most an answer has.

    ``team`` and ``alias`` are the stack's first ones when left out, ``url`` is its gateway on this machine.
    """

    shape: str
    peak: float
    seconds: float
    tokens: int
    seed: int
    team: str | None = None
    alias: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Drive:
    """What is sent, to which gateway, with whose key. ``others`` are the models that answer when the alias's cannot."""

    url: str
    key: str
    alias: str
    asked: Asked
    others: frozenset[str] = frozenset()


def run(stack: str, folder: Path, asked: Asked, *, as_json: bool) -> int:
    """Drive it and tell; 1 when an objective was missed.

    Raises:
        RigError: the gateway does not start, or nothing answers there.
        ProjectError: there is no such stack, shape, team, alias or key.
    """
    if asked.shape not in traffic.names():
        message = f"--shape: there is no '{asked.shape}'; there are {', '.join(traffic.names())}"
        raise ProjectError(message)
    out = console()
    file = blueprint_of(stack, folder)
    plan = load.serving(file)[1]
    talked = {one.name: one for one in plan.gateway.aliases if one.task == "generate"}
    name = asked.alias or next(iter(talked))
    if name not in talked:
        message = f"the stack '{stack}' has no alias '{name}' that answers; it has {', '.join(talked)}"
        raise ProjectError(message)
    where, key = _gateway(stack, file, asked, lambda text: None if as_json else out.print(f"[dim]{text}[/]"))
    watched = plan.monitoring
    tally = Tally(Objectives.of(talked[name], watched.availability_percent, watched.latency_percent))
    fallbacks = plan.gateway.answering(talked[name])[1:]
    others = frozenset(backend.called for one in fallbacks for backend in one.backends)
    drive = Drive(where, key, name, asked, others)
    took = asyncio.run(_driven(drive, tally, live=not as_json))
    if not tally.ended["answered"] and tally.ended["failed"]:
        message = f"the gateway at {where} answered nothing: {tally.reasons.most_common(1)[0][0]}"
        raise RigError(message)
    told = _told(drive, tally, took)
    if as_json:
        print_json(told)
    else:
        _show(drive, tally, took)
    return 0 if tally.met else NOT_MET


def _gateway(stack: str, file: Path, asked: Asked, progress: Callable[[str], None]) -> tuple[str, str]:
    if asked.url is not None:
        key = os.environ.get(KEY, "")
        if not key:
            message = f"{KEY} is not set: put the key of a team of '{stack}' there"
            raise ProjectError(message)
        return asked.url.rstrip("/"), key
    gateway = serve.ensure(stack, file, progress)
    return gateway.url, gateway.keys[gateway.asker(stack, asked.team)]


async def _driven(drive: Drive, tally: Tally, *, live: bool) -> float:
    """Send everything and wait for the answers; how long it took."""
    began = time.monotonic()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=256)
    async with httpx.AsyncClient(timeout=PATIENCE_S, limits=limits) as client, asyncio.TaskGroup() as group:
        watching = group.create_task(_watched(drive, tally, began)) if live else None
        tasks: set[asyncio.Task[None]] = set()
        for number, at in enumerate(
            traffic.arrivals(drive.asked.shape, drive.asked.peak, drive.asked.seconds, drive.asked.seed)
        ):
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            if tally.in_flight >= MOST_IN_FLIGHT:
                tally.unsent += 1
                continue
            tally.sent += 1
            task = group.create_task(_one(client, drive, number, tally))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.sleep(max(0.0, began + drive.asked.seconds - time.monotonic()))
        if tasks:
            await asyncio.wait(set(tasks))
        if watching is not None:
            watching.cancel()
    return time.monotonic() - began


async def _one(client: httpx.AsyncClient, drive: Drive, number: int, tally: Tally) -> None:
    body = {
        "model": drive.alias,
        "messages": [{"role": "user", "content": f"{drive.asked.seed}-{number}: what does the handbook say of this?"}],
        "max_tokens": drive.asked.tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    headers = {"Authorization": f"Bearer {drive.key}"}
    began = time.monotonic()
    try:
        async with client.stream("POST", f"{drive.url}/v1/chat/completions", json=body, headers=headers) as answer:
            if answer.is_success:
                tally.add(await _read(answer, drive, began))
                return
            told = (await answer.aread()).decode(errors="replace")
    except httpx.HTTPError as error:
        tally.add(Sent("failed", 0, time.monotonic() - began, 0, why=f"{type(error).__name__} {error}".strip()))
        return
    outcome: traffic.Outcome = "failed" if answer.status_code >= 500 else "refused"
    tally.add(Sent(outcome, 0, time.monotonic() - began, 0, why=f"{answer.status_code}: {_reason(told)}"))


async def _read(answer: httpx.Response, drive: Drive, began: float) -> Sent:
    """A streamed answer to its end; one that breaks off, or says nothing, has failed."""
    first, pieces, counted, ended, named = 0.0, 0, 0, False, ""
    async for event in _events(answer):
        if event is None:
            ended = True
            continue
        if "error" in event:
            return Sent("failed", first, time.monotonic() - began, pieces, why=str(event["error"])[:120])
        named = event.get("model") or named
        choices: list[Any] = event.get("choices") or []
        delta: Any = choices[0].get("delta") if choices else None
        if delta and delta.get("content"):
            first = first or time.monotonic() - began
            pieces += 1
        usage: Any = event.get("usage") or {}
        counted = int(usage.get("completion_tokens") or counted)
    whole = time.monotonic() - began
    if not ended or not pieces:
        return Sent("failed", first, whole, pieces, why="the answer broke off")
    model = answer.headers.get("x-domicile-model")
    # a gateway that tells no back end lets its model's own name stand in the answer
    fell_back = not model.startswith(f"{drive.alias}@") if model else named in drive.others
    return Sent("answered", first, whole, counted or pieces, fell_back=fell_back)


async def _events(answer: httpx.Response) -> AsyncIterator[dict[str, Any] | None]:
    """The events of a stream; None for its end."""
    async for line in answer.aiter_lines():
        if line.startswith("data:"):
            text = line.removeprefix("data:").strip()
            yield None if text == "[DONE]" else json.loads(text)


def _reason(text: str) -> str:
    try:
        return str(json.loads(text)["error"]["message"])[:120]
    except (ValueError, KeyError, TypeError):
        return text[:120]


async def _watched(drive: Drive, tally: Tally, began: float) -> None:
    """Show how it goes: a table that changes, or a line now and then where nothing can change."""
    out = console()
    if out.is_terminal:
        with Live(_table(drive, tally, 0), console=out, refresh_per_second=4, transient=True) as shown:
            while True:
                await asyncio.sleep(LOOK_S)
                shown.update(_table(drive, tally, time.monotonic() - began))
    while True:
        await asyncio.sleep(drive.asked.seconds / LINES)
        past = time.monotonic() - began
        out.print(
            f"[dim]{past:5.0f} s  {tally.ended.total()} of {tally.sent} ended, {tally.in_flight} in flight, "
            f"{_percent(tally.available)} available, {_percent(tally.in_time)} in time[/]"
        )


def _show(drive: Drive, tally: Tally, took: float) -> None:
    out = console()
    out.print(_table(drive, tally, took))
    for why, count in tally.reasons.most_common(3):
        out.print(f"[dim]{count} times: {why}[/]", soft_wrap=True)
    out.print("the objectives were met" if tally.met else "[bold]the objectives were not met[/]")


def _table(drive: Drive, tally: Tally, past: float) -> Table:
    goals = tally.objectives
    table = Table(
        title=f"{drive.alias}: {drive.asked.shape}, {drive.asked.peak:g} a second at the most", title_justify="left"
    )
    for name in ("", "so far", "objective"):
        table.add_column(name, justify="left" if not name else "right")
    rate = tally.ended.total() / past if past else 0
    table.add_row("time", f"{past:.0f} s", f"{drive.asked.seconds:.0f} s")
    table.add_row("requests", f"{tally.sent}, {tally.in_flight} in flight, {rate:.1f} a second", "")
    table.add_row("answered", f"{tally.ended['answered']}, {tally.fell_back} by a fallback", "")
    table.add_row("refused", str(tally.ended["refused"]), "")
    table.add_row("failed", str(tally.ended["failed"]), "")
    if tally.unsent:
        table.add_row("not sent", f"{tally.unsent}: {MOST_IN_FLIGHT} were in flight", "")
    for name, found, goal in (
        ("first token", tally.firsts, goals.first_token_s),
        ("each token", tally.paces, goals.per_token_s),
    ):
        told = " / ".join(f"{one * 1000:.0f}" for one in traffic.quantiles(found, (0.5, 0.95, 0.99)))
        table.add_row(f"{name}, p50 / p95 / p99", f"{told} ms", f"{goal * 1000:.0f} ms" if goal else "none")
    table.add_row("available", _percent(tally.available), _percent(goals.availability))
    table.add_row("in time", _percent(tally.in_time), _percent(goals.in_time))
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"


def _milliseconds(found: list[float], digits: int) -> dict[str, float]:
    shares = (50, 95, 99)
    values = traffic.quantiles(found, [share / 100 for share in shares])
    return {f"p{share}": round(1000 * one, digits) for share, one in zip(shares, values, strict=True)}


def _told(drive: Drive, tally: Tally, took: float) -> dict[str, Any]:
    return {
        "alias": drive.alias,
        "shape": drive.asked.shape,
        "seconds": round(took, 1),
        "sent": tally.sent,
        "unsent": tally.unsent,
        **{name: tally.ended[name] for name in ("answered", "refused", "failed")},
        "fell_back": tally.fell_back,
        "tokens": tally.tokens,
        "first_token_ms": _milliseconds(tally.firsts, 1),
        "per_token_ms": _milliseconds(tally.paces, 2),
        "available": tally.available,
        "in_time": tally.in_time,
        "met": tally.met,
        "reasons": dict(tally.reasons.most_common(10)),
    }
