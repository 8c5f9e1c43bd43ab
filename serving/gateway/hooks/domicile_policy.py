"""Decides what a request to the gateway becomes: which model, which prompt, whether it may be cached. Pure.

The policy is `policy.json` beside this file, written by the stack; its shape is that of ``serving.gateway.policy``.
"""

import hashlib
import math
import zlib
from dataclasses import dataclass
from typing import Any

#: what a client may say in a request; anything else is dropped, so that no client names an address, a key or a cache
FIELDS = frozenset(
    {
        "audio",
        "dimensions",
        "encoding_format",
        "frequency_penalty",
        "input",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "proxy_server_request",
        "reasoning_effort",
        "response_format",
        "secret_fields",
        "seed",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
    }
)
OWN = ("litellm_call_id", "litellm_logging_obj", "litellm_metadata", "guardrails", "standard_callback_dynamic_params")
CHARACTERS_PER_TOKEN = 3
#: under which the share of the answers' candidate stands among those of aliases, which have no such name
ANSWERS = ":answers"
PER_MESSAGE = 8


class RefusedError(Exception):
    """A request that is refused: the HTTP status, the reason for the client, and when to come again."""

    def __init__(self, status: int, code: str, reason: str, retry_after_s: int = 0) -> None:
        """Say why."""
        super().__init__(reason)
        self.status = status
        self.code = code
        self.reason = reason
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a request goes. ``why`` names the rule; ``prompt`` is `name@version`, empty without one.

    ``target`` is the alias, or its canary's name.
    """

    asked: str
    alias: str
    target: str
    why: str
    prompt: str
    system: str
    cached: bool


def digest(text: str) -> str:
    """The digest under which a key is known."""
    return hashlib.sha256(text.encode()).hexdigest()


def size(value: Any) -> int:
    """About how many tokens a prompt has, from its characters; rather more."""
    return math.ceil(len(_text(value)) / CHARACTERS_PER_TOKEN)


def most_tokens(value: Any) -> int:
    """The most tokens a prompt may have: no tokenizer makes more of a text than its bytes, and each message a few."""
    messages = len(value) if isinstance(value, list) else 1  # pyright: ignore[reportUnknownArgumentType]
    return len(_text(value).encode()) + PER_MESSAGE * messages


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return " ".join(_text(part) for part in value.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return " ".join(_text(part) for part in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return ""


def version(policy: dict[str, Any], team: str, request: dict[str, Any], shares: dict[str, int]) -> dict[str, Any]:
    """The policy for a request: the one that would follow for its share of people, of requests where none is named."""
    follows = policy.get("candidate")
    who = f"{team} {request['user']}" if request.get("user") else str(request.get("litellm_call_id"))
    # another lot than that of the canary and of people's samples, or the same requests would be all of them
    return follows if follows and sampled(f"answers {who}", shares.get(ANSWERS, 0)) else policy


def refuse_denied(phrase: str) -> None:
    """Refuse a request that has a phrase which does not pass.

    Raises:
        RefusedError: it has one.
    """
    if phrase:
        raise RefusedError(400, "denied", "the request has a phrase that this gateway does not pass on")


def decide(
    policy: dict[str, Any],
    team: str,
    request: dict[str, Any],
    shares: dict[str, int] | None = None,
    today: str = "",
) -> Decision:
    """The decision for a request of a team; ``shares`` are the percents that canaries have now, by alias.

    Raises:
        RefusedError: the team's time is over, it may not use the alias, its data may not go there, or the prompt is
            not known.
    """
    asked = str(request.get("model", ""))
    member = policy["teams"][team]
    if member["expires"] and today > member["expires"]:
        raise RefusedError(403, "ended", f"the access of the team '{team}' ended on {member['expires']}")
    if asked not in policy["aliases"] or asked not in member["aliases"]:
        known = ", ".join(member["aliases"]) or "none"
        raise RefusedError(403, "alias_not_allowed", f"the team '{team}' has no alias '{asked}'; it has {known}")
    alias, why = _routed(policy, team, asked, request)
    allowed = policy["aliases"][alias]["data_classes"]
    if member["data_class"] not in allowed:
        reason = f"'{alias}' takes data of the classes {', '.join(allowed)}, not '{member['data_class']}'"
        raise RefusedError(403, "data_class_not_allowed", reason)
    prompt, system = _prompt(policy, team, request)
    cached = bool(policy["aliases"][alias]["cache_s"]) and member["data_class"] not in policy["cache"]["never"]
    cached = cached and policy["version"] == "stable"
    target = alias
    if policy["aliases"][alias]["canary"] and sampled(
        f"canary {request.get('litellm_call_id')}", (shares or {}).get(alias, 0)
    ):
        target, why, cached = policy["aliases"][alias]["canary"], "canary", False
    return Decision(asked, alias, target, why, prompt, system, cached)


def _routed(policy: dict[str, Any], team: str, asked: str, request: dict[str, Any]) -> tuple[str, str]:
    tokens = size(request.get("messages") or request.get("input"))
    for number, rule in enumerate(policy["aliases"][asked]["rules"]):
        over, teams = rule["prompt_tokens_over"], rule["teams"]
        if (over is None or tokens > over) and (not teams or team in teams):
            return rule["use"], f"rule {number + 1}"
    return asked, "alias"


def _prompt(policy: dict[str, Any], team: str, request: dict[str, Any]) -> tuple[str, str]:
    told: dict[str, Any] = request.get("metadata") or {}
    name = str(told.get("prompt", ""))
    if not name:
        return "", ""
    versions = policy["prompts"].get(name)
    if not versions:
        known = ", ".join(policy["prompts"]) or "none"
        raise RefusedError(400, "prompt_not_known", f"there is no prompt '{name}'; there are {known}")
    wanted = str(told.get("prompt_version", ""))
    if wanted and wanted not in versions:
        known = ", ".join(versions)
        raise RefusedError(400, "prompt_not_known", f"the prompt '{name}' has no version '{wanted}'; it has {known}")
    version = wanted or pick(versions, f"{name} {team} {request.get('user', '')}")
    return f"{name}@{version}", versions[version]["text"]


def pick(versions: dict[str, Any], who: str) -> str:
    """The version that somebody gets: always the same one, and each version its share of people."""
    total = sum(one["weight"] for one in versions.values())
    point = zlib.crc32(who.encode()) % 10_000 / 10_000 * total
    for version, one in versions.items():
        point -= one["weight"]
        if point < 0:
            return version
    return list(versions)[-1]


def sampled(call: str, percent: int) -> bool:
    """Whether a request is one of the share that people look at: the same one always gets the same answer."""
    return zlib.crc32(call.encode()) % 100 < percent


def whole(request: dict[str, Any], name: str) -> int:
    """A number of a request, 0 where it says none.

    Raises:
        RefusedError: it is no whole number above 0.
    """
    value = request.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise RefusedError(400, "not_a_number", f"{name}: a whole number above 0 is needed")
    return value


def apply(policy: dict[str, Any], team: str, decision: Decision, request: dict[str, Any]) -> dict[str, Any]:
    """The changes to a request that a decision means."""
    alias = policy["aliases"][decision.alias]
    changes: dict[str, Any] = {"model": decision.target, "cache": {"no-cache": True, "no-store": True}}
    if decision.cached:
        changes["cache"] = {"use-cache": True, "ttl": alias["cache_s"], "namespace": f"{team}:{decision.prompt}"}
    if decision.system:
        changes["messages"] = [{"role": "system", "content": decision.system}, *request.get("messages", [])]
    if alias["task"] == "generate":
        limit = alias["answer_tokens"]
        asked = whole(request, "max_completion_tokens") or whole(request, "max_tokens") or limit
        changes["max_tokens"] = min(asked, limit)
        if "max_completion_tokens" in request:
            changes["max_completion_tokens"] = changes["max_tokens"]
        if request.get("stream"):
            changes["stream_options"] = {"include_usage": True}
        elif alias["confidence"]:
            changes["logprobs"] = True
    return changes


def confidence(choices: Any) -> float | None:
    """The mean probability of an answer's tokens (geometric); None when the engine does not tell."""
    logprobs: list[float] = []
    for choice in choices:
        told = getattr(choice, "logprobs", None)
        content = told.get("content") if isinstance(told, dict) else getattr(told, "content", None)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        for token in content or []:  # pyright: ignore[reportUnknownVariableType]
            logprobs.append(token["logprob"] if isinstance(token, dict) else token.logprob)  # noqa: PERF401  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    return math.exp(sum(logprobs) / len(logprobs)) if logprobs else None


def slow(alias: dict[str, Any], first_s: float | None, total_s: float, tokens: int, woke_s: float = 0.0) -> bool:
    """Whether an answer took longer than its alias allows; ``first_s`` is None where it did not stream.

    What it waited for its model to wake up (``woke_s``) is not counted.
    """
    first, each = alias["first_token_s"], alias["per_token_s"]
    if not first:
        return False
    if first_s is None:
        return total_s - woke_s > first + each * tokens
    return first_s - woke_s > first or (total_s - first_s) > each * max(tokens - 1, 1)


def price(policy: dict[str, Any], model: str, prompt_tokens: int, answer_tokens: int) -> int:
    """The price of a request in millionths of a US dollar, rounded up; of the dearest model when it is not known."""
    prices = policy["prices"]
    found = [prices[model]] if model in prices else list(prices.values())
    return max((math.ceil(prompt_tokens * one["input"] + answer_tokens * one["output"]) for one in found), default=0)
