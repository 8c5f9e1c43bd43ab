"""What the texts in properties name: regions, hosts, models; in documents and scripts inside texts too."""

import base64
import functools
import json
import re
from typing import Any, NamedTuple

from policies import places, values
from policies.places import ANYWHERE, Place
from policies.values import Props, UnknownError, is_list, is_map

#: properties that hold a location by their name
_LOCATION = re.compile(
    r"^(region|location|zone|locations|regions|zones|regionName|locationName|locationId|availabilityZones?"
    r"|availabilityZoneId|dataLocations|storageLocations?|storageRegions?|replicaLocations?|replicaZones"
    r"|allowedPersistenceRegions|[a-z]+Regions?|[a-z]+Locations?|instanceConfig|config)$"
)
_FROM = re.compile(r"^source(Ami)?Region$")
#: texts for people, and marks that say nothing of where data are
_TEXTS = frozenset(
    [
        "tags",
        "tagsAll",
        "userLabels",
        "resourceLabels",
        "defaultTags",
        "description",
        "displayName",
        "comment",
        "name",
        "title",
        "purpose",
        "notes",
        "callerReference",
        "logoUri",
        "documentation",
        "externalId",
        "clientToken",
    ]
)
_VARIABLE = re.compile(r"^[A-Z0-9_]*(LOCATION|REGION)$")
_PAIRED = frozenset({"name", "value"})
_NESTED = frozenset({dict, list})
#: scripts that are handed over in base64
_ENCODED = frozenset({"userData", "userDataBase64", "customData", "startupScript"})
#: where a value that is not known leaves the place open
_DECISIVE = frozenset({"region", "location", "regionName", "locationName", "locationId"})
_NO_PLACE = frozenset({"global", "all", "*", "any", "none", "regional", "zonal"})


class Mention(NamedTuple):
    """A place, where it stands, and what it is there."""

    path: str
    place: Place
    role: str


def walk(value: Any, path: str, key: str, cloud: str, found: list[Mention]) -> None:
    """Collect what texts name. Paths are put together only where there is something to say."""
    if is_map(value):
        for name, item in value.items():
            if item.__class__ is str:
                called = _called(value, name, key) if name in _PAIRED else name
                if called not in _TEXTS and _meaning(item, called, cloud) is not None:
                    found += _told_by(item, called, cloud, f"{path}.{name}" if path else name)
            elif item.__class__ in _NESTED and name not in _TEXTS:
                told = _topology(item) if name == "labels" else item
                walk(told, f"{path}.{name}" if path else name, name, cloud, found)
    elif is_list(value):
        for index, item in enumerate(value):
            walk(item, f"{path}[{index}]", key, cloud, found)
    elif isinstance(value, str):
        meaning = _meaning(value, key, cloud)
        if meaning is not None:
            found += _told_by(value, key, cloud, path)


def _called(pair: Props, name: str, key: str) -> str:
    """What a value is called: a variable by its name beside it, a member of a list of places by the list."""
    if name == "name":
        return "region" if key in ("regions", "locations") else name
    beside = pair.get("name")
    return beside if isinstance(beside, str) and beside not in _TEXTS else name


def _topology(labels: Any) -> dict[str, Any]:
    """Of labels, those by which Kubernetes tells where something is."""
    labelled: dict[str, Any] = labels if is_map(labels) else {}
    return {key: value for key, value in labelled.items() if "topology." in key or "failure-domain." in key}


@functools.lru_cache(1 << 16)
def _told_by(value: str, key: str, cloud: str, path: str) -> tuple[Mention, ...]:
    """What a text that means something tells.

    Raises:
        UnknownError: it is a place that is not known yet.
    """
    if value in values.UNKNOWN:
        raise UnknownError(path)
    meaning = _meaning(value, key, cloud)
    if not meaning:
        return _inside(value, cloud, path)
    return tuple(
        Mention(path, place, "model endpoint" if place.text in _PROFILE_TEXTS else _role(path)) for place in meaning
    )


@functools.lru_cache(1 << 16)
def _meaning(value: str, key: str, cloud: str) -> tuple[Place, ...] | None:
    """The places a text names; None for none. An empty tuple asks for a closer look: it is unknown, or a document."""
    if not value:
        return None
    if value in values.UNKNOWN:
        return () if key in _DECISIVE else None
    if _document(value) is not None or key in _ENCODED:
        return ()
    exact = _exact(value, key, cloud)
    return (exact,) if exact is not None else places.scan(value) or None


def _document(value: str) -> dict[str, Any] | list[Any] | None:
    """What a text holds as JSON; None where it holds none."""
    if value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        parsed: Any = json.loads(value)
    except ValueError:
        return None
    return parsed if is_map(parsed) or is_list(parsed) else None


def _inside(value: str, cloud: str, path: str) -> tuple[Mention, ...]:
    """What a document or a script in a text tells: a policy by its statements, anything else by all it says."""
    document = _document(value)
    if document is None:
        return tuple(Mention(path, place, _role(path)) for place in places.scan(decoded(value)))
    if is_map(document) and "Statement" in document:
        return _in_policy(document, path)
    found: list[Mention] = []
    walk(document, "", "", cloud, found)
    return tuple(Mention(path, one.place, one.role if one.role != "place" else _role(path)) for one in found)


def decoded(value: str) -> str:
    """A script that is handed over in base64, or as it is."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return value


def _exact(value: str, key: str, cloud: str) -> Place | None:
    if len(value) > 64 or _FROM.match(key):
        return None
    if _VARIABLE.match(key):
        everywhere = value.lower() == "global"
        return Place("location global", frozenset({ANYWHERE})) if everywhere else places.location(value, "gcp")
    if _LOCATION.match(key):
        if value.lower() in _NO_PLACE:
            return None
        return places.location(value, cloud)
    return places.region(value)


#: what a place is, by the words of its property's path; the first that has one decides
_ROLES: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (role, frozenset(words.split()))
    for role, words in (
        ("image", "image images"),
        ("model endpoint", "model models inference bedrock llm foundation embedding"),
        ("sink", "log logs logging sink trace traces tracing telemetry metric metrics audit otel otlp"),
        ("backup", "backup backups snapshot snapshots copy copies vault recovery"),
        ("replica", "replica replicas replication secondary destination destinations partner partners failover global"),
        ("cache", "cache cdn"),
        ("endpoint", "endpoint endpoints url uri host hosts env environment variables external data target targets"),
    )
)
_PROFILE_TEXTS = frozenset(places.profile_text(prefix) for prefix in places.PROFILES)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@functools.cache
def _role(path: str) -> str:
    said = {word.lower() for word in _WORD.findall(path)}
    return next((role for role, words in _ROLES if said & words), "place")


def _in_policy(parsed: dict[str, Any], path: str) -> tuple[Mention, ...]:
    """Places that a policy document lets its holder use: those in statements that allow."""
    found: list[Mention] = []
    for _, statement in values.each(parsed, "Statement[]"):
        if is_map(statement) and statement.get("Effect") == "Allow":
            for _, text in values.each(statement, "Resource[]"):
                found += [Mention(path, place, "permission") for place in places.scan(str(text))]
    return tuple(found)
