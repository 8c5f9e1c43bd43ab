"""Answers from documents: passages that the user may read, an answer that names them, and what it was made from.

`POST /v1/passages` finds passages; `POST /v1/answers` has a model answer from them alone. An answer without a source
that it was given is none. `GET /v1/answers/{id}` says what an answer was made from: model, prompt, and the versions of
the documents. The model is asked with the caller's own key, so its limits, its budget and its bill are the caller's.
"""

import asyncio
import contextlib
import datetime as dt
import importlib
import json
import os
import urllib.error
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import agreed
import domicile_audit
import domicile_cited
import domicile_door
import domicile_policy
import domicile_search
import filer
from domicile_cited import Source
from domicile_door import text_of
from domicile_refused import RefusedError

Starlette: Any = importlib.import_module("starlette.applications").Starlette
Route: Any = importlib.import_module("starlette.routing").Route
responses: Any = importlib.import_module("starlette.responses")
aiohttp: Any = importlib.import_module("aiohttp")
prometheus: Any = importlib.import_module("prometheus_client")

FOLDER = Path(__file__).parent
POLICY: dict[str, Any] = json.loads((FOLDER / "retrieval.json").read_text(encoding="utf-8"))
ANSWERS = prometheus.Counter("domicile_retrieval_answers", "Questions, by what became of them.", ["outcome"])
STALE = prometheus.Counter("domicile_retrieval_stale", "Answers with a source that is older than it should be.")
RANKED = prometheus.Counter("domicile_retrieval_ranked", "Questions whose passages a model should rank.", ["outcome"])
WHOLE = prometheus.Gauge("domicile_ingestion_whole_timestamp", "When documents were last read without a failure.")
COUNTED = prometheus.Gauge("domicile_ingestion_documents", "Documents of the last run, by state.", ["state"])
UNWRITTEN = "neither the audit log nor what answers are made from can be written now: ask again later"
LONGEST, MOST_GROUPS, LOOK_S, MODEL_S = 8000, 1000, 60, 300
#: what ranks is waited for no longer
RANK_S = float(os.environ.get("RANK_S", "5"))
PROMPT = domicile_policy.digest(domicile_cited.INSTRUCTION)[:12]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, for whom, and what."""

    team: str
    user: str
    groups: tuple[str, ...]
    key: str
    question: str

    def record(self, number: str) -> dict[str, Any]:
        """As the log has it: people by a digest, words only where they may be."""
        shown = {"words": self.question} if POLICY["log_texts"] else {}
        return {
            "id": number,
            "team": self.team,
            "user": domicile_policy.digest(self.user),
            "groups": list(self.groups),
            "question": domicile_policy.digest(self.question),
            **shown,
        }


class Service:
    """What a running service holds."""

    def __init__(self) -> None:
        """Open the log."""
        name = os.environ.get("HOSTNAME", "retrieval")
        self.writer = domicile_door.Writer(Path(os.environ["DOMICILE_AUDIT"]), name, POLICY["keep_days"])
        self.documents = os.environ["DOCUMENTS"]
        self.gateway = os.environ["GATEWAY"]
        self.client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=MODEL_S))
        self.report: dict[str, Any] = {}

    async def sources(self, asked: Asked) -> list[Source]:
        """The passages that the user may read, the best first, or the nearest where nothing ranks them.

        Raises:
            RefusedError: the store or the model does not answer.
        """
        embedded = await domicile_search.vector(
            self.client, self.gateway, os.environ["API_KEY"], POLICY["embeds"], asked.question
        )
        found = await domicile_search.points(
            self.client, os.environ["VECTORS"], POLICY["collection"], embedded, asked.groups, POLICY["considered"]
        )
        best = await self._ranked(asked.question, domicile_cited.near(found, POLICY["least_score"]))
        today = dt.datetime.now(dt.UTC).date()
        return domicile_cited.sources(best[: POLICY["passages"]], POLICY["stale_days"], today)

    async def _ranked(self, question: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """In the order of the model that ranks; one that is away or slow stops no answer."""
        if not POLICY["reranker"] or len(found) < 2:
            return found
        best = await domicile_search.ranked(
            self.client, os.environ["RERANKER"], POLICY["reranker"], question, found, RANK_S
        )
        RANKED.labels("nearest" if best is None else "ranked").inc()
        return found if best is None else best

    async def answer(self, asked: Asked, found: list[Source]) -> tuple[str, list[Source], dict[str, str]]:
        """The model's answer, the sources it names, and what the gateway tells of it.

        Raises:
            RefusedError: the model does not answer, or not from the sources.
        """
        said = domicile_cited.messages(asked.question, found)
        for left in reversed(range(POLICY["attempts"])):
            text, told = await self._model(asked.key, said)
            try:
                return *domicile_cited.answered(text, found), told
            except RefusedError as error:
                if not left:
                    raise
                again = f"{'; '.join(error.reasons)}. Answer again, from the sources above."
                said += [{"role": "assistant", "content": text}, {"role": "user", "content": again}]
        message = "no attempt is allowed"
        raise RefusedError(500, [message])

    async def _model(self, key: str, said: list[dict[str, str]]) -> tuple[str, dict[str, str]]:
        body = {"model": POLICY["alias"], "messages": said, "temperature": 0, "response_format": domicile_cited.FORMAT}
        answer = await domicile_door.completion(self.client, key, body)
        told = {
            "request": answer.headers.get("x-domicile-request", ""),
            "model": answer.headers.get("x-domicile-model", "") or answer.model,
            "prompt": answer.headers.get("x-domicile-prompt", ""),
        }
        return answer.text, told

    async def kept(self, one: dict[str, Any]) -> None:
        """Keep what an answer was made from.

        Raises:
            OSError: it cannot be kept now.
        """
        path = f"{agreed.ANSWERS}/{one['at'][:10]}/{one['id']}.json"
        await asyncio.to_thread(filer.write, self.documents, path, json.dumps(one).encode())

    async def watched(self) -> None:
        """Look again and again how the documents stand."""
        while True:
            with contextlib.suppress(OSError, ValueError, KeyError):
                self.report = json.loads(await asyncio.to_thread(filer.read, self.documents, agreed.REPORT))
                measured(self.report)
            await asyncio.sleep(LOOK_S)


def measured(report: dict[str, Any]) -> None:
    """Tell how the last run went."""
    if report.get("whole_at"):
        WHOLE.set(dt.datetime.fromisoformat(report["whole_at"]).timestamp())
    for state in ("documents", "hidden", "held"):
        COUNTED.labels(state).set(report[state])
    for state, count in report["counts"].items():
        COUNTED.labels(state).set(count)


async def asked_by(request: Any) -> Asked:
    """Who asks, for whom, and what.

    Raises:
        RefusedError: nobody who may; or one says of users what is not theirs to say.
    """
    caller = await domicile_door.admitted(request, POLICY["oidc"], *POLICY["askers"])
    content = await domicile_door.body_of(request)
    if not isinstance(content, dict):
        raise RefusedError(400, ["an object is needed"])
    said = cast("dict[str, Any]", content)
    question = text_of(said, "question", LONGEST)
    if caller.claims is not None:
        return Asked(caller.team, caller.claims.subject, caller.claims.groups, caller.key, question)
    groups: Any = said.get("groups", [])
    if not isinstance(groups, list) or len(cast("list[Any]", groups)) > MOST_GROUPS:
        raise RefusedError(400, [f"groups: a list of {MOST_GROUPS} names at most is needed"])
    named = cast("list[Any]", groups)
    if not all(isinstance(one, str) and one for one in named):
        raise RefusedError(400, ["groups: each is a text"])
    if named and caller.team not in POLICY["vouched"]:
        raise RefusedError(403, ["this key may not say which groups a user is in: send the user's own token"])
    user = text_of(said, "user", 200, "")
    return Asked(caller.team, user, tuple(sorted(set(named))), caller.key, question)


async def passages(request: Any) -> Any:
    """`POST /v1/passages`."""
    service: Service = request.app.state.service
    asked, number = await asked_by(request), str(uuid.uuid4())
    found = await service.sources(asked)
    read = [one.cited for one in found]
    await service.writer.write({"event": "searched", **asked.record(number), "passages": read})
    ANSWERS.labels("searched").inc()
    return responses.JSONResponse(
        {"id": number, "passages": [one.shown for one in found], "as_of": service.report.get("whole_at", "")}
    )


async def answers(request: Any) -> Any:
    """`POST /v1/answers`."""
    service: Service = request.app.state.service
    asked, number = await asked_by(request), str(uuid.uuid4())
    await service.writer.write({"event": "asked", **asked.record(number)})
    try:
        found = await service.sources(asked)
        text, named, told = await service.answer(asked, found) if found else ("", [], {})
    except RefusedError as error:
        await service.writer.write({"event": "refused", "id": number, "reasons": error.reasons})
        ANSWERS.labels("refused").inc()
        raise
    ranked = any(one.relevance is not None for one in found)
    made = {
        "id": number,
        "at": domicile_audit.now(),
        "team": asked.team,
        "user": domicile_policy.digest(asked.user),
        "question": domicile_policy.digest(asked.question),
        "answer": domicile_policy.digest(text),
        "collection": POLICY["collection"],
        "instruction": PROMPT,
        **told,
        "weights": POLICY["models"].get(told.get("model", "").rpartition("@")[2], ""),
        "ranked_by": POLICY["models"].get(POLICY["reranker"], "") if ranked else "",
        "given": [one.cited for one in found],
        "named": [one.number for one in named],
    }
    await service.kept(made)
    await service.writer.write({"event": "answered" if text else "unknown", **made})
    ANSWERS.labels("answered" if text else "unknown").inc()
    if any(one.stale for one in named):
        STALE.inc()
    reply = {"id": number, "answer": text, "citations": [one.cited for one in named]}
    why = {} if text else {"why": domicile_cited.UNKNOWN}
    return responses.JSONResponse({**reply, **why, **told, "as_of": service.report.get("whole_at", "")})


async def made_from(request: Any) -> Any:
    """`GET /v1/answers/{id}`: what an answer was made from, for the team that asked; by a token, for the user."""
    service: Service = request.app.state.service
    caller = await domicile_door.admitted(request, POLICY["oidc"], *POLICY["askers"])
    said = str(request.path_params["answer"])
    gone = RefusedError(404, [f"'{said}' is no answer of this team's that is still kept"])
    day = str(request.query_params.get("day", ""))
    try:
        path = f"{agreed.ANSWERS}/{dt.date.fromisoformat(day)}/{uuid.UUID(said)}.json"
    except ValueError as error:
        raise RefusedError(400, ["an answer has an id and, as `?day=2026-11-27`, a day"]) from error
    try:
        one = json.loads(await asyncio.to_thread(filer.read, service.documents, path))
    except urllib.error.HTTPError as error:
        raise gone from error
    claims = caller.claims
    if one["team"] != caller.team or (claims is not None and one["user"] != domicile_policy.digest(claims.subject)):
        raise gone
    return responses.JSONResponse(one)


@contextlib.asynccontextmanager
async def lifespan(application: Any) -> AsyncGenerator[None]:
    """Open what a service holds, and close it."""
    service = application.state.service = Service()
    watching = asyncio.create_task(service.watched())
    yield
    watching.cancel()
    await service.client.close()


app = Starlette(
    routes=[
        Route("/v1/passages", passages, methods=["POST"]),
        Route("/v1/answers", answers, methods=["POST"]),
        Route("/v1/answers/{answer}", made_from, methods=["GET"]),
        Route("/health", domicile_door.live, methods=["GET"]),
        Route("/metrics/", domicile_door.metrics, methods=["GET"]),
    ],
    exception_handlers=domicile_door.handlers("retrieval", UNWRITTEN),
    lifespan=lifespan,
)
