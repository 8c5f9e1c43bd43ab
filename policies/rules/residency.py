"""Residency: data, their copies and the requests that carry them stay where they belong."""

from collections.abc import Callable, Iterable, Iterator

from policies import limits, places, values
from policies.facts.kubernetes import NamespaceFact, WallFact
from policies.facts.placed import Mention, PlacedFact
from policies.limits import LIMITS
from policies.resource import Resource, base_type
from policies.rule import TEXTS, Problem, Rule, Settings, Severity, StackRule
from policies.values import UnknownError

JURISDICTIONS, DATA_CLASS = "domicile.dev/jurisdictions", "domicile.dev/data-class"
TRANSFER = ("GDPR Art. 44", "DPDP Act s.16", "UK GDPR Art. 45A", "DPSS.CO.OD.No 2785/06.08.005/2017-18")
_FLOWS = (
    "destination",
    "target",
    "replica",
    "sink",
    "bucket",
    "workspace",
    "storage",
    "partner",
    "secondary",
    "backup",
    "log",
)


def _beyond(*roles: str) -> Callable[[PlacedFact, Settings], Iterable[Problem]]:
    def problems(fact: PlacedFact, settings: Settings) -> Iterable[Problem]:
        beyond, limit = fact.outside(settings)
        return _outside(beyond, limit, roles) if beyond else ()

    return problems


def _outside(beyond: list[Mention], limit: frozenset[str], roles: tuple[str, ...]) -> Iterator[Problem]:
    said = {(one.path, one.place.text): one for one in reversed(beyond) if one.role in roles}
    for mention in reversed(said.values()):
        yield Problem(_sentence(mention, limit), mention.path)


def _sentence(mention: Mention, limit: frozenset[str]) -> str:
    return f"{mention.place.text} is in {mention.place.words}, data may be in {limits.words(limit)}"


def _declares(place: NamespaceFact, settings: Settings) -> Iterator[Problem]:
    del settings
    if "app.kubernetes.io/part-of" not in place.labels:
        return
    if JURISDICTIONS not in place.notes and JURISDICTIONS not in place.labels:
        yield Problem(f"it does not say {JURISDICTIONS}", "metadata.annotations")
    if DATA_CLASS not in place.labels:
        yield Problem(f"it does not say {DATA_CLASS}", "metadata.labels")


def _within(place: NamespaceFact, settings: Settings) -> Iterator[Problem]:
    declared = place.resource.jurisdictions
    unlimited = Resource(
        place.resource.type, "", "", {"metadata": {"labels": {"data-class": place.resource.data_class}}}
    )
    limit = limits.allowed(unlimited, settings)
    if declared and limit is not None and not declared <= limit | {"EU", "EEA"}:
        beyond = ", ".join(sorted(declared - limit))
        yield Problem(
            f"{beyond} is not among the allowed {limits.words(limit)}", f"metadata.annotations.{JURISDICTIONS}"
        )


def _closed(wall: WallFact, settings: Settings) -> Iterator[Problem]:
    if wall.open_to_internet and wall.part not in settings["allowed_parts"]:
        ports = ", ".join(str(port) if port else "every port" for port in wall.open_to_internet)
        yield Problem(f"it lets {wall.part or 'every pod'} reach any address on {ports}", "spec.egress")


def _inherited(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    """What carries no tags of its own belongs to the stack it is in: its limits are those all others declare."""
    if any(settings.get(key) for key in ("allowed", "classes", "profiles")):
        return
    declared = [one.jurisdictions for one in resources if one.jurisdictions]
    if not declared:
        return
    limit = limits.countries_of(frozenset[str]().union(*declared))
    for resource in resources:
        fact = PlacedFact.of(resource)
        if fact is not None and not resource.jurisdictions:
            try:
                problems = list(_outside(fact.beyond(limit), limit, ROLES))
            except UnknownError as error:
                problems = [Problem(str(error), error.path, known=False)]
            yield from (one._replace(urn=resource.urn) for one in problems)


def _undeclared(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    if any(settings.get(key) for key in ("allowed", "classes", "profiles")):
        return
    kept = [one for one in resources if (fact := PlacedFact.of(one)) is not None and fact.holds]
    if kept and not any(one.jurisdictions for one in kept):
        yield Problem("neither a tag nor the configuration says which countries its data may be in")


def _flows(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    """What one resource sends to another must stay within the first one's limits."""
    homes = {one.urn: one for one in resources}
    for resource in resources:
        limit = limits.allowed(resource, settings)
        if limit is None or PlacedFact.of(resource) is None:
            continue
        for path, urns in resource.needs.items():
            if not any(word in path.lower() for word in _FLOWS):
                continue
            for urn in urns:
                receiver = PlacedFact.of(homes[urn]) if urn in homes else None
                for mention in receiver.home() if receiver is not None else ():
                    if places.outside(mention.place.countries, limit):
                        name = homes[urn].name
                        yield Problem(f"it sends to {name}: {_sentence(mention, limit)}", path, resource.urn)


#: copies that go to something named by an id in which no place stands
_COPIES = {
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "rules[].destination.bucket",
    "azure-native:sql:FailoverGroup": "partnerServers[].id",
    "azure-native:eventhub:DisasterRecoveryConfig": "partnerNamespace",
    "azure-native:servicebus:DisasterRecoveryConfig": "partnerNamespace",
    "azure-native:storage:ObjectReplicationPolicy": "destinationAccount",
    "gcp:storage/transferJob:TransferJob": "transferSpec.gcsDataSink.bucketName",
}


def _copies(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    """A copy that goes to something by its name is followed in the stack; elsewhere nobody can tell where it goes."""
    homes = {name: one for one in resources for name in _names(one)}
    for resource in resources:
        path = _COPIES.get(base_type(resource.type))
        limit = limits.allowed(resource, settings) if path else None
        if path is None or limit is None:
            continue
        for at, value in values.each(resource.props, path):
            name = str(value).rpartition("/")[2].rpartition(":")[2]
            receiver = homes.get(name)
            fact = PlacedFact.of(receiver) if receiver is not None else None
            if fact is None and not values.unknown(value):
                yield Problem(
                    f"nobody can tell where {name} is: it is not in this stack", at, resource.urn, known=False
                )
            for mention in fact.home() if fact is not None else ():
                if places.outside(mention.place.countries, limit):
                    yield Problem(f"it is copied to {name}: {_sentence(mention, limit)}", at, resource.urn)


def _names(resource: Resource) -> Iterator[str]:
    if resource.type not in _COPIES:
        for key in ("bucket", "name", "accountName", "serverName", "namespaceName"):
            name = resource.props.get(key)
            if isinstance(name, str) and not values.unknown(name):
                yield name


ROLES = (
    "home",
    "place",
    "replica",
    "backup",
    "key",
    "model endpoint",
    "permission",
    "endpoint",
    "sink",
    "edge",
    "cache",
    "image",
)
MOVE = "Choose a place in an allowed country, or name the safeguard in `transfers` after a legal review."


def _rule(id_: str, title: str, remedy: str, *roles: str) -> Rule:
    return Rule(
        id=id_,
        title=title,
        severity=Severity.CRITICAL,
        reads=PlacedFact,
        problems=_beyond(*roles),
        remedy=remedy,
        refs=TRANSFER,
        settings=LIMITS,
    )


LOCATION = _rule("residency-location", "Data are kept and computed in allowed countries", MOVE, "home", "place")
REPLICA = _rule(
    "residency-replica", "Copies, replicas and backups stay in allowed countries", MOVE, "replica", "backup", "key"
)
MODEL = _rule(
    "residency-model-endpoint",
    "Models that see the data compute in allowed countries",
    "Use a model of the region itself: no cross-region profile, no global or data-zone deployment.",
    "model endpoint",
    "permission",
)
ENDPOINT = _rule(
    "residency-endpoint",
    "Requests go to hosts in allowed countries",
    "Use the service's endpoint in the region.",
    "endpoint",
)
SINK = _rule(
    "residency-telemetry",
    "Logs, traces, metrics and audit records stay in allowed countries",
    "Send them to a sink in the region.",
    "sink",
)
EDGE = _rule(
    "residency-edge",
    "No cache or edge network holds data elsewhere",
    "Serve from the region, without an edge cache.",
    "edge",
    "cache",
)
IMAGE = _rule(
    "residency-image",
    "Images come from a registry in an allowed country",
    "Mirror the image in the region's registry.",
    "image",
)
DECLARED = Rule(
    id="residency-declared",
    title="A workload's namespace says which jurisdictions its data belong to",
    severity=Severity.HIGH,
    reads=NamespaceFact,
    problems=_declares,
    remedy=f"Set the annotation {JURISDICTIONS} and the label {DATA_CLASS} on the namespace.",
    refs=("ISO 42001 A.7.5", "GDPR Art. 30"),
)
ALLOWED = Rule(
    id="residency-allowed",
    title="Data belong to allowed jurisdictions only",
    severity=Severity.CRITICAL,
    reads=NamespaceFact,
    problems=_within,
    remedy="Choose a target in an allowed country, or have the list of allowed countries changed.",
    refs=TRANSFER,
    settings=LIMITS,
)
EGRESS = Rule(
    id="residency-egress",
    title="Only named parts may reach the internet",
    severity=Severity.HIGH,
    reads=WallFact,
    problems=_closed,
    remedy="Name the destination, or add the part to allowed_parts.",
    refs=("GDPR Art. 32", "PCI DSS 1.3.1"),
    settings={"allowed_parts": {**TEXTS, "default": ["weights"]}},
)
INHERITED = StackRule(
    id="residency-inherited",
    title="What carries no tag stays where its stack's data may be",
    severity=Severity.CRITICAL,
    problems=_inherited,
    remedy=MOVE,
    refs=TRANSFER,
    settings=LIMITS,
)
KNOWN = StackRule(
    id="residency-limits-known",
    title="It is known where a stack's data may be",
    severity=Severity.HIGH,
    problems=_undeclared,
    remedy="Tag resources with `jurisdictions`, or configure `allowed`, `classes` or `profiles`.",
    refs=("GDPR Art. 30",),
    settings=LIMITS,
)
FLOW = StackRule(
    id="residency-flow",
    title="What is sent from one resource to another stays in the first one's countries",
    severity=Severity.CRITICAL,
    problems=_flows,
    remedy=MOVE,
    refs=TRANSFER,
    settings=LIMITS,
)
COPY = StackRule(
    id="residency-copy",
    title="Copies that go to something by its name go where its data may be",
    severity=Severity.CRITICAL,
    problems=_copies,
    remedy=f"{MOVE} Make the receiver in the same stack, or exempt the copy after a look at where it is.",
    refs=TRANSFER,
    settings=LIMITS,
)
RULES = (LOCATION, REPLICA, MODEL, ENDPOINT, SINK, EDGE, IMAGE, DECLARED, ALLOWED, EGRESS, INHERITED, KNOWN, FLOW, COPY)
