"""Who a token of an identity provider (OIDC) belongs to: its signature, issuer, audience and time are checked."""

import asyncio
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: one client for each address of keys: it fetches them once and keeps them
_clients: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that was checked says: whose it is, the groups they are in, and which of them are teams."""

    subject: str
    groups: tuple[str, ...]
    teams: Mapping[str, str]

    @property
    def team(self) -> str:
        """The team of the first group that is one; empty where none is."""
        return next((self.teams[group] for group in self.groups if group in self.teams), "")


async def team_of(token: str, issuers: list[dict[str, Any]]) -> str:
    """The team that a token's claim names, empty where the token proves nothing."""
    claims = await claims_of(token, issuers)
    return claims.team if claims is not None else ""


async def claims_of(token: str, issuers: list[dict[str, Any]]) -> Claims | None:
    """What a token says; None where it proves nothing."""
    if token.count(".") != 2 or not issuers:
        return None
    jwt: Any = importlib.import_module("jwt")
    try:
        claimed = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError:
        return None
    issuer = next((one for one in issuers if one["issuer"] == claimed), None)
    if issuer is None:
        return None
    try:
        client = _clients.setdefault(issuer["keys"], jwt.PyJWKClient(issuer["keys"], timeout=5))
        key = await asyncio.to_thread(client.get_signing_key_from_jwt, token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=["RS256", "ES256"],
            audience=issuer["audience"],
            issuer=issuer["issuer"],
            options={"require": ["exp", "iss", "aud"]},
        )
    except jwt.PyJWTError:
        return None
    said: Any = claims.get(issuer["claim"], "")
    groups = tuple(str(one) for one in said) if isinstance(said, list) else (str(said),)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return Claims(str(claims.get("sub", "")), groups, issuer["teams"])
