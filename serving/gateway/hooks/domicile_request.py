"""A request that is under way, and what LiteLLM's answers say of it."""

from dataclasses import dataclass
from typing import Any

from domicile_ledger import Held
from domicile_policy import Decision
from domicile_similar import Place


@dataclass(slots=True)
class Open:
    """A request that is under way."""

    id: str
    team: str
    #: what the gateway does with it: the policy, or the one that would follow
    policy: dict[str, Any]
    decision: Decision
    held: Held
    started: float
    asked_tokens: int
    review: str = ""
    confidence: float | None = None
    usd: float = 0.0
    #: what was spent on it besides the model that answered
    aside_usd: float = 0.0
    #: where its answer is kept for questions like it
    place: Place | None = None
    model: str = ""
    cache: str = "off"
    first_s: float | None = None
    answered: int = 0
    #: how long it waited for a model that was asleep
    woke_s: float = 0.0
    #: the prompt's tokens as the model counted them
    prompted: int = 0
    span: Any = None

    @property
    def reused(self) -> bool:
        """Whether its answer was made for an earlier question."""
        return self.cache in ("hit", "similar")


def variant(one: Open) -> str:
    """Whether the canary or the stable version was asked."""
    return "stable" if one.decision.target == one.decision.alias else "canary"


def hidden_of(response: Any) -> dict[str, Any]:
    """What LiteLLM notes beside an answer."""
    return getattr(response, "_hidden_params", None) or {}


def choices_of(response: Any) -> list[Any]:
    """An answer's choices, or a piece's."""
    return getattr(response, "choices", None) or []


def said_in(response: Any) -> str:
    """What an answer says."""
    if isinstance(response, str):
        return response
    return "".join(str(choice.message.content or "") for choice in choices_of(response))


def headers_of(one: Open) -> dict[str, str]:
    """What a client is told of its request."""
    found = {
        "x-domicile-request": one.id,
        "x-domicile-alias": one.decision.alias,
        "x-domicile-model": one.model,
        "x-domicile-cache": one.cache,
        "x-domicile-usd": f"{one.usd:.6f}",
        "x-domicile-prompt": one.decision.prompt,
        "x-domicile-answers": one.policy["version"] if one.policy["version"] != "stable" else "",
        "x-domicile-review": one.review,
    }
    return {name: text for name, text in found.items() if text}
