"""The stand-in's HTTP side: the OpenAI API, `/health`, `/metrics`, and `/standin` to change what it does."""

import hashlib
import json
import math
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from serving.standin.engine import Engine

ANSWER_WORDS = 24
VECTOR = 64


def application(engine: Engine) -> Starlette:
    """The application of one replica."""
    return Starlette(routes=_routes(_Door(engine)))


def _routes(door: "_Door") -> list[Route]:
    return [
        Route("/health", door.health),
        Route("/metrics", door.metrics),
        Route("/v1/models", door.models),
        Route("/v1/chat/completions", door.chat, methods=["POST"]),
        Route("/v1/embeddings", door.embeddings, methods=["POST"]),
        Route("/standin", door.control, methods=["GET", "POST"]),
    ]


class _Door:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def health(self, request: Request) -> Response:
        """Always well: an engine that is frozen says so too, which is why its steps are watched."""
        del request
        return Response()

    async def metrics(self, request: Request) -> Response:
        """What it counts."""
        del request
        return Response(self._engine.counts.text(), media_type="text/plain; version=0.0.4")

    async def models(self, request: Request) -> Response:
        """The one model."""
        del request
        return JSONResponse({"object": "list", "data": [{"id": self._engine.model, "object": "model"}]})

    async def control(self, request: Request) -> Response:
        """Show or change what it does."""
        if request.method == "POST":
            await self._engine.change(**await request.json())
        shown = asdict(self._engine.behaviour)
        seen = {
            "seen": self._engine.seen,
            "last_prompt": self._engine.last_prompt,
            "last_trace": self._engine.last_trace,
            "last_model": self._engine.last_model,
        }
        return JSONResponse({**shown, **seen})

    async def embeddings(self, request: Request) -> Response:
        """A vector for each text: words that texts share bring their vectors together."""
        body = await request.json()
        self._engine.seen += 1
        if status := self._engine.failing():
            return _failed(status)
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        data = [{"object": "embedding", "index": index, "embedding": embed(text)} for index, text in enumerate(texts)]
        tokens = sum(len(text.split()) for text in texts)
        return JSONResponse({"object": "list", "model": body["model"], "data": data, "usage": _usage(tokens, 0)})

    async def chat(self, request: Request) -> Response:
        """An answer that names the model and what was asked."""
        engine, body = self._engine, await request.json()
        engine.seen += 1
        if status := engine.failing():
            return _failed(status)
        prompt = _prompt(body["messages"])
        engine.last_prompt, engine.last_trace = prompt, request.headers.get("traceparent", "")
        engine.last_model = body["model"]
        asked = len(prompt.split())
        words = _answer(engine, prompt)[: int(body.get("max_completion_tokens") or body.get("max_tokens") or 1_000_000)]
        base = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": body["model"]}
        if body.get("stream"):
            options: dict[str, Any] = body.get("stream_options") or {}
            usage = bool(options.get("include_usage"))
            return StreamingResponse(_stream(engine, words, asked, base, usage=usage), media_type="text/event-stream")
        try:
            said = [word async for word in engine.words(words, asked)]
        except ConnectionError:
            return _failed(500)
        choice: dict[str, Any] = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": " ".join(said)},
        }
        if body.get("logprobs"):
            choice["logprobs"] = {"content": _logprobs(said, engine.behaviour.confidence)}
        return JSONResponse(
            {**base, "object": "chat.completion", "choices": [choice], "usage": _usage(asked, len(said))}
        )


async def _stream(
    engine: Engine, words: list[str], asked: int, base: dict[str, Any], *, usage: bool
) -> AsyncIterator[str]:
    def event(body: dict[str, Any]) -> str:
        return f"data: {json.dumps({**base, 'object': 'chat.completion.chunk', **body})}\n\n"

    count = 0
    async for word in engine.words(words, asked):
        content = word if not count else f" {word}"
        yield event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": content}}]})
        count += 1
    yield event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    if usage:
        yield event({"choices": [], "usage": _usage(asked, count)})
    yield "data: [DONE]\n\n"


def embed(text: str) -> list[float]:
    """A unit vector that follows from the text's words."""
    vector = [0.0] * VECTOR
    for word in text.lower().split():
        vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % VECTOR] += 1.0
    length = math.sqrt(sum(one * one for one in vector)) or 1.0
    return [one / length for one in vector]


def _prompt(messages: list[dict[str, Any]]) -> str:
    return "\n".join(str(message.get("content") or "") for message in messages)


def _answer(engine: Engine, prompt: str) -> list[str]:
    if engine.behaviour.answer:
        return engine.behaviour.answer.split()
    return f"{engine.model} heard: {prompt}".split()[:ANSWER_WORDS]


def _logprobs(words: list[str], confidence: float) -> list[dict[str, Any]]:
    return [{"token": word, "logprob": math.log(confidence), "bytes": None, "top_logprobs": []} for word in words]


def _usage(asked: int, answered: int) -> dict[str, int]:
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def _failed(status: int) -> Response:
    body = {"error": {"message": "the stand-in was told to fail", "type": "server_error", "code": status}}
    return JSONResponse(body, status_code=status)
