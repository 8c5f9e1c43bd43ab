"""The one door of a workload that decides: a request's values in, an outcome out, in time and written down.

`POST /v1/decisions` asks the model; when it does not answer in time the rules decide. What is decided is in the audit
log before the client hears of it. `GET /v1/reviews` and `POST /v1/reviews/{decision}` are for the people it waits for.
"""

import asyncio
import contextlib
import importlib
import json
import os
import time
import uuid
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import domicile_audit
import domicile_identity
import domicile_metrics
import domicile_policy
import domicile_reviews
import domicile_scoring
from domicile_scoring import Outcome, RefusedError, UnusableError

Starlette: Any = importlib.import_module("starlette.applications").Starlette
Route: Any = importlib.import_module("starlette.routing").Route
responses: Any = importlib.import_module("starlette.responses")
aiohttp: Any = importlib.import_module("aiohttp")
prometheus: Any = importlib.import_module("prometheus_client")

FOLDER = Path(__file__).parent
POLICY: dict[str, Any] = json.loads((FOLDER / "decisions.json").read_text(encoding="utf-8"))
KEYS: dict[str, str] = json.loads(os.environ.get("DOMICILE_KEYS", "{}"))
SECRET = os.environ.get("DOMICILE_TOKENS", "").encode()
NAME, WITHIN_S = str(POLICY["name"]), POLICY["within_ms"] / 1000
#: what is left for the rules, the log and the way back when the model had its time
FOR_THE_MODEL = 0.7
LARGEST = 32 * 1024 * 1024
SHADOWS = 64


class Unavailable(Exception):  # noqa: N818 it is no error of ours
    """The model cannot be asked now."""


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


class Service:
    """What a running service holds."""

    def __init__(self) -> None:
        """Open the log and the outbox."""
        folder = Path(os.environ["DOMICILE_AUDIT"])
        self.writer = Writer(folder, os.environ.get("HOSTNAME", "decisions"), POLICY["keep_days"])
        self.reviews = domicile_reviews.Reviews(os.environ["DOCUMENTS"], folder / "outbox")
        self.client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.asked = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def ask(self, address: str, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """A model's or a feature store's answer.

        Raises:
            Unavailable: there is none.
        """
        try:
            async with self.client.post(address, json=body, headers=headers) as answer:
                if answer.status != 200:
                    message = f"{answer.status} from {address}"
                    raise Unavailable(message)
                return await answer.json(content_type=None)
        except (aiohttp.ClientError, ValueError) as error:
            message = f"{address}: {error}"
            raise Unavailable(message) from error

    async def features(self, known: dict[str, Any]) -> dict[str, Any]:
        """What the feature store knows of the request's entity; nothing is asked where there is none."""
        wanted = POLICY["features"]
        if wanted is None:
            return {}
        names = [f"{wanted['view']}:{name}" for name in wanted["names"]]
        body = {"features": names, "entities": {wanted["entity"]: [known[wanted["field"]]]}}
        told = await self.ask(f"{wanted['address']}/get-online-features", body)
        try:
            found = dict(zip(told["metadata"]["feature_names"], told["results"], strict=True))
            return {name: found[name]["values"][0] for name in wanted["names"] if name in found}
        except (KeyError, IndexError, TypeError, ValueError) as error:
            message = "the feature store's answer is none"
            raise Unavailable(message) from error

    async def scored(self, known: dict[str, Any], kept: dict[str, Any]) -> Outcome:
        """The model's outcome; what was looked up is added to ``kept``."""
        kept.update(await self.features(known))
        question = domicile_scoring.question(POLICY["model"], {**known, **kept})
        answer = await self._answer(question)
        score, reasons = domicile_scoring.answered(POLICY["model"], answer)
        if POLICY["challenger"] is not None and len(self.tasks) < SHADOWS:
            self.spawn(self._shadow(domicile_scoring.question(POLICY["challenger"], {**known, **kept}), score))
        return domicile_scoring.by_model(POLICY, score, reasons)

    async def _answer(self, question: dict[str, Any]) -> Any:
        burst = POLICY["burst"]
        if self.asked >= POLICY["parallel"]:
            if burst is None:
                message = "as many requests as the model takes are under way"
                raise Unavailable(message)
            return await self.ask(
                burst["address"], question, {"Authorization": f"Bearer {os.environ['BURST_API_KEY']}"}
            )
        self.asked += 1
        try:
            return await self.ask(POLICY["model"]["address"], question)
        finally:
            self.asked -= 1

    async def _shadow(self, question: dict[str, Any], score: float) -> None:
        """Ask the challenger too; it decides nothing."""
        with contextlib.suppress(Unavailable, UnusableError, OSError):
            other, _ = domicile_scoring.answered(
                POLICY["challenger"], await self.ask(POLICY["challenger"]["address"], question)
            )
            names = [domicile_scoring.by_model(POLICY, one, ()).name for one in (score, other)]
            await self.writer.write({"event": "shadow", "score": score, "other": other, "agrees": names[0] == names[1]})
            domicile_metrics.CONFIDENCE.labels(NAME, "challenger").observe(certainty(other))

    def spawn(self, work: Any) -> None:
        """Do something beside."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def certainty(score: float) -> float:
    """How far a score is from undecided: 0 in the middle, 1 at either end."""
    return abs(2 * score - 1)


async def caller_of(request: Any) -> str:
    """The team behind a key or a token; empty for nobody."""
    key = str(request.headers.get("authorization", "")).removeprefix("Bearer ")
    return KEYS.get(domicile_policy.digest(key)) or await domicile_identity.team_of(key, POLICY["oidc"])


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


async def decide(request: Any) -> Any:
    """`POST /v1/decisions`."""
    begun = time.perf_counter()
    service: Service = request.app.state.service
    team = await caller_of(request)
    if team not in POLICY["callers"]:
        return refused(401, ["the key is not known"], "", "key")
    try:
        asked = await body_of(request)
        known = domicile_scoring.values(POLICY, asked, SECRET)
    except RefusedError as error:
        return refused(error.status, error.reasons, team, "request")
    kept: dict[str, Any] = {}
    domicile_metrics.RUNNING.labels(NAME).inc()
    try:
        why, outcome = await decided(service, known, kept, WITHIN_S * FOR_THE_MODEL - (time.perf_counter() - begun))
        record = recorded(team, str(asked.get("id", ""))[:256], outcome, why, {**known, **kept})
        if outcome.waits:
            await service.reviews.put(record)
        await service.writer.write(record)
    except OSError:
        domicile_metrics.failed(NAME, team, "")
        return refused(503, ["the audit log cannot be written"], team, "audit_unavailable")
    finally:
        domicile_metrics.RUNNING.labels(NAME).dec()
    if outcome.waits:
        domicile_metrics.REVIEWS.labels(NAME, outcome.by).inc()
    domicile_metrics.OUTCOMES.labels(outcome.name).inc()
    seconds = time.perf_counter() - begun
    domicile_metrics.ended(NAME, team, "", slow=seconds > WITHIN_S, fell_back=outcome.by == "rules")
    sure = certainty(outcome.score) if outcome.score is not None else None
    domicile_metrics.measured(NAME, "", seconds, None, 0, sure)
    told = ("decision", "id", "outcome", "score", "by", "reasons", "waits")
    return responses.JSONResponse({name: record[name] for name in told})


async def decided(service: Service, known: dict[str, Any], kept: dict[str, Any], seconds: float) -> tuple[str, Outcome]:
    """The model's outcome within the time, else the rules'; and why not the model's."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            return "", await service.scored(known, kept)
    except TimeoutError:
        why = "late"
    except Unavailable as error:
        why = f"unavailable: {error}"
    except UnusableError as error:
        why = f"unusable: {error}"
    return why, domicile_scoring.by_rules(POLICY, {**known, **kept})


def recorded(team: str, number: str, outcome: Outcome, why: str, known: dict[str, Any]) -> dict[str, Any]:
    """What is written down of a decision: the values themselves only where the policy says so."""
    plain = {name: value for name, value in known.items() if not isinstance(value, list)}
    return {
        "event": "decided",
        "decision": str(uuid.uuid4()),
        "id": number,
        "at": domicile_audit.now(),
        "team": team,
        "model": f"{POLICY['model']['name']}@{POLICY['model']['version']}",
        "outcome": outcome.name,
        "score": outcome.score,
        "by": outcome.by,
        "not_model": why,
        "reasons": list(outcome.reasons),
        "waits": outcome.waits,
        "values": domicile_policy.digest(json.dumps(known, sort_keys=True)),
        "shown": plain if POLICY["log_values"] else {},
    }


async def reviews(request: Any) -> Any:
    """`GET /v1/reviews`: what waits for people, the oldest first."""
    service: Service = request.app.state.service
    team = await caller_of(request)
    if team != POLICY["reviewers"]:
        return refused(403, ["only those who look at decisions may"], team, "reviewer")
    return responses.JSONResponse({"open": await asyncio.to_thread(service.reviews.listed)})


async def review(request: Any) -> Any:
    """`POST /v1/reviews/{decision}`: people's own outcome."""
    service: Service = request.app.state.service
    team = await caller_of(request)
    if team != POLICY["reviewers"]:
        return refused(403, ["only those who look at decisions may"], team, "reviewer")
    try:
        given = domicile_scoring.reviewed(POLICY, await body_of(request))
        one = await asyncio.to_thread(service.reviews.waiting, str(request.path_params["decision"]))
        await service.writer.write({"event": "reviewed", "decision": one["decision"], **given})
        done = await asyncio.to_thread(service.reviews.close, {**one, "reviewed": given})
    except RefusedError as error:
        return refused(error.status, error.reasons, team, "request")
    except domicile_reviews.ReviewError as error:
        return refused(error.status, [str(error)], team, "request")
    return responses.JSONResponse(done)


async def live(request: Any) -> Any:
    """`GET /health`: the process answers. Whether a model does is no reason to restart it: the rules decide then."""
    del request
    return responses.JSONResponse({"ok": True})


async def metrics(request: Any) -> Any:
    """`GET /metrics/`."""
    del request
    return responses.Response(prometheus.generate_latest(), media_type=prometheus.CONTENT_TYPE_LATEST)


@contextlib.asynccontextmanager
async def lifespan(application: Any) -> AsyncGenerator[None]:
    """Open what a service holds, hand over what waits, and close."""
    service = Service()
    application.state.service = service
    handing = asyncio.create_task(service.reviews.run())
    yield
    handing.cancel()
    await service.client.close()


app = Starlette(
    routes=[
        Route("/v1/decisions", decide, methods=["POST"]),
        Route("/v1/reviews", reviews, methods=["GET"]),
        Route("/v1/reviews/{decision}", review, methods=["POST"]),
        Route("/health", live, methods=["GET"]),
        Route("/metrics/", metrics, methods=["GET"]),
    ],
    lifespan=lifespan,
)
