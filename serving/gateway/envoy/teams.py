"""Who may ask a gateway of Envoy what, and how much of it. Pure."""

from collections.abc import Iterator
from typing import Any

from serving.gateway.envoy.names import KEYS, METADATA, MODEL, SPENT, TEAM, TOKENS, Made, whole
from serving.gateway.envoy.refused import UNIT_USD
from serving.gateway.spec import NAME, GatewaySpec, Team


def let_in(spec: GatewaySpec) -> Made:
    """Who may ask what: a team its aliases, and those only whose back ends may see its class of data."""
    by_class = {alias.name: alias.data_classes for alias in spec.aliases}
    allowed = {team.name: [one for one in team.aliases if team.data_class in by_class[one]] for team in spec.teams}
    rules = [
        {"name": team, "action": "Allow", "principal": {"headers": [_is(TEAM, team), _is(MODEL, *names)]}}
        for team, names in allowed.items()
        if names
    ]
    listing = {"name": "listing", "action": "Allow", "operation": {"methods": ["GET"]}}
    return Made(
        key="let-in",
        kind="SecurityPolicy",
        name=NAME,
        spec={
            "targetRefs": [whole()],
            "apiKeyAuth": {
                "credentialRefs": [{"group": "", "kind": "Secret", "name": KEYS}],
                "extractFrom": [{"headers": ["Authorization"]}],
                "forwardClientIDHeader": TEAM,
                "sanitize": True,
            },
            "authorization": {
                "defaultAction": "Deny",
                "rules": [*rules, {**listing, "principal": {"headers": [_is(TEAM, *allowed)]}}],
            },
        },
    )


def _is(header: str, *values: str) -> dict[str, Any]:
    return {"name": header, "values": list(values)}


def limits(spec: GatewaySpec) -> list[Made]:
    """What teams may use in a minute and spend in a month, counted for all proxies and aliases together."""
    rules = [rule for team in spec.teams for rule in _limits_of(team)]
    if not rules:
        return []
    return [
        Made(
            key="limits",
            kind="BackendTrafficPolicy",
            name=NAME,
            spec={"targetRefs": [whole()], "rateLimit": {"type": "Global", "global": {"rules": rules}}},
        )
    ]


def _limits_of(team: Team) -> Iterator[dict[str, Any]]:
    whose = {
        "clientSelectors": [{"headers": [{"type": "Exact", "name": TEAM, "value": team.name}]}],
        "shared": True,
    }
    if team.requests is not None:
        yield {**whose, "limit": {"requests": team.requests, "unit": "Minute"}}
    if team.tokens is not None:
        yield {**whose, "limit": {"requests": team.tokens, "unit": "Minute"}, "cost": _afterwards(TOKENS)}
    if team.monthly_usd is not None:
        units = round(team.monthly_usd / UNIT_USD)
        yield {**whose, "limit": {"requests": units, "unit": "Month"}, "cost": _afterwards(SPENT)}


def _afterwards(key: str) -> dict[str, Any]:
    """A cost that is known once the answer is there; before, it is looked whether there is anything left."""
    return {
        "request": {"from": "Number", "number": 0},
        "response": {"from": "Metadata", "metadata": {"namespace": METADATA, "key": key}},
    }
