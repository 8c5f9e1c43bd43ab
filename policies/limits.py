"""Which countries a resource's data may be in: what its tags say, what the configuration says, what the law says."""

import functools
import json
import sys
from collections.abc import Mapping
from typing import Any

from policies.law import PROFILES, Profile
from policies.places import countries
from policies.resource import Resource, codes
from policies.rule import TEXTS, Settings

#: where settings keep the text of their limits, once it is made
KEY = " limits"
LIMITS: Mapping[str, Any] = {
    "profiles": {**TEXTS, "default": [], "description": f"Laws, of {', '.join(PROFILES)}."},
    "allowed": {**TEXTS, "default": [], "description": "Countries (ISO 3166), or EU, EEA, for everything."},
    "classes": {"type": "object", "default": {}, "description": "Countries by class of data."},
    "transfers": {"type": "object", "default": {}, "description": "The safeguard for each further country."},
}


def profiles(settings: Settings) -> list[Profile]:
    """The laws that are asked for.

    Raises:
        KeyError: one of them is not known.
    """
    found: list[Profile] = []
    for name in settings.get("profiles") or ():
        if name not in PROFILES:
            message = f"there is no profile '{name}'; there are {', '.join(PROFILES)}"
            raise KeyError(message)
        found.append(PROFILES[name])
    return found


def allowed(resource: Resource, settings: Settings) -> frozenset[str] | None:
    """The countries a resource may be in; None where nothing limits it.

    A resource without a class of data is kept to the limits of every class.

    Raises:
        UnknownError: its tags are not known.
    """
    key = settings.get(KEY) or key_of(settings)
    return _limit(key, resource.tag("data-class"), resource.tag("jurisdictions"))


def key_of(settings: Settings) -> str:
    """The part of settings that limits places, as a text that is the same for the same limits."""
    return sys.intern(json.dumps({name: settings.get(name) for name in LIMITS}, sort_keys=True, default=str))


@functools.lru_cache(4096)
def _limit(key: str, told_class: str | None, told_countries: str | None) -> frozenset[str] | None:
    settings: dict[str, Any] = json.loads(key)
    kind, jurisdictions = (told_class or "").lower(), codes(told_countries or "")
    found: list[frozenset[str]] = []
    if settings.get("allowed"):
        found.append(_expand(settings["allowed"]))
    by_class: Mapping[str, Any] = settings.get("classes") or {}
    found += [_expand(names) for name, names in by_class.items() if not kind or kind == name]
    found += [
        law.allowed for law in profiles(settings) if law.allowed is not None and (not kind or kind in law.classes)
    ]
    if jurisdictions:
        found.append(_expand(jurisdictions))
    if not found:
        return None
    first, *others = found
    return first.intersection(*others) | _transfers(settings)


def words(limit: frozenset[str]) -> str:
    """A limit, for people."""
    return ", ".join(sorted(limit)) or "no country: its tags, the configuration and the laws exclude each other"


def countries_of(names: frozenset[str]) -> frozenset[str]:
    """Countries and groups of countries as countries."""
    return _expand(names)


def _expand(names: Any) -> frozenset[str]:
    return countries(" ".join(str(one).upper() for one in ([names] if isinstance(names, str) else names)))


def _transfers(settings: Settings) -> frozenset[str]:
    named: Mapping[str, Any] = settings.get("transfers") or {}
    return _expand([country for country, safeguard in named.items() if str(safeguard).strip()])
