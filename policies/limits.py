"""Which countries a resource's data may be in: what its tags say, what the configuration says, what the law says."""

from collections.abc import Mapping
from typing import Any

from policies.law import PROFILES, Profile
from policies.places import ANYWHERE, countries
from policies.resource import Resource
from policies.rule import Settings

_TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "default": []}
LIMITS: Mapping[str, Any] = {
    "profiles": {**_TEXTS, "description": f"Laws, of {', '.join(PROFILES)}."},
    "allowed": {**_TEXTS, "description": "Countries (ISO 3166), or EU, EEA, for everything."},
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
    found: list[frozenset[str]] = []
    if settings.get("allowed"):
        found.append(_expand(settings["allowed"]))
    kind = resource.data_class
    by_class: Mapping[str, Any] = settings.get("classes") or {}
    found += [_expand(names) for name, names in by_class.items() if not kind or kind == name]
    found += [
        law.allowed for law in profiles(settings) if law.allowed is not None and (not kind or kind in law.classes)
    ]
    if resource.jurisdictions:
        found.append(_expand(resource.jurisdictions))
    if not found:
        return None
    first, *others = found
    return first.intersection(*others) | _transfers(settings)


def outside(places: frozenset[str], limit: frozenset[str]) -> bool:
    """Whether any of the countries is beyond the limit; none at all is."""
    return not places or ANYWHERE in places or not places <= limit


def words(limit: frozenset[str]) -> str:
    """A limit, for people."""
    return ", ".join(sorted(limit)) or "nowhere"


def countries_of(names: frozenset[str]) -> frozenset[str]:
    """Countries and groups of countries as countries."""
    return _expand(names)


def _expand(names: Any) -> frozenset[str]:
    return countries(" ".join(str(one).upper() for one in ([names] if isinstance(names, str) else names)))


def _transfers(settings: Settings) -> frozenset[str]:
    named: Mapping[str, Any] = settings.get("transfers") or {}
    return _expand([country for country, safeguard in named.items() if str(safeguard).strip()])
