"""Where regions and people are: countries, jurisdictions, distances."""

import functools
import math
from dataclasses import dataclass

from catalog import tables
from catalog.tables import known

EARTH_KM = 6371.0
FIBRE_KM_PER_MS = 200.0
DETOUR = 1.5
LAST_MILE_MS = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Region:
    """A cloud's region. ``country`` is blank and ``place`` None where they are not known."""

    cloud: str
    region: str
    country: str
    name: str
    city: str
    partition: str
    place: Place | None
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Country:
    """A country; its users are taken to be at its largest city.

    ``adequacy`` is member, yes, no, or the words that limit a decision of adequacy under GDPR Article 45.
    """

    code: str
    place: Place
    in_eu: bool
    in_eea: bool
    adequacy: str
    source: str
    as_of: str


@functools.cache
def regions() -> dict[tuple[str, str], Region]:
    """Regions by cloud and name."""
    return {
        (row["cloud"], row["region"]): Region(
            row["cloud"],
            row["region"],
            row["country"],
            row["name"],
            row["city"],
            row["partition"],
            _place(row),
            row["source"],
            row["as_of"],
        )
        for row in tables.rows("regions")
    }


#: regions whose zones are not the first letters
_LETTERS = {("gcp", "us-east1"): "bcd", ("gcp", "europe-west1"): "bcd"}


def zones(cloud: str, region: str) -> tuple[str, ...]:
    """The zones of a region, three of each: what a region has for production. Empty for a region not known.

    Which zones an account sees differs on AWS (`us-east-1e` is not everyone's): the first three are everyone's.
    """
    if (cloud, region) not in regions():
        return ()
    joint = {"aws": "", "gcp": "-"}.get(cloud)
    if joint is None:
        return ("1", "2", "3")
    return tuple(f"{region}{joint}{letter}" for letter in _LETTERS.get((cloud, region), "abc"))


@functools.cache
def countries() -> dict[str, Country]:
    """Countries by their two letters."""
    found: dict[str, Country] = {}
    for row in tables.rows("countries"):
        place = _place(row)
        assert place is not None, row  # noqa: S101 the table's own test
        eu, eea = row["in_eu"] == "1", row["in_eea"] == "1"
        found[row["country"]] = Country(
            row["country"], place, eu, eea, row["gdpr_adequacy"], row["source"], row["as_of"]
        )
    return found


@functools.cache
def round_trip_ms(one: Place, other: Place) -> float:
    """A packet's way there and back, over fibre that takes detours, with the last mile."""
    return LAST_MILE_MS + 2 * distance_km(one, other) * DETOUR / FIBRE_KM_PER_MS


def distance_km(one: Place, other: Place) -> float:
    """The great-circle distance."""
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(across / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _place(row: tables.Row) -> Place | None:
    latitude, longitude = known(row["latitude"], float), known(row["longitude"], float)
    return None if latitude is None or longitude is None else Place(latitude, longitude)
