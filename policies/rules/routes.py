"""Routes: where a gateway sends model requests, fallbacks among them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

from policies import limits, places
from policies.facts.kubernetes import GatewayFact
from policies.limits import LIMITS
from policies.places import Place, countries
from policies.rule import TEXTS, Problem, Rule, Settings, Severity
from policies.values import section

#: where a provider computes when its route names no address. Source: the providers' pages on data location
_PROVIDERS = {
    "openai": "US", "anthropic": "US", "gemini": "*", "mistral": "FR SE", "cohere": "US CA", "groq": "*",
    "deepseek": "CN", "together_ai": "US", "fireworks_ai": "*", "perplexity": "US", "openrouter": "*", "xai": "US",
    "replicate": "US", "deepinfra": "US", "dashscope": "CN", "moonshot": "CN", "huggingface": "*", "cerebras": "US",
    "sambanova": "US", "voyage": "US", "jina_ai": "*", "ai21": "*", "nvidia_nim": "*", "cloudflare": "*",
}  # fmt: skip


def destinations(model: dict[str, Any]) -> Iterator[Place]:
    """Where a model route sends requests; a place without countries where that cannot be told."""
    given = section(model, "litellm_params")
    name = str(given.get("model", ""))
    base = str(given.get("api_base") or "")
    told = [str(given[key]) for key in ("aws_region_name", "vertex_location", "vertex_ai_location") if given.get(key)]
    found = [
        place for text in (*told, name, base) for place in (places.location(text, "gcp"), *places.scan(text)) if place
    ]
    yield from found
    if found or _inside(base):
        return
    provider = name.partition("/")[0] if "/" in name else "openai"
    if base:
        yield Place(urlparse(base).hostname or base, frozenset())
    elif provider in _PROVIDERS:
        yield Place(f"{provider}'s own address", countries(_PROVIDERS[provider]))
    else:
        yield Place(f"{name or 'a route without a model'}", frozenset())


def _inside(base: str) -> bool:
    host = urlparse(base).hostname or ""
    return bool(host) and ("." not in host or host.endswith((".svc", ".cluster.local")))


def _stay(gateway: GatewayFact, settings: Settings) -> Iterator[Problem]:
    allowed_hosts = set(settings["allowed_hosts"])
    limit = limits.allowed(gateway.resource, settings)
    for model in gateway.models:
        base = str(section(model, "litellm_params").get("api_base") or "")
        if (urlparse(base).hostname or base) in allowed_hosts and base:
            continue
        for place in destinations(model):
            if limit is None or places.outside(place.countries, limit):
                where = f", which is in {place.words}" if place.countries else ", which is outside the cluster"
                yield Problem(f"requests for {model.get('model_name', '?')} go to {place.text}{where}", "data")


ROUTE = Rule(
    id="residency-inference-path",
    title="Model requests stay inside the cluster or an allowed country",
    severity=Severity.CRITICAL,
    reads=GatewayFact,
    problems=_stay,
    remedy="Route the alias to a server in the cluster, or add the host to allowed_hosts after a legal review.",
    refs=("GDPR Art. 44", "DPDP Rules r.15"),
    settings={**LIMITS, "allowed_hosts": {**TEXTS, "default": []}},
)
RULES = (ROUTE,)
