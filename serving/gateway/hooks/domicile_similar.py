"""Answers that are given again to questions which mean the same: their vectors point nearly the same way.

Only the last message may differ. The team, the alias, the prompt, what was said before and how an answer is asked for
are equal, or there is nothing in common. Each team keeps its newest `MOST` answers of a kind; the store is the limits'.
"""

import array
import asyncio
import base64
import contextlib
import json
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from domicile_policy import FIELDS, Decision, digest, size

MOST = 64
WAIT_S = 2.0
#: what makes a request no other one: who asks, whether the answer streams, whether it tells how sure it is
BESIDES = frozenset(
    {"messages", "metadata", "user", "stream", "stream_options", "logprobs", "proxy_server_request", "secret_fields"}
)


#: asks an alias for a text's vector; the price of a model's prompt and answer, in millionths of a dollar
Embed = Callable[[str, str], Awaitable[Any]]
Price = Callable[[str, int, int], int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where answers to questions like one are kept, and which way its own vector points."""

    key: str
    vector: list[float]
    ttl_s: int


def question(request: dict[str, Any]) -> str:
    """What is asked last, if that is a text, no tool may act on it and nobody counts the answer's tokens."""
    messages: list[dict[str, Any]] = request.get("messages") or []
    last = messages[-1] if messages else {}
    asked = last.get("content") if last.get("role") == "user" else None
    return asked if isinstance(asked, str) and not request.get("tools") and not request.get("top_logprobs") else ""


def common(team: str, decision: Decision, request: dict[str, Any]) -> str:
    """The key under which requests lie that may share answers."""
    said = {name: request[name] for name in sorted(FIELDS - BESIDES) if name in request}
    before = request["messages"][:-1]
    text = json.dumps([decision.alias, decision.prompt, decision.system, before, said], sort_keys=True, default=str)
    return f"domicile:{{{team}}}:similar:{digest(text)}"


class Similar:
    """The answers of all teams, in one store."""

    def __init__(self, store: Any, failure: type[Exception]) -> None:
        """``store`` is an asynchronous Redis client; ``failure`` what it raises when it cannot be reached."""
        self._store = store
        self._gone = (failure, TimeoutError, OSError)

    async def known(self, one: Any, request: dict[str, Any], embed: Embed, price: Price) -> bool:
        """Whether a question like this one was answered: then the request has that answer, and no model is asked.

        ``one`` is the request under way: it gets what looking has cost, and where its answer is to be kept.
        """
        alias = one.policy["aliases"][one.decision.alias]
        may = one.decision.cached and alias["similar"] and one.policy["teams"][one.team]["similar"]
        asked = question(request) if may else ""
        found, told = await _vector(embed(alias["embedder"], asked)) if asked else ([], None)
        if not found:
            return False
        hidden: dict[str, Any] = getattr(told, "_hidden_params", None) or {}
        one.aside_usd = price(str(hidden.get("model_id") or ""), size(asked), 0) / 1e6
        place = Place(common(one.team, one.decision, request), found, alias["cache_s"])
        answer = await self.find(place, alias["similar"])
        if not answer:
            one.place = place
            return False
        one.cache = "similar"
        request.update(mock_response=answer, cache={"no-cache": True, "no-store": True})
        return True

    async def find(self, place: Place, least: float) -> str:
        """The answer to the question most like this one; empty where none is as like as ``least`` (a cosine)."""
        try:
            kept = [json.loads(one) for one in await self._store.lrange(place.key, 0, MOST - 1)]
        except self._gone:
            return ""
        now = time.time()
        alike = [(likeness(place.vector, _read(one["vector"])), one["answer"]) for one in kept if one["until"] > now]
        best = max(alike, default=(0.0, ""))
        return best[1] if best[0] >= least else ""

    async def keep(self, place: Place, answer: str) -> None:
        """Keep an answer, for as long as it may be used; nothing is lost where it cannot be."""
        one = {"vector": _written(place.vector), "answer": answer, "until": time.time() + place.ttl_s}
        with contextlib.suppress(*self._gone):
            await self._store.lpush(place.key, json.dumps(one))
            await self._store.ltrim(place.key, 0, MOST - 1)
            await self._store.expire(place.key, place.ttl_s)


async def _vector(embedded: Awaitable[Any]) -> tuple[list[float], Any]:
    """A text's vector, of length 1, and what the model answered; empty when it does not answer soon."""
    try:
        async with asyncio.timeout(WAIT_S):
            answer = await embedded
    except Exception:  # noqa: BLE001 whatever keeps it from answering, the question is asked itself
        return [], None
    found = [float(one) for one in answer.data[0]["embedding"]]
    length = math.sqrt(sum(one * one for one in found))
    return ([one / length for one in found] if length else []), answer


def likeness(one: list[float], other: list[float]) -> float:
    """The cosine of two vectors of length 1; 0 for those of different models."""
    return sum(a * b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else 0.0


def _written(vector: list[float]) -> str:
    return base64.b64encode(array.array("f", vector).tobytes()).decode()


def _read(text: str) -> list[float]:
    return array.array("f", base64.b64decode(text)).tolist()
