"""What every service of ours at which requests arrive has in common: callers, refusals, bodies, the audit log."""

import asyncio
import importlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import domicile_audit
import domicile_identity
import domicile_metrics
import domicile_policy
from domicile_identity import Claims
from domicile_refused import RefusedError

aiohttp: Any = importlib.import_module("aiohttp")
responses: Any = importlib.import_module("starlette.responses")
prometheus: Any = importlib.import_module("prometheus_client")

KEYS: dict[str, str] = json.loads(os.environ.get("DOMICILE_KEYS", "{}"))
LARGEST = 32 * 1024 * 1024
NOT_THEIRS = "this key may not do that"


class Writer:
    """Writes what waits in one go: the disk is asked once for all who came while it was busy."""

    def __init__(self, folder: Path, name: str, keep_days: int) -> None:
        """Begin the day's log."""
        self.folder, self.name, self.keep_days = folder, name, keep_days
        self.day = ""
        self.log = self._today()
        self.waiting: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self.busy = False

    async def write(self, record: dict[str, Any]) -> None:
        """Return when the record is on the disk.

        Raises:
            OSError: it could not be written.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((record, done))
        if not self.busy:
            self.busy = True
            try:
                while self.waiting:
                    await self._flush()
            finally:
                self.busy = False
        await done

    async def _flush(self) -> None:
        taken, self.waiting = self.waiting, []
        try:
            await asyncio.to_thread(self._written, *(record for record, _ in taken))
        except OSError as error:
            for _, done in taken:
                done.set_exception(error)
        else:
            for _, done in taken:
                done.set_result(None)

    def _written(self, *records: dict[str, Any]) -> None:
        if domicile_audit.now()[:10] != self.day:
            self.log = self._today()
        self.log.write(*records)

    def _today(self) -> domicile_audit.Log:
        """A log for each day; those that need not be kept any longer go."""
        self.day = domicile_audit.now()[:10]
        last = time.time() - (self.keep_days + 1) * 86_400
        for file in self.folder.glob("*.jsonl"):
            if file.stat().st_mtime < last:
                file.unlink()
        return domicile_audit.Log(self.folder, self.name)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the team, empty for nobody, the key or the token they came with, and what a token says."""

    team: str
    key: str
    claims: Claims | None


async def known(request: Any, issuers: list[dict[str, Any]]) -> Caller:
    """Who is behind a key, or behind a token of one of the identity providers."""
    key = str(request.headers.get("authorization", "")).removeprefix("Bearer ")
    team = KEYS.get(domicile_policy.digest(key), "")
    claims = None if team else await domicile_identity.claims_of(key, issuers)
    return Caller(claims.team if claims is not None else team, key, claims)


async def caller_of(request: Any, issuers: list[dict[str, Any]]) -> str:
    """The team behind a key or a token; empty for nobody."""
    return (await known(request, issuers)).team


async def admitted(request: Any, issuers: list[dict[str, Any]], *teams: str) -> Caller:
    """Who asks; refusals are counted as that team's.

    Raises:
        RefusedError: it is none of ``teams``.
    """
    caller = await known(request, issuers)
    request.state.team = caller.team
    if caller.team not in teams:
        known_key = bool(caller.team)
        raise RefusedError(403 if known_key else 401, [NOT_THEIRS if known_key else "the key is not known"])
    return caller


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model says, which one it was by its own account, and what the gateway tells of it."""

    text: str
    model: str
    headers: Mapping[str, str]


async def completion(client: Any, key: str, body: dict[str, Any], *, refused_as: int = 0) -> Completion:
    """Have a model answer, through the gateway at `GATEWAY`. What that refuses has its status, or ``refused_as``.

    Raises:
        RefusedError: it does not answer.
    """
    headers = {"Authorization": f"Bearer {key}"}
    address = f"{os.environ['GATEWAY']}/chat/completions"
    try:
        async with client.post(address, json=body, headers=headers) as answer:
            told = await answer.json(content_type=None)
            if answer.status != 200:
                status = 502 if answer.status >= 500 else refused_as or answer.status
                raise RefusedError(status, [f"the model: {_error(told)}"])
            text = str(told["choices"][0]["message"]["content"])
            return Completion(text, str(told.get("model", "")), answer.headers)
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, IndexError, TypeError) as error:
        raise RefusedError(502, [f"the model does not answer: {type(error).__name__}"]) from error


def _error(told: Any) -> str:
    try:
        return str(told["error"]["message"])[:500]
    except (KeyError, TypeError):
        return "it says no more"


def text_of(asked: Any, name: str, longest: int, default: str | None = None) -> str:
    """A text of a request; one with a ``default`` may be left out, or be empty.

    Raises:
        RefusedError: it is missing or too long.
    """
    value = cast("dict[str, Any]", asked).get(name, default) if isinstance(asked, dict) else None
    if not isinstance(value, str) or (default is None and not value.strip()) or len(value) > longest:
        raise RefusedError(400, [f"{name}: a text of 1 to {longest} characters is needed"])
    return value.strip()


def handlers(code: str, unwritten: str) -> dict[type[Exception], Callable[[Any, Any], Any]]:
    """What becomes of a refusal, counted as ``code``, and of what must be written down and cannot be."""

    async def refusal(request: Any, error: RefusedError) -> Any:
        return refused(error.status, error.reasons, getattr(request.state, "team", ""), code)

    async def lost(request: Any, error: OSError) -> Any:
        del error
        return refused(503, [unwritten], getattr(request.state, "team", ""), "audit_unavailable")

    return {RefusedError: refusal, OSError: lost}


def refused(status: int, reasons: list[str], team: str, code: str) -> Any:
    """A refusal as clients read it."""
    domicile_metrics.REFUSALS.labels(team, code).inc()
    return responses.JSONResponse({"error": {"reasons": reasons}}, status_code=status)


async def body_of(request: Any) -> Any:
    """The request's JSON.

    Raises:
        RefusedError: it is none, or too much.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > LARGEST:
            raise RefusedError(413, [f"more than {LARGEST} bytes"])
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, ["it is not JSON"]) from error


async def live(request: Any) -> Any:
    """`GET /health`: the process answers; what it asks may be away, which is no reason to restart it."""
    del request
    return responses.JSONResponse({"ok": True})


async def metrics(request: Any) -> Any:
    """`GET /metrics/`."""
    del request
    return responses.Response(prometheus.generate_latest(), media_type=prometheus.CONTENT_TYPE_LATEST)
