"""Where a text points to: regions, zones, ARNs, resource paths, hosts and inference profiles, with their countries."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from policies.tables import rows

ANYWHERE = "*"
_EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"
#: names that stand for several countries. Source: each cloud's pages on locations; checked 2026-11-22
GROUPS: dict[str, frozenset[str]] = {
    "EU": frozenset(_EU.split()),
    "EEA": frozenset(f"{_EU} IS LI NO".split()),
    "ASIA": frozenset({"JP", "TW", "SG", "HK", "KR", "IN", "ID"}),
    ANYWHERE: frozenset({ANYWHERE}),
}
#: Google Cloud's locations of several regions, in lower case. Source: Cloud Storage and Spanner, "Locations"
MULTI: dict[str, str] = {
    "us": "US", "eu": "EU", "asia": "ASIA", "europe": "EU", "in": "IN", "au": "AU", "ca": "CA", "de": "DE", "it": "IT",
    "nam4": "US", "nam3": "US", "nam5": "US", "nam6": "US", "nam7": "US", "nam8": "US", "nam9": "US", "nam10": "US",
    "nam11": "US", "nam12": "US", "nam13": "US", "nam14": "US", "nam15": "US", "nam16": "US",
    "eur3": "BE NL", "eur4": "FI NL", "eur5": "GB BE", "eur6": "NL DE", "eur7": "IT DE", "eur8": "DE BE CH",
    "us-central": "US", "europe-west": "BE",
    "asia1": "JP", "asia2": "IN SG", "nam-eur-asia1": "US BE NL TW", "nam-eur-asia3": "US BE NL TW",
    "global": ANYWHERE,
}  # fmt: skip
#: Azure's names of places that are no regions. Source: Communication Services and Azure AD B2C, "Data residency"
GEOGRAPHIES: dict[str, str] = {
    "Australia": "AU", "Brazil": "BR", "Canada": "CA", "Europe": "EU", "France": "FR", "Germany": "DE", "India": "IN",
    "Japan": "JP", "Korea": "KR", "Norway": "NO", "Switzerland": "CH", "United Kingdom": "GB", "UAE": "AE",
    "United States": "US", "Africa": "", "Asia Pacific": "",
}  # fmt: skip
#: Bedrock's geographic profiles. Source: Amazon Bedrock, "Supported Regions and models for inference profiles"
PROFILES: dict[str, str] = {
    "us": "US", "us-gov": "US", "eu": "EU", "apac": "JP KR IN SG AU", "jp": "JP", "au": "AU", "ca": "CA US",
    "in": "IN", "global": ANYWHERE,
}  # fmt: skip
_MAKERS = (
    "ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|"
    "mistral|moonshot|nvidia|openai|qwen|stability|twelvelabs|writer|zai"
)
_PROFILE = re.compile(rf"(?:^|[/:\s\"'=])({'|'.join(PROFILES)})\.(?:{_MAKERS})\.", re.IGNORECASE)
_ARN = re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]+):")
_HOST = re.compile(
    r"(?<![\w.@/-])(?:[a-z][a-z0-9+.-]{0,20}://)?(?:[^\s/@\"']{0,128}@)?((?:[a-z0-9_-]{1,63}\.){1,20}[a-z][a-z0-9-]{1,62})",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:^|/)(?:locations|regions|zones)/([a-z0-9-]+)")
#: a text that can only be a name
_PLAIN = re.compile(r"[\w-]+")
#: what a configuration or a command calls a place, and a word of a region's shape after it
_SAID = re.compile(
    r"([\w.-]{0,40}(?:region|location|zone)s?[\w.]{0,20})[\"']?\s*(?:[:=]\s*|\s+)"
    r"[\"'\[]{0,2}([a-z]{2,}[a-z0-9-]*\d?[a-z]?)(?![\w-])"
)
_ITEM = re.compile(r"^\s*-\s*[\"']?([a-z]{2,}-[a-z0-9-]+)[\"']?\s*$", re.MULTILINE)
_ZONE = re.compile(r"[a-z]|-[a-z]|-[a-z]{3}-\d[a-z]|-wl1-[a-z0-9-]+")
#: services whose ARNs name no region that data are in, and resources for which `global` is a place
_EVERY_REGION = frozenset({"iam", "sts", "organizations"})
_GLOBAL_PARTS = ("models", "endpoints", "keyRings", "buckets", "dataStores", "collections")
_SHAPE = re.compile(r"^(?:[a-z]{2}(?:-[a-z]+)+-\d+|[a-z]+-[a-z]+\d+)$")


@dataclass(frozen=True, slots=True)
class Place:
    """What a text names, and the countries it stands for; none are known where ``countries`` is empty."""

    text: str
    countries: frozenset[str]
    cloud: str = ""

    @property
    def words(self) -> str:
        """The countries, for people."""
        if ANYWHERE in self.countries:
            return "anywhere"
        for name in ("EU", "EEA"):
            if self.countries == GROUPS[name]:
                return f"the {name}"
        return ", ".join(sorted(self.countries)) or "a country not known"


@functools.cache
def regions() -> dict[tuple[str, str], str]:
    """The country of each region, by cloud and name."""
    return {(row["cloud"], row["region"]): row["country"] for row in rows("regions")}


@functools.cache
def _countries_by_name() -> dict[str, tuple[str, str]]:
    return {region: (cloud, country) for (cloud, region), country in regions().items()}


@functools.cache
def _display() -> dict[str, str]:
    return {row["name"].replace(" ", "").lower(): row["region"] for row in rows("regions") if row["cloud"] == "azure"}


@functools.cache
def _hosts() -> dict[str, tuple[frozenset[str], str]]:
    return {row["suffix"]: (countries(row["countries"]), row["what"]) for row in rows("hosts")}


@functools.cache
def paired(region: str) -> str:
    """The region that Azure copies a region's geo-redundant data to; empty where it has none."""
    return next((row["paired_region"] for row in rows("regions") if row["region"] == azure_name(region)), "")


def countries(names: str) -> frozenset[str]:
    """Codes and groups, separated by blanks, as countries."""
    found: set[str] = set()
    for name in names.split():
        found |= GROUPS.get(name, frozenset({name}))
    return frozenset(found)


def outside(places: frozenset[str], limit: frozenset[str]) -> bool:
    """Whether any of the countries is beyond the limit; none at all is."""
    return not places or ANYWHERE in places or not places <= limit


def azure_name(text: str) -> str:
    """`East US` and `eastus` are the same region."""
    plain = text.replace(" ", "").lower()
    return _display().get(plain, plain)


@functools.cache
def region(text: str, cloud: str = "") -> Place | None:
    """The region or zone that a text is; None where it is neither.

    A text of a region's shape that is not in the catalog is a place whose country is not known.
    """
    lower = text.lower()
    by_name = _countries_by_name()
    exact = by_name.get(lower) or by_name.get(azure_name(text))
    if exact is not None:
        return Place(text, countries(exact[1]), exact[0])
    start = _tokens().match(lower)
    name = start[0] if start and _ZONE.fullmatch(lower[start.end() :]) else _zone_ids().get(lower.partition("-az")[0])
    if name is not None:
        return Place(text, countries(by_name[name][1]), by_name[name][0])
    if cloud in ("aws", "gcp") and _SHAPE.match(lower):
        return Place(text, frozenset(), cloud)
    return None


@functools.cache
def _zone_ids() -> dict[str, str]:
    """AWS' short names of regions in zone ids: `use1` in `use1-az4`."""
    short = {"north": "n", "south": "s", "east": "e", "west": "w", "central": "c", "gov": "g"}
    found: dict[str, str] = {}
    for cloud, name in regions():
        if cloud == "aws":
            first, *middle, last = re.sub(r"(north|south)(east|west)", r"\1-\2", name).split("-")
            found[first + "".join(short.get(word, word[0]) for word in middle) + last] = name
    return found


@functools.cache
def location(text: str, cloud: str) -> Place | None:
    """What a property that holds a location says: a region, a zone, or a name for several regions."""
    cleaned = text.strip().strip("/").rpartition("/")[2]
    found = region(cleaned, cloud)
    if found is not None:
        return found
    if cloud == "azure" and text in GEOGRAPHIES:
        return Place(text, countries(GEOGRAPHIES[text]), cloud)
    if cloud == "gcp":
        lower = cleaned.lower()
        name = lower.removeprefix("regional-")
        if name != lower and (found := region(name, cloud)):
            return found
        if lower in MULTI:
            return Place(cleaned, countries(MULTI[lower]), cloud)
    return None


@functools.cache
def scan(text: str) -> tuple[Place, ...]:
    """Every place that a text points to by an ARN, a resource path, a host name or an inference profile."""
    if len(text) < 4 or _PLAIN.fullmatch(text):
        return ()
    found = (
        *_said(text),
        *(region(name, "aws") for service, name in _ARN.findall(text) if service not in _EVERY_REGION),
        *(location(name, "gcp") for name in _PATH.findall(text) if name != "global" or _global_data(text)),
        *(_profile(prefix.lower()) for prefix in _PROFILE.findall(text)),
        *(of_host(host.lower()) for host in _HOST.findall(text)),
    )
    return tuple({place.text: place for place in found if place is not None}.values())


def _said(text: str) -> Iterator[Place | None]:
    """Regions that a script, a command or a configuration in a text speaks of: `--region x`, `region: x`, `- x`."""
    lower = text.lower()
    if "region" in lower or "location" in lower or "zone" in lower:
        for name, before in ((one[2], one[1]) for one in _SAID.finditer(lower)):
            if "source" not in before:
                yield region(name)
    if "\n" in text:
        yield from (region(one) for one in _ITEM.findall(lower))


def profile_text(prefix: str) -> str:
    """How an inference profile is named in a place."""
    return f"inference profile {prefix}.*"


def _profile(prefix: str) -> Place:
    return Place(profile_text(prefix), countries(PROFILES[prefix]), "aws")


def _global_data(path: str) -> bool:
    return any(f"/{part}/" in path for part in _GLOBAL_PARTS)


@functools.cache
def of_host(host: str) -> Place | None:
    """Where a host is: by a region's name in it, else by whose it is; None where nothing is known of it."""
    for token in _tokens().findall(host):
        return Place(host, countries(_countries_by_name()[token][1]), _countries_by_name()[token][0])
    parts = host.split(".")
    spoken = _JURISDICTION.fullmatch(host)
    if spoken:
        return Place(host, countries((spoken[1] or spoken[2]).upper()))
    if host.endswith(".azure.snowflakecomputing.com"):
        found = region(parts[-4].replace("-", ""))
        return Place(host, found.countries if found else frozenset(), "azure")
    if host.endswith(_AZURE):
        for part in parts[:-2]:
            for piece in (part, part.rpartition("-")[2]):
                name = azure_name(piece)
                if ("azure", name) in regions():
                    return Place(host, countries(regions()["azure", name]), "azure")
    for index in range(len(parts) - 1):
        entry = _hosts().get(".".join(parts[index:]))
        if entry is not None and entry[0]:
            return Place(f"{host} ({entry[1]})", entry[0])
    return None


#: Google's endpoints of a jurisdiction, which two letters name
_JURISDICTION = re.compile(r"(?:(us|eu)-[a-z]+\.googleapis\.com|[a-z]+\.(us|eu)\.rep\.googleapis\.com)")
_AZURE = (
    ".azure.com",
    ".windows.net",
    ".microsoft.com",
    ".azure.net",
    ".azure-api.net",
    ".azurewebsites.net",
    ".azurecr.io",
)


@functools.cache
def _tokens() -> re.Pattern[str]:
    names = sorted((name for cloud, name in regions() if cloud in ("aws", "gcp")), key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(names)})(?![0-9])(?=$|[^a-z0-9]|[a-z](?:$|[^a-z0-9]))")
