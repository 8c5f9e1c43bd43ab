"""What the gateway's hooks read: `policy.json`, from the spec."""

from typing import Any

from serving.gateway.spec import Alias, Backend, GatewaySpec, Issuer, canary_of, model_id


def policy(spec: GatewaySpec, endpoints: dict[str, str], version: str = "stable") -> dict[str, Any]:
    """The policy, as ``hooks/domicile_policy.py`` takes it; ``endpoints`` are the servers' base URLs by name."""
    return {
        "version": version,
        "candidate": policy(spec.candidate, endpoints, "canary") if spec.candidate else None,
        "retry_percent": spec.retry_percent,
        "aliases": {alias.name: _alias(spec, alias) for alias in spec.aliases},
        "teams": {
            team.name: {
                "aliases": list(team.aliases),
                "data_class": team.data_class,
                "requests": team.requests,
                "tokens": team.tokens,
                "parallel": team.parallel,
                "monthly_usd": team.monthly_usd,
                "expires": team.expires,
                "similar": team.similar,
            }
            for team in spec.teams
        },
        "prices": {
            model_id(alias, one.name): {"input": one.usd_input, "output": one.usd_output}
            for alias, one in _priced(spec)
        },
        "prompts": _prompts(spec),
        "cache": {"never": list(spec.never_cached)},
        "limits": {"window_s": spec.window_s, "lease_s": spec.longest_s + 60},
        "oidc": [_issuer(one) for one in spec.issuers],
        "redact": list(spec.redact),
        "deny": list(spec.deny),
        "audit": {"texts": spec.audit_texts},
        "review": {"percent": spec.review_percent},
        "sleepers": {
            alias.name: {
                "url": f"{alias.backends[0].address or endpoints[alias.backends[0].name]}/models",
                "within_s": alias.sleep.within_s,
                "meanwhile": alias.sleep.meanwhile,
            }
            for alias in spec.aliases
            if alias.sleep
        },
    }


def _priced(spec: GatewaySpec) -> list[tuple[str, Backend]]:
    found = [(alias.name, one) for alias in spec.aliases for one in alias.backends]
    return [*found, *((canary_of(alias.name), alias.canary) for alias in spec.aliases if alias.canary)]


def _alias(spec: GatewaySpec, alias: Alias) -> dict[str, Any]:
    return {
        "task": alias.task,
        "models": [
            *(model_id(one.name, backend.name) for one in spec.answering(alias) for backend in one.backends),
            *([model_id(canary_of(alias.name), alias.canary.name)] if alias.canary else []),
        ],
        "canary": canary_of(alias.name) if alias.canary else "",
        "answer_tokens": alias.answer_tokens,
        "rules": [
            {"use": rule.use, "prompt_tokens_over": rule.prompt_tokens_over, "teams": list(rule.teams)}
            for rule in alias.rules
        ],
        "cache_s": alias.cache_s,
        "similar": alias.similar,
        "embedder": alias.embedder,
        "data_classes": list(alias.data_classes),
        "confidence": alias.confidence,
        "escalate": alias.escalate,
        "first_token_s": alias.first_token_s,
        "per_token_s": alias.per_token_s,
    }


def _prompts(spec: GatewaySpec) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in spec.prompts:
        found.setdefault(one.name, {})[one.version] = {"text": one.text, "weight": one.weight}
    return found


def _issuer(one: Issuer) -> dict[str, Any]:
    return {
        "issuer": one.issuer,
        "audience": one.audience,
        "keys": one.keys,
        "claim": one.claim,
        "teams": dict(one.teams),
    }
