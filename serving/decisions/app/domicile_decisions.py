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
from dataclasses import replace
from pathlib import Path
from typing import Any

import domicile_audit
import domicile_door
import domicile_metrics
import domicile_policy
import domicile_reviews
import domicile_scoring
from domicile_refused import RefusedError
from domicile_scoring import Outcome, UnusableError

Starlette: Any = importlib.import_module("starlette.applications").Starlette
Route: Any = importlib.import_module("starlette.routing").Route
responses: Any = importlib.import_module("starlette.responses")
aiohttp: Any = importlib.import_module("aiohttp")

FOLDER = Path(__file__).parent
POLICY: dict[str, Any] = json.loads((FOLDER / "decisions.json").read_text(encoding="utf-8"))
SECRET = os.environ.get("DOMICILE_TOKENS", "").encode()
NAME, WITHIN_S = str(POLICY["name"]), POLICY["within_ms"] / 1000
#: what is left for the rules, the log and the way back when the model had its time
FOR_THE_MODEL = 0.7
SHADOWS = 64
HERE, ELSEWHERE = "here", "elsewhere"
#: a model elsewhere that failed so often in a row is left alone for so long: its time is the own one's
FAILURES, REST_S = 5, 10.0


class Unavailable(Exception):  # noqa: N818 it is no error of ours
    """The model cannot be asked now."""


class Service:
    """What a running service holds."""

    def __init__(self) -> None:
        """Open the log and the outbox."""
        folder = Path(os.environ["DOMICILE_AUDIT"])
        self.writer = domicile_door.Writer(folder, os.environ.get("HOSTNAME", "decisions"), POLICY["keep_days"])
        self.reviews = domicile_reviews.Reviews(os.environ["DOCUMENTS"], folder / "outbox")
        self.client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.asked = self.failed = 0
        self.rests_until = 0.0
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
        answer, at = await self._answer(question)
        score, reasons = domicile_scoring.answered(POLICY["model"], answer)
        if POLICY["challenger"] is not None and len(self.tasks) < SHADOWS:
            self.spawn(self._shadow(domicile_scoring.question(POLICY["challenger"], {**known, **kept}), score))
        outcome = replace(domicile_scoring.by_model(POLICY, score, reasons), at=at)
        return (
            replace(outcome, choices=domicile_scoring.chosen(POLICY, answer, outcome)) if POLICY["choices"] else outcome
        )

    async def _answer(self, question: dict[str, Any]) -> tuple[Any, str]:
        """A model's answer, and which one's: that elsewhere where it is asked first, or where the own one is full."""
        burst = POLICY["burst"]
        if burst is not None and burst["first"] and time.monotonic() >= self.rests_until:
            with contextlib.suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(WITHIN_S * FOR_THE_MODEL / 2):
                    answer = await self._elsewhere(question)
                    self.failed = 0
                    return answer, ELSEWHERE
            self.failed += 1
            if self.failed >= FAILURES:
                self.rests_until = time.monotonic() + REST_S
        if self.asked >= POLICY["parallel"]:
            if burst is None or burst["first"]:
                message = "as many requests as the model takes are under way"
                raise Unavailable(message)
            return await self._elsewhere(question), ELSEWHERE
        self.asked += 1
        try:
            return await self.ask(POLICY["model"]["address"], question), HERE
        finally:
            self.asked -= 1

    async def _elsewhere(self, question: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {os.environ['BURST_API_KEY']}"}
        return await self.ask(POLICY["burst"]["address"], question, headers)

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


async def decide(request: Any) -> Any:
    """`POST /v1/decisions`."""
    begun = time.perf_counter()
    service: Service = request.app.state.service
    team = await domicile_door.caller_of(request, POLICY["oidc"])
    if team not in POLICY["callers"]:
        return domicile_door.refused(401, ["the key is not known"], "", "key")
    try:
        asked = await domicile_door.body_of(request)
        known = domicile_scoring.values(POLICY, asked, SECRET)
    except RefusedError as error:
        return domicile_door.refused(error.status, error.reasons, team, "request")
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
        return domicile_door.refused(503, ["the audit log cannot be written"], team, "audit_unavailable")
    finally:
        domicile_metrics.RUNNING.labels(NAME).dec()
    if outcome.waits:
        domicile_metrics.REVIEWS.labels(NAME, outcome.by).inc()
    domicile_metrics.OUTCOMES.labels(outcome.name).inc()
    seconds = time.perf_counter() - begun
    domicile_metrics.ended(NAME, team, "", slow=seconds > WITHIN_S, fell_back=outcome.by == "rules")
    sure = certainty(outcome.score) if outcome.score is not None else None
    domicile_metrics.measured(NAME, "", seconds, None, 0, sure)
    told = ("decision", "id", "outcome", "score", "by", "reasons", "waits", "choices")
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
        "at_model": outcome.at,
        "choices": list(outcome.choices),
        "not_model": why,
        "reasons": list(outcome.reasons),
        "waits": outcome.waits,
        "values": domicile_policy.digest(json.dumps(known, sort_keys=True)),
        "shown": plain if POLICY["log_values"] else {},
    }


async def reviews(request: Any) -> Any:
    """`GET /v1/reviews`: what waits for people, the oldest first."""
    service: Service = request.app.state.service
    team = await domicile_door.caller_of(request, POLICY["oidc"])
    if team != POLICY["reviewers"]:
        return domicile_door.refused(403, ["only those who look at decisions may"], team, "reviewer")
    return responses.JSONResponse({"open": await asyncio.to_thread(service.reviews.listed)})


async def review(request: Any) -> Any:
    """`POST /v1/reviews/{decision}`: people's own outcome."""
    service: Service = request.app.state.service
    team = await domicile_door.caller_of(request, POLICY["oidc"])
    if team != POLICY["reviewers"]:
        return domicile_door.refused(403, ["only those who look at decisions may"], team, "reviewer")
    try:
        given = domicile_scoring.reviewed(POLICY, await domicile_door.body_of(request))
        one = await asyncio.to_thread(service.reviews.waiting, str(request.path_params["decision"]))
        await service.writer.write({"event": "reviewed", "decision": one["decision"], **given})
        done = await asyncio.to_thread(service.reviews.close, {**one, "reviewed": given})
    except RefusedError as error:
        return domicile_door.refused(error.status, error.reasons, team, "request")
    except domicile_reviews.ReviewError as error:
        return domicile_door.refused(error.status, [str(error)], team, "request")
    return responses.JSONResponse(done)


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
        Route("/health", domicile_door.live, methods=["GET"]),
        Route("/metrics/", domicile_door.metrics, methods=["GET"]),
    ],
    lifespan=lifespan,
)
