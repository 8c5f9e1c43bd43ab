"""The one door to a warehouse: a question in words in, a query and its rows out; approved where it must be.

`POST /v1/questions` has a model write the query. It is checked, its size is asked of the warehouse, and it runs, or it
waits: `GET /v1/approvals` and `POST /v1/approvals/{question}` are for the people who say so, and
`POST /v1/questions/{question}` runs what they approved. No row goes to a model, none is kept, and what ran is in the
audit log before anybody sees a row.
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
from dataclasses import asdict
from pathlib import Path
from typing import Any

import domicile_audit
import domicile_door
import domicile_policy
import domicile_sql
import domicile_warehouse
import filer
from domicile_door import text_of
from domicile_refused import RefusedError
from domicile_sql import Query
from domicile_warehouse import WarehouseError

Starlette: Any = importlib.import_module("starlette.applications").Starlette
Route: Any = importlib.import_module("starlette.routing").Route
responses: Any = importlib.import_module("starlette.responses")
aiohttp: Any = importlib.import_module("aiohttp")
prometheus: Any = importlib.import_module("prometheus_client")

FOLDER = Path(__file__).parent
POLICY: dict[str, Any] = json.loads((FOLDER / "queries.json").read_text(encoding="utf-8"))
QUERIES = prometheus.Counter("domicile_queries", "Questions to the warehouse, by what became of them.", ["outcome"])
OPEN, DONE = "/approvals/open", "/approvals/done"
LONGEST, LISTED, MODEL_S = 4000, 100, 300
VERDICTS = ("approve", "decline")
UNWRITTEN = "neither the audit log nor what waits can be written or read now: ask again later"
ANSWER = {
    "type": "json_schema",
    "json_schema": {
        "name": "query",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"sql": {"type": "string"}, "explanation": {"type": "string"}},
            "required": ["sql", "explanation"],
            "additionalProperties": False,
        },
    },
}


def instruction() -> str:
    """What the model is told: the tables, and what a query may be."""
    lines = [
        f"You write one {POLICY['engine']} SELECT statement that answers a question, over these tables and columns.",
        "Name each table with its schema, and give tables aliases. Write no other statement, no comment, no SELECT *.",
        "Give JSON with `sql` and, in one sentence for people, `explanation`.",
        "If the tables cannot answer, leave `sql` empty and say in `explanation` what is missing.",
        f"Today is {dt.datetime.now(dt.UTC).date()}.",
    ]
    for table in POLICY["tables"]:
        lines.append(f"\n{table['name']}: {table['about']}")
        lines += [f"- {one['name']} {one['type']}: {one['about']}".rstrip(": ") for one in table["columns"]]
    return "\n".join(lines)


class Service:
    """What a running service holds."""

    def __init__(self) -> None:
        """Open the log and know the warehouse."""
        name = os.environ.get("HOSTNAME", "queries")
        self.writer = domicile_door.Writer(Path(os.environ["DOMICILE_AUDIT"]), name, POLICY["keep_days"])
        self.warehouse = domicile_warehouse.of(POLICY)
        self.documents = os.environ["DOCUMENTS"]
        self.client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=MODEL_S))
        self.places = asyncio.Semaphore(POLICY["parallel"])

    async def written(self, question: str) -> tuple[Query, str]:
        """The query that the model writes for a question, and its sentence; what is refused is told it, to try again.

        Raises:
            RefusedError: it writes none that may run, or does not answer.
        """
        said = [{"role": "system", "content": instruction()}, {"role": "user", "content": question}]
        for left in reversed(range(POLICY["attempts"])):
            text = await self._model(said)
            sql, explanation = _parts(text)
            if not sql and explanation:
                raise RefusedError(422, [explanation])
            try:
                return domicile_sql.checked(POLICY, sql), explanation
            except RefusedError as error:
                if not left:
                    raise
                again = f"It was refused: {'; '.join(error.reasons)}. Write another."
                said += [{"role": "assistant", "content": text}, {"role": "user", "content": again}]
        message = "no attempt is allowed"
        raise RefusedError(500, [message])

    async def _model(self, said: list[dict[str, str]]) -> str:
        body = {"model": POLICY["alias"], "messages": said, "temperature": 0, "response_format": ANSWER}
        return (await domicile_door.completion(self.client, os.environ["API_KEY"], body, refused_as=422)).text

    async def rows(self, one: dict[str, Any], query: Query) -> dict[str, Any]:
        """A query's rows, written down before anybody sees them.

        Raises:
            RefusedError: the warehouse does not answer.
        """
        begun = {
            "id": one["id"],
            "sql": query.sql,
            "by": one["by"],
            "tables": query.tables,
            "sensitive": query.sensitive,
        }
        await self.writer.write({"event": "begun", **begun})
        try:
            async with self.places:
                names, rows = await asyncio.to_thread(self.warehouse.rows, query.sql)
        except WarehouseError as error:
            await self.writer.write({"event": "failed", "id": one["id"], "why": str(error)[:500]})
            QUERIES.labels("failed").inc()
            raise RefusedError(502, [f"the warehouse: {error}"]) from error
        more = len(rows) > POLICY["rows"]
        await self.writer.write({"event": "ended", "id": one["id"], "rows": min(len(rows), POLICY["rows"])})
        QUERIES.labels("answered").inc()
        shown = {name: one[name] for name in ("id", "sql", "explanation", "size")}
        return {**shown, "columns": names, "rows": rows[: POLICY["rows"]], "more": more}

    async def size(self, sql: str) -> int:
        """How much a query would read.

        Raises:
            RefusedError: the warehouse does not say.
        """
        try:
            return await asyncio.to_thread(self.warehouse.size, sql)
        except WarehouseError as error:
            raise RefusedError(502, [f"the warehouse: {error}"]) from error

    async def kept(self, path: str, one: dict[str, Any]) -> None:
        """Keep something in the document store.

        Raises:
            RefusedError: it cannot be kept now.
        """
        try:
            await asyncio.to_thread(filer.write, self.documents, f"{path}/{one['id']}.json", json.dumps(one).encode())
        except OSError as error:
            raise RefusedError(503, ["what waits for approval cannot be kept now: ask again later"]) from error

    async def found(self, path: str, number: str) -> dict[str, Any]:
        """What was kept.

        Raises:
            RefusedError: nothing was.
        """
        try:
            name = f"{path}/{uuid.UUID(number)}.json"
            return json.loads(await asyncio.to_thread(filer.read, self.documents, name))
        except (ValueError, urllib.error.HTTPError) as error:
            raise RefusedError(404, [f"'{number}' is no question that is there"]) from error
        except OSError as error:
            raise RefusedError(503, ["the document store does not answer: ask again later"]) from error


def _parts(text: str) -> tuple[str, str]:
    """The model's query and sentence; a text that is not the JSON it should be is a query that will be refused."""
    try:
        found = json.loads(text)
        return str(found["sql"]).strip(), str(found["explanation"]).strip()[:LONGEST]
    except (ValueError, KeyError, TypeError):
        return text[:LONGEST], ""


async def question(request: Any) -> Any:
    """`POST /v1/questions`."""
    service: Service = request.app.state.service
    team = (await domicile_door.admitted(request, POLICY["oidc"], *POLICY["askers"])).team
    asked = await domicile_door.body_of(request)
    words, by = text_of(asked, "question", LONGEST), text_of(asked, "by", 200)
    one: dict[str, Any] = {"id": str(uuid.uuid4()), "team": team, "by": by}
    shown = words if POLICY["log_texts"] else ""
    await service.writer.write({"event": "asked", **one, "question": domicile_policy.digest(words), "words": shown})
    try:
        query, explanation = await service.written(words)
        one |= {"sql": query.sql, "explanation": explanation, "size": await service.size(query.sql)}
        why = reasons(query, one["size"])
        if not why:
            return responses.JSONResponse(await service.rows(one, query))
        await service.kept(OPEN, {**one, **asdict(query), "at": domicile_audit.now(), "question": words, "why": why})
    except RefusedError as error:
        await service.writer.write({"event": "refused", "id": one["id"], "reasons": error.reasons})
        QUERIES.labels("refused").inc()
        raise
    await service.writer.write({"event": "waits", "id": one["id"], "why": why})
    QUERIES.labels("waits").inc()
    told = {name: one[name] for name in ("id", "sql", "explanation", "size")}
    return responses.JSONResponse({**told, "waits": why}, status_code=202)


def reasons(query: Query, size: int) -> list[str]:
    """Why people must approve a query; none where it may run."""
    found = [f"it uses {name}" for name in query.sensitive]
    if size > POLICY["unasked"]:
        found.append(f"it reads {size:,} {POLICY['unit']}, {POLICY['unasked']:,} are read without asking")
    return found


async def run(request: Any) -> Any:
    """`POST /v1/questions/{question}`: the rows of what was approved."""
    service: Service = request.app.state.service
    team = (await domicile_door.admitted(request, POLICY["oidc"], *POLICY["askers"])).team
    number = str(request.path_params["question"])
    try:
        one = await service.found(DONE, number)
    except RefusedError:
        one = await service.found(OPEN, number)
    if one["team"] != team:
        raise RefusedError(404, [f"'{number}' is no question that is there"])
    if "verdict" not in one:
        return responses.JSONResponse({"id": number, "waits": one["why"]}, status_code=202)
    if one["verdict"] != "approve":
        raise RefusedError(403, [f"{one['approver']} declined it: {one['reason']}"])
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(one["approved"])
    if age > dt.timedelta(hours=POLICY["approved_hours"]):
        raise RefusedError(403, [f"it was approved more than {POLICY['approved_hours']} hours ago: ask again"])
    # the tables may be others since
    return responses.JSONResponse(await service.rows(one, domicile_sql.checked(POLICY, one["sql"])))


async def approvals(request: Any) -> Any:
    """`GET /v1/approvals`: what waits, the oldest first."""
    service: Service = request.app.state.service
    await domicile_door.admitted(request, POLICY["oidc"], POLICY["approvers"])

    def listed() -> list[dict[str, Any]]:
        names = [entry["FullPath"] for entry in filer.files(service.documents, OPEN)]
        return [json.loads(filer.read(service.documents, name)) for name in names]

    found = await asyncio.to_thread(listed)
    return responses.JSONResponse({"open": sorted(found, key=lambda one: one["at"])[:LISTED]})


async def approve(request: Any) -> Any:
    """`POST /v1/approvals/{question}`: what somebody else than who asked says of it."""
    service: Service = request.app.state.service
    await domicile_door.admitted(request, POLICY["oidc"], POLICY["approvers"])
    said = await domicile_door.body_of(request)
    verdict, by, reason = (
        text_of(said, "verdict", 20),
        text_of(said, "by", 200),
        text_of(said, "reason", LONGEST),
    )
    if verdict not in VERDICTS:
        raise RefusedError(400, [f"verdict: it is one of {', '.join(VERDICTS)}"])
    one = await service.found(OPEN, str(request.path_params["question"]))
    if by.casefold() == one["by"].casefold():
        raise RefusedError(403, [f"{by} asked it: somebody else approves"])
    given = {"verdict": verdict, "approver": by, "reason": reason, "approved": domicile_audit.now()}
    await service.writer.write({"event": "reviewed", "id": one["id"], "sql": one["sql"], **given})
    await service.kept(DONE, {**one, **given})
    await asyncio.to_thread(filer.remove, service.documents, f"{OPEN}/{one['id']}.json")
    QUERIES.labels("approved" if verdict == "approve" else "declined").inc()
    return responses.JSONResponse({"id": one["id"], **given})


@contextlib.asynccontextmanager
async def lifespan(application: Any) -> AsyncGenerator[None]:
    """Open what a service holds, and close it."""
    application.state.service = Service()
    yield
    await application.state.service.client.close()


app = Starlette(
    routes=[
        Route("/v1/questions", question, methods=["POST"]),
        Route("/v1/questions/{question}", run, methods=["POST"]),
        Route("/v1/approvals", approvals, methods=["GET"]),
        Route("/v1/approvals/{question}", approve, methods=["POST"]),
        Route("/health", domicile_door.live, methods=["GET"]),
        Route("/metrics/", domicile_door.metrics, methods=["GET"]),
    ],
    exception_handlers=domicile_door.handlers("query", UNWRITTEN),
    lifespan=lifespan,
)
