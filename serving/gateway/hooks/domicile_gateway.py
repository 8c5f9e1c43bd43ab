"""What LiteLLM calls: who a client is, what its request becomes, and what is written down.

The configuration names `domicile_gateway.authenticate` and `domicile_gateway.hooks`. Everything is decided in the
modules beside this one; here their answers are put into LiteLLM's terms.
"""

import asyncio
import contextlib
import functools
import importlib
import json
import math
import os
import time
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import domicile_audit
import domicile_identity
import domicile_metrics
import domicile_policy
import domicile_redaction
import domicile_review
import domicile_rollout
from domicile_ledger import Ledger
from domicile_policy import RefusedError
from domicile_request import Open, choices_of, headers_of, hidden_of, said_in, variant
from domicile_retries import Retries
from domicile_similar import Similar
from domicile_sleep import Sleepers
from domicile_traces import Traces

CustomLogger: Any = importlib.import_module("litellm.integrations.custom_logger").CustomLogger
UserAPIKeyAuth: Any = importlib.import_module("litellm.proxy._types").UserAPIKeyAuth
HTTPException: Any = importlib.import_module("fastapi").HTTPException
redis: Any = importlib.import_module("redis.asyncio")

FOLDER = Path(__file__).parent
POLICY: dict[str, Any] = json.loads((FOLDER / "policy.json").read_text(encoding="utf-8"))
KEYS: dict[str, str] = json.loads(os.environ.get("DOMICILE_KEYS", "{}"))
PATHS = ("/v1/chat/completions", "/chat/completions", "/v1/embeddings", "/embeddings", "/v1/models", "/models")


async def authenticate(request: Any, api_key: str | None) -> Any:
    """The team behind a key or a token.

    Raises:
        HTTPException: nobody is, or the address is none that a client may use.
    """
    path = request.url.path
    if path not in PATHS:
        raise HTTPException(status_code=404, detail={"error": f"this gateway does not serve {path}"})
    own = [name for name in request.headers if name.lower().startswith(("x-litellm-", "litellm-"))]
    if own:
        # they would set a request's number, its tries and its time: that is the gateway's business
        raise HTTPException(status_code=400, detail={"error": f"this gateway does not take {', '.join(own)}"})
    key = (api_key or "").removeprefix("Bearer ")
    team = KEYS.get(domicile_policy.digest(key)) or await domicile_identity.team_of(key, POLICY["oidc"])
    if team not in POLICY["teams"]:
        raise HTTPException(status_code=401, detail={"error": "the key is not known"})
    return UserAPIKeyAuth(
        api_key=domicile_policy.digest(key), team_id=team, models=POLICY["teams"][team]["aliases"], user_role=None
    )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _store() -> Any:
    return redis.Redis(
        host=os.environ["REDIS_HOST"],
        port=int(os.environ["REDIS_PORT"]),
        password=os.environ.get("REDIS_PASSWORD") or None,
        ssl=os.environ.get("REDIS_SSL", "") == "true",
        ssl_ca_certs=os.environ.get("REDIS_SSL_CA") or None,
        socket_timeout=5,
        socket_connect_timeout=5,
        max_connections=512,
    )


class Hooks(CustomLogger):
    """The gateway's hooks; requests that are under way are known by LiteLLM's call id."""

    def __init__(self) -> None:
        """Reach the store of the limits when it is first asked."""
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        store, failure = _store(), importlib.import_module("redis.exceptions").RedisError
        limits = POLICY["limits"]
        self._ledger = Ledger(store, window_s=limits["window_s"], lease_s=limits["lease_s"], failure=failure)
        self._similar = Similar(store, failure)
        self._retries = Retries(POLICY["retry_percent"])
        self._sleepers = Sleepers(POLICY["sleepers"])
        self._traces = Traces()
        self._log: domicile_audit.Log | None = None
        self._open: dict[str, Open] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def async_pre_call_hook(
        self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: str
    ) -> Any:
        """Decide, take from the limits, write it down, and change the request."""
        del cache, call_type
        team, call = user_api_key_dict.team_id, str(data["litellm_call_id"])
        await self._sweep()
        said, shares = "input" if "input" in data else "messages", domicile_rollout.shares()
        policy = domicile_policy.version(POLICY, team, data, shares)
        try:
            data[said] = domicile_redaction.redacted(data.get(said), policy["redact"])
            domicile_policy.refuse_denied(domicile_redaction.denied(data[said], policy["deny"]))
            decision = domicile_policy.decide(policy, team, data, shares, _today())
            changes = domicile_policy.apply(policy, team, decision, data)
            request = {**data, **changes}
            asked = domicile_policy.most_tokens(request.get("messages") or request.get("input"))
            answer = int(changes.get("max_tokens", 0)) * (domicile_policy.whole(data, "n") or 1)
            most = max(
                (domicile_policy.price(POLICY, model, asked, answer) for model in _models(decision.alias)), default=0
            )
            held = await self._ledger.reserve(team, POLICY["teams"][team], call, asked + answer, most)
        except RefusedError as refused:
            self._write(
                {"event": "refused", "id": call, "team": team, "asked": str(data.get("model")), "reason": refused.code}
            )
            domicile_metrics.REFUSALS.labels(team, refused.code).inc()
            if refused.code == "denied":
                domicile_metrics.unanswered(policy["version"], "refused")
            raise _http(refused) from None
        domicile_metrics.RUNNING.labels(decision.alias).inc()
        self._open[call] = one = Open(call, team, policy, decision, held, time.monotonic(), asked)
        try:
            self._write(self._begun(one, data))
        except HTTPException:
            await self._ledger.settle(held, 0, 0)
            self._close(one)
            domicile_metrics.REFUSALS.labels(team, "audit_unavailable").inc()
            raise
        for name in list(data):
            if name not in domicile_policy.FIELDS and name not in domicile_policy.OWN:
                del data[name]
        data.update(changes)
        self._traces.begin(one, data, policy["aliases"][decision.alias]["task"])
        if not self._retries.asked(decision.target):
            data["num_retries"] = 0
        if not await self._similar.known(one, data, _embedded, functools.partial(domicile_policy.price, POLICY)):
            await self._wake(one, data)
        return data

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> None:
        """Count a further try of a request."""
        del call_type
        told: dict[str, Any] = kwargs.get("metadata") or kwargs.get("litellm_metadata") or {}
        if told.get("attempted_retries"):
            self._retries.tried(str(told.get("model_group")))
            domicile_metrics.RETRIES.labels(str(told.get("model_group"))).inc()

    async def _wake(self, one: Open, data: dict[str, Any]) -> None:
        """Wait until the model is up, or ask who answers meanwhile; what an answer is held to begins then."""
        began = time.monotonic()
        try:
            data["model"] = await self._sleepers.up(str(data["model"]))
        except RefusedError as refused:
            await self._fail(one, refused.code)
            raise _http(refused) from None
        one.woke_s = time.monotonic() - began

    async def async_post_call_success_hook(self, data: dict[str, Any], user_api_key_dict: Any, response: Any) -> Any:
        """Look at an answer that did not stream: how sure the model was, what it cost; write it down."""
        del user_api_key_dict
        one = self._open.get(str(data.get("litellm_call_id")))
        if one is None:
            return response
        self._read(one, response)
        alias = one.policy["aliases"][one.decision.alias]
        one.confidence = domicile_policy.confidence(choices_of(response))
        if alias["confidence"] and one.confidence is not None and one.confidence < alias["confidence"]:
            one.review = "confidence"
            if alias["escalate"]:
                response = await self._escalate(one, alias["escalate"], data, response)
        if domicile_redaction.denied(said_in(response), one.policy["deny"]):
            await self._fail(one, "denied", answered=domicile_policy.size(said_in(response)))
            raise _http(RefusedError(502, "denied", "the answer has a phrase that this gateway does not pass on"))
        await self._end(one, response, data)
        return response

    async def _escalate(self, one: Open, larger: str, data: dict[str, Any], response: Any) -> Any:
        names = domicile_policy.FIELDS - {"model", "metadata", "proxy_server_request", "secret_fields", "logprobs"}
        said = {name: data[name] for name in names if name in data}
        try:
            better = await _router().acompletion(model=larger, **said)
        except Exception:  # noqa: BLE001 the small model's answer stands, and people will look at it
            return response
        one.aside_usd = one.usd
        self._read(one, better)
        one.review = "escalated"
        return better

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: Any, response: Any, request_data: dict[str, Any]
    ) -> AsyncIterator[Any]:
        """Let a stream through, its last piece only when the end is written down."""
        del user_api_key_dict
        one = self._open.get(str(request_data.get("litellm_call_id")))
        last: Any = None
        usage: Any = None
        text: list[str] = []
        try:
            async for piece in response:
                if last is not None:
                    yield last
                last = piece
                if one and one.first_s is None:
                    one.first_s = time.monotonic() - one.started
                usage = getattr(piece, "usage", None) or usage
                if one and not one.model:
                    one.model = str(hidden_of(piece).get("model_id") or "")
                text += [str(choice.delta.content or "") for choice in choices_of(piece)]
        except BaseException:
            if one:
                # a client that went away cancels this task at every wait: what is to be booked needs one of its own
                self._later(self._fail(one, "the stream broke off", answered=domicile_policy.size("".join(text))))
            raise
        if one:
            self._measure(one, usage or {"prompt_tokens": one.asked_tokens, "completion_tokens": len(text)})
            await self._end(one, "".join(text), request_data, used=usage)
        if last is not None:
            yield last

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: Any,
        traceback_str: str | None = None,
    ) -> None:
        """Write down that a request failed, and give back what it held."""
        del user_api_key_dict, traceback_str
        one = self._open.get(str(request_data.get("litellm_call_id")))
        if one:
            await self._fail(one, type(original_exception).__name__)

    async def async_post_call_response_headers_hook(
        self,
        data: dict[str, Any],
        user_api_key_dict: Any,
        response: Any,
        request_headers: dict[str, str] | None = None,
        litellm_call_info: dict[str, Any] | None = None,
    ) -> dict[str, str]:
        """Tell the client what was decided."""
        del user_api_key_dict, response, request_headers
        told = data.get("domicile_told")
        if told:
            return told
        one = self._open.get(str(data.get("litellm_call_id")))
        if not one:
            return {}
        if litellm_call_info and not one.model:
            one.model = str(litellm_call_info.get("model_id") or "")
        return headers_of(one)

    def _read(self, one: Open, response: Any) -> None:
        hidden = hidden_of(response)
        one.model = str(hidden.get("model_id") or one.model)
        if one.decision.cached and not one.reused:
            one.cache = "hit" if hidden.get("cache_hit") else "miss"
        self._measure(one, getattr(response, "usage", None) or {})

    def _measure(self, one: Open, usage: Any) -> None:
        told = usage if isinstance(usage, dict) else usage.model_dump()  # pyright: ignore[reportUnknownVariableType]
        asked, answered = int(told.get("prompt_tokens") or 0), int(told.get("completion_tokens") or 0)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        one.answered, one.prompted = answered, asked
        price = 0 if one.reused else domicile_policy.price(POLICY, one.model, asked, answered)
        one.usd = one.aside_usd + price / 1e6

    async def _end(self, one: Open, response: Any, data: dict[str, Any], used: Any = None) -> None:
        usage = used or getattr(response, "usage", None)
        tokens = int(getattr(usage, "total_tokens", 0) or 0) if not one.reused else 0
        spent = await self._ledger.settle(one.held, tokens, math.ceil(one.usd * 1e6))
        if not one.review and domicile_policy.sampled(one.id, one.policy["review"]["percent"]):
            one.review = "sample"
        if one.review:
            domicile_review.queue(one, data.get("messages"), said_in(response))
        if one.place and one.review in ("", "sample") and said_in(response):
            await self._similar.keep(one.place, said_in(response))
        fell_back = one.review != "escalated" and not one.model.startswith(f"{one.decision.target}@")
        self._write(
            {
                "event": "ended",
                "id": one.id,
                "team": one.team,
                "model": one.model,
                "fell_back": fell_back,
                "tokens": tokens,
                "usd": one.usd,
                "spent_usd": spent / 1e6,
                "cache": one.cache,
                "confidence": one.confidence,
                "review": one.review,
                "seconds": round(time.monotonic() - one.started, 4),
                "woke_s": round(one.woke_s, 1),
                **self._texts(answer=said_in(response)),
            }
        )
        data["domicile_told"] = headers_of(one)
        self._close(one)
        self._traces.end(one)
        self._sleepers.answered(one.model.partition("@")[0])
        seconds = time.monotonic() - one.started
        which = variant(one)
        alias = one.policy["aliases"][one.decision.alias]
        slow = domicile_policy.slow(alias, one.first_s, seconds, one.answered, one.woke_s)
        domicile_metrics.ended(one.decision.alias, one.team, which, slow=slow, fell_back=fell_back)
        domicile_metrics.measured(one.decision.alias, which, seconds, one.first_s, tokens, one.confidence)
        domicile_metrics.answered(one, slow=slow, fell_back=fell_back)
        if spent >= 0:
            domicile_metrics.SPENT.labels(one.team).set(spent / 1e6)
        if one.review:
            domicile_metrics.REVIEWS.labels(one.decision.alias, one.review).inc()

    async def _fail(self, one: Open, reason: str, answered: int = 0) -> None:
        self._close(one)
        self._traces.end(one, error=reason)
        domicile_metrics.failed(one.decision.alias, one.team, variant(one))
        domicile_metrics.unanswered(one.policy["version"], "failed")
        tokens = one.asked_tokens + answered if answered else 0
        usd = domicile_policy.price(POLICY, one.model, one.asked_tokens, answered) if answered else 0
        await self._ledger.settle(one.held, tokens, usd)
        with contextlib.suppress(HTTPException):
            self._write({"event": "failed", "id": one.id, "team": one.team, "reason": reason, "tokens": tokens})

    async def _sweep(self) -> None:
        """Close requests whose lease is over: those whose client went away and of which nobody told."""
        oldest = time.monotonic() - POLICY["limits"]["lease_s"]
        for one in [one for one in self._open.values() if one.started < oldest]:
            await self._fail(one, "nobody waited for its end")

    def _close(self, one: Open) -> None:
        if self._open.pop(one.id, None):
            domicile_metrics.RUNNING.labels(one.decision.alias).dec()

    def _begun(self, one: Open, data: dict[str, Any]) -> dict[str, Any]:
        said = data.get("messages") or data.get("input")
        return {
            "event": "begun",
            "id": one.id,
            "team": one.team,
            "data_class": POLICY["teams"][one.team]["data_class"],
            "asked": one.decision.asked,
            "alias": one.decision.alias,
            "variant": variant(one),
            "answers": one.policy["version"],
            "why": one.decision.why,
            "prompt": one.decision.prompt,
            "request": domicile_policy.digest(json.dumps(said, sort_keys=True, default=str)),
            **self._texts(messages=said),
        }

    def _texts(self, **texts: Any) -> dict[str, Any]:
        return texts if POLICY["audit"]["texts"] else {}

    def _write(self, record: dict[str, Any]) -> None:
        try:
            # LiteLLM makes these hooks more than once and uses one of them: only that one begins a file
            if self._log is None:
                self._log = domicile_audit.Log(Path(os.environ["DOMICILE_AUDIT"]), os.environ.get("HOSTNAME", ""))
            self._log.write(record)
        except OSError as error:
            reason = RefusedError(503, "audit_unavailable", f"the audit log cannot be written: {error.strerror}", 5)
            raise _http(reason) from None


def _router() -> Any:
    return importlib.import_module("litellm.proxy.proxy_server").llm_router


async def _embedded(alias: str, text: str) -> Any:
    return await _router().aembedding(model=alias, input=[text])


def _models(alias: str) -> list[str]:
    return POLICY["aliases"][alias]["models"]


def _http(refused: RefusedError) -> Any:
    headers = {"retry-after": str(refused.retry_after_s)} if refused.retry_after_s else None
    detail = {"error": refused.reason, "code": refused.code}
    return HTTPException(status_code=refused.status, detail=detail, headers=headers)


hooks = Hooks()
