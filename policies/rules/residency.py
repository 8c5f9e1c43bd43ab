"""Residency: data and the requests that carry it stay where they belong."""

from urllib.parse import urlparse

from pulumi_policy import Severity

from policies.facts.contract import PlaceFact, RouteFact, WallFact
from policies.rule import Rule, Settings

JURISDICTIONS = "domicile.dev/jurisdictions"
DATA_CLASS = "domicile.dev/data-class"


def _declares(place: PlaceFact, settings: Settings) -> list[str]:
    del settings
    if "app.kubernetes.io/part-of" not in place.labels:
        return []
    missing = [name for name, there in ((JURISDICTIONS, place.notes), (DATA_CLASS, place.labels)) if name not in there]
    return [f"it does not say {name}" for name in missing]


def _within(place: PlaceFact, settings: Settings) -> list[str]:
    allowed = set(settings["allowed"])
    if not allowed or JURISDICTIONS not in place.notes:
        return []
    outside = [one for one in str(place.notes[JURISDICTIONS]).split(",") if one not in allowed]
    return [f"{', '.join(outside)} is not among the allowed {', '.join(sorted(allowed))}"] if outside else []


def _stays(route: RouteFact, settings: Settings) -> list[str]:
    allowed = set(settings["allowed_hosts"])
    found: list[str] = []
    for endpoint in route.endpoints:
        host = urlparse(endpoint).hostname or endpoint
        inside = urlparse(endpoint).hostname is not None and ("." not in host or host.endswith(".svc.cluster.local"))
        if not inside and host not in allowed:
            found.append(f"requests go to {host}, which is outside the cluster")
    return found


def _closed(wall: WallFact, settings: Settings) -> list[str]:
    if not wall.open_to_internet or wall.part in settings["allowed_parts"]:
        return []
    ports = ", ".join(str(port) if port else "every port" for port in wall.open_to_internet)
    return [f"it lets {wall.part or 'every pod'} reach any address on {ports}"]


DECLARED = Rule(
    id="residency-declared",
    title="A workload's namespace says which jurisdictions its data belong to",
    severity=Severity.HIGH,
    reads=PlaceFact,
    problems=_declares,
    remedy=f"Set the annotation {JURISDICTIONS} and the label {DATA_CLASS} on the namespace.",
)
ALLOWED = Rule(
    id="residency-allowed",
    title="Data belong to allowed jurisdictions only",
    severity=Severity.CRITICAL,
    reads=PlaceFact,
    problems=_within,
    remedy="Choose a target in an allowed country, or have the list of allowed countries changed.",
    refs=("GDPR Art. 44",),
    settings={"allowed": {"type": "array", "items": {"type": "string"}, "default": []}},
)
INFERENCE = Rule(
    id="residency-inference-path",
    title="Model requests stay inside the cluster",
    severity=Severity.CRITICAL,
    reads=RouteFact,
    problems=_stays,
    remedy="Route the alias to a server in the cluster, or add the host to allowed_hosts after a legal review.",
    refs=("GDPR Art. 44",),
    settings={"allowed_hosts": {"type": "array", "items": {"type": "string"}, "default": []}},
)
EGRESS = Rule(
    id="residency-egress",
    title="Only named parts may reach the internet",
    severity=Severity.HIGH,
    reads=WallFact,
    problems=_closed,
    remedy="Name the destination, or add the part to allowed_parts.",
    settings={"allowed_parts": {"type": "array", "items": {"type": "string"}, "default": ["weights"]}},
)
