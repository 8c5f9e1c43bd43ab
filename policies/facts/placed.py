"""Where a resource is, and every other place that its properties name: replicas, backups, endpoints, sinks, models."""

import base64
import functools
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from policies import limits, places, values
from policies.places import ANYWHERE, Place
from policies.resource import Resource, base_type, cloud_of, region_of
from policies.rule import Settings
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
_PAIRED = ("name", "value")
#: scripts that are handed over in base64
_ENCODED = frozenset({"userData", "userDataBase64", "customData", "startupScript"})
#: where a value that is not known leaves the place open
_DECISIVE = frozenset({"region", "location", "regionName", "locationName", "locationId"})
_NO_PLACE = frozenset({"global", "all", "*", "any", "none", "regional", "zonal"})
#: what holds no data although it has a location, often one that the cloud dictates
_DATALESS = re.compile(
    r"^(pulumi:|aws:(acm|route53|organizations|budgets|costexplorer|cur|account|wafv2|waf|shield|servicequotas"
    r"|identitystore|ssoadmin|resourcegroups)/|aws:cloudfront/(?!distribution:)|aws:lambda/permission:"
    r"|gcp:(billing|organizations|projects|folder|iam|dns|certificatemanager|tags|monitoring|essentialcontacts/contact"
    r"|compute/(global|sSLPolicy|sslPolicy|urlMap|network|firewall|route:))|azure-native:(authorization|management"
    r"|consumption|costmanagement|policyinsights|dns|privatedns|billing|portal))"
)
#: where Google Cloud puts what says nothing of its location. Source: BigQuery, "Dataset locations"
_DEFAULTS = {"gcp:bigquery/dataset:Dataset": "US", "gcp:storage/bucket:Bucket": "US"}
_EVERYWHERE = {
    "aws:cloudfront/distribution:Distribution": "CloudFront answers from edges all over the world",
    "aws:globalaccelerator/accelerator:Accelerator": "Global Accelerator takes traffic in at edges all over the world",
    "azure-native:cdn:Profile": "Azure's CDN and Front Door answer from edges all over the world",
    "azure-native:cdn:Endpoint": "Azure's CDN answers from edges all over the world",
    "azure-native:cdn:AFDEndpoint": "Front Door answers from edges all over the world",
    "azure-native:network:FrontDoor": "Front Door answers from edges all over the world",
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint": "a multi-region access point serves every region",
}
_MODEL_SKU = re.compile(r"^(Global|DataZone)(Standard|Batch|ProvisionedManaged|Provisioned)", re.IGNORECASE)
_GEO_SKU = re.compile(r"^(Standard|Premium)_(RA)?GZ?RS$", re.IGNORECASE)
_GEO_KEY = re.compile(
    r"^(geoRedundantBackup|requestedBackupStorageRedundancy|currentBackupStorageRedundancy|backupStorageRedundancy"
    r"|storageTypeState|storageModelType|standardTierStorageRedundancy|crossRegionRestore|geoBackup|geoReplication"
    r"|secondaryType)$"
)
_GEO_VALUE = re.compile(
    r"^(Enabled|Geo|GeoZone|GeoRedundant|ReadAccessGeoZoneRedundant|GRS|RAGRS|GZRS|Named)$", re.IGNORECASE
)


class Mention(NamedTuple):
    """A place, where it stands, and what it is there."""

    path: str
    place: Place
    role: str


#: places, and the limit that they are beyond
Outside = tuple[list[Mention], frozenset[str]]


class PlacedFact:
    """A resource's home and the other places it names."""

    def __init__(self, resource: Resource) -> None:
        """Wrap a resource; nothing is read yet."""
        self.resource = resource
        self._mentions: list[Mention] | None = None
        self._judged: tuple[str, Outside] | None = None

    @classmethod
    def of(cls, resource: Resource) -> "PlacedFact | None":
        """The fact of what can be somewhere; None for what holds no data."""
        return cls(resource) if _may_hold(resource.type) else None

    def mentions(self) -> list[Mention]:
        """Every place.

        Raises:
            UnknownError: a location is not known yet.
        """
        known = self._mentions
        if known is None:
            resource = self.resource
            cloud = cloud_of(resource.type)
            service = _own_service(resource) if "endpoints" in resource.provider else ""
            found = [] if cloud == "kubernetes" else self._home(cloud, service)
            for check in _checks(resource.type):
                found += check(resource)
            own = "" if cloud == "kubernetes" else cloud
            _walk(_without_region(resource.props) if service else resource.props, "", "", own, found)
            self._mentions = known = found
        return known

    def beyond(self, limit: frozenset[str]) -> list[Mention]:
        """The places outside a limit; one of no country that is known is.

        Raises:
            UnknownError: a location is not known yet.
        """
        return [one for one in self.mentions() if places.outside(one.place.countries, limit)]

    def outside(self, settings: Settings) -> Outside:
        """The places outside what settings and its own tags allow, and that limit; rules ask again and again.

        Raises:
            UnknownError: a tag or a location is not known yet.
        """
        key = settings[limits.KEY]
        if self._judged is None or self._judged[0] is not key:
            limit = limits.allowed(self.resource, settings)
            self._judged = key, ([], frozenset()) if limit is None else (self.beyond(limit), limit)
        return self._judged[1]

    @property
    def holds(self) -> bool:
        """Whether it holds or moves data itself; a role only lets somebody else."""
        return not self.resource.type.startswith("aws:iam/")

    def home(self) -> list[Mention]:
        """Where the resource itself is.

        Raises:
            UnknownError: it is not known yet.
        """
        return [one for one in self.mentions() if one.role == "home" or one.path in ("region", "location", "zone")]

    def _home(self, cloud: str, service: str) -> list[Mention]:
        resource = self.resource
        if service and self.holds:
            return [Mention("provider.endpoints", place, "home") for place in places.scan(service)]
        if _told(resource.props) or not self.holds:
            return []
        default = _DEFAULTS.get(resource.type)
        given = default if default is not None else region_of(resource.provider)
        if given is None or cloud not in ("aws", "gcp"):
            return []
        place = places.location(str(values.known(given, "provider.region")), cloud)
        return [] if place is None else [Mention("" if default else "provider.region", place, "home")]


def _without_region(props: Props) -> Props:
    """The properties of what is on a service of one's own, where a region means nothing."""
    return {key: value for key, value in props.items() if key != "region"}


def _told(props: Props) -> bool:
    return bool(props.get("region") or props.get("location") or props.get("zone"))


@functools.cache
def _may_hold(type_: str) -> bool:
    return bool(cloud_of(type_)) and not _DATALESS.match(type_)


def _own_service(resource: Resource) -> str:
    """The address of a service that the provider speaks to instead of the cloud's; then its region means nothing."""
    given = resource.provider.get("endpoints")
    if not given:
        return ""
    try:
        listed = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return ""
    service = resource.type.partition(":")[2].partition("/")[0]
    return next((str(one[service]) for one in listed or () if is_map(one) and one.get(service)), "")


def _geo(resource: Resource) -> Iterator[Mention]:
    """Azure copies geo-redundant data to the paired region, which may be abroad."""
    home = resource.props.get("location")
    for path, key, value in values.leaves(resource.props, ("tags", "labels")):
        if isinstance(value, str) and _copied(key, value):
            where = places.paired(str(values.known(home, "location"))) if home else ""
            place = places.region(where, "azure") if where else None
            found = place or Place("the paired region", frozenset())
            yield Mention(path, Place(f"{found.text} ({value})", found.countries, "azure"), "replica")


def _copied(key: str, value: str) -> bool:
    if _GEO_SKU.match(value):
        return key in ("name", "sku", "type", "storageAccountType")
    return bool(_GEO_KEY.match(key) and _GEO_VALUE.match(value))


def _walk(value: Any, path: str, key: str, cloud: str, found: list[Mention]) -> None:
    """Collect what texts name. Paths are put together only where there is something to say."""
    if is_map(value):
        for name, item in value.items():
            if item.__class__ is str:
                called = _called(value, name, key) if name in _PAIRED else name
                meaning = _meaning(item, called, cloud)
                if meaning is not None and called not in _TEXTS:
                    found += _told_by(item, called, cloud, f"{path}.{name}" if path else name)
            elif name not in _TEXTS:
                told = _topology(item) if name == "labels" else item
                _walk(told, f"{path}.{name}" if path else name, name, cloud, found)
    elif is_list(value):
        for index, item in enumerate(value):
            _walk(item, f"{path}[{index}]", key, cloud, found)
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
        return _inside(value, key, cloud, path)
    return tuple(
        Mention(path, place, "model endpoint" if place.text in _PROFILE_TEXTS else _role(path)) for place in meaning
    )


@functools.lru_cache(1 << 16)
def _meaning(value: str, key: str, cloud: str) -> tuple[Place, ...] | None:
    """The places a text names; None for none. An empty tuple asks for a closer look: it is unknown, or a policy."""
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


def _inside(value: str, key: str, cloud: str, path: str) -> tuple[Mention, ...]:
    """What a document in a text tells: a policy by its statements, anything else by all it says."""
    document = _document(value)
    if document is None:
        told = places.scan(_decoded(value) if key in _ENCODED else value)
        return tuple(Mention(path, place, _role(path)) for place in told)
    if is_map(document) and "Statement" in document:
        return _in_policy(document, path)
    found: list[Mention] = []
    _walk(document, "", "", cloud, found)
    return tuple(Mention(path, one.place, one.role if one.role != "place" else _role(path)) for one in found)


def _decoded(value: str) -> str:
    """A script that is handed over in base64, or as it is."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return value


def _secret(resource: Resource) -> Iterator[Mention]:
    """A Secret's data are in base64."""
    for key, value in values.section(resource.props, "data").items():
        if isinstance(value, str) and not values.unknown(value):
            for place in places.scan(_decoded(value)):
                yield Mention(f"data.{key}", place, "endpoint")


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


def _sku(resource: Resource) -> Iterator[Mention]:
    """Azure's deployment types decide where a model computes, whatever the account's region."""
    name = values.text(resource.props, "sku.name") or values.text(resource.props, "properties.scaleSettings.scaleType")
    found = _MODEL_SKU.match(name)
    if found is None:
        return
    wide = found[1].lower() == "global"
    text = f"deployment type {name}"
    place = Place(text, frozenset({ANYWHERE}) if wide else places.countries("EU US"))
    yield Mention("sku.name", place, "model endpoint")


def _multi_region_key(resource: Resource) -> Iterator[Mention]:
    if values.truth(values.get(resource.props, "multiRegion")):
        yield Mention("multiRegion", Place("a multi-region key", frozenset({ANYWHERE})), "key")


def _automatic_secret(resource: Resource) -> Iterator[Mention]:
    if any(True for _ in values.each(resource.props, "replication.auto")):
        yield Mention("replication.auto", Place("automatic replication", frozenset({ANYWHERE})), "replica")


def _topic(resource: Resource) -> Iterator[Mention]:
    if not values.present(resource.props, "messageStoragePolicy.allowedPersistenceRegions"):
        text = "messages without a storage policy"
        yield Mention("messageStoragePolicy", Place(text, frozenset({ANYWHERE})), "place")


def _global_location(resource: Resource) -> Iterator[Mention]:
    location = values.get(resource.props, "location")
    if isinstance(location, str) and location.lower() == "global":
        yield Mention("location", Place("location global", frozenset({ANYWHERE})), "home")


def _cdn(resource: Resource) -> Iterator[Mention]:
    if values.truth(values.get(resource.props, "enableCdn")):
        yield Mention("enableCdn", Place("Cloud CDN", frozenset({ANYWHERE})), "edge")


def _backups(resource: Resource) -> Iterator[Mention]:
    """Cloud SQL's backups go to the multi-region next to the instance where no location is given."""
    settings: Props = values.section(resource.props, "settings.backupConfiguration")
    if values.truth(settings.get("enabled")) and not values.present(settings, "location"):
        yield Mention("settings.backupConfiguration", Place("backups without a location", frozenset()), "backup")


def _edge(resource: Resource) -> Iterator[Mention]:
    yield Mention("", Place(_EVERYWHERE[base_type(resource.type)], frozenset({ANYWHERE})), "edge")


@functools.cache
def _checks(type_: str) -> tuple[Any, ...]:
    """What is asked of a type beyond its texts."""
    kind = base_type(type_)
    edge = (_edge,) if kind in _EVERYWHERE else ()
    return (*edge, *_CHECKS.get(kind, ()), *_CHECKS_OF_CLOUD.get(cloud_of(type_), ()))


_CHECKS_OF_CLOUD: dict[str, tuple[Any, ...]] = {"azure": (_geo,)}
_CHECKS: dict[str, tuple[Any, ...]] = {
    "kubernetes:core/v1:Secret": (_secret,),
    "azure-native:cognitiveservices:Deployment": (_sku,),
    "aws:kms/key:Key": (_multi_region_key,),
    "aws:kms/externalKey:ExternalKey": (_multi_region_key,),
    "gcp:secretmanager/secret:Secret": (_automatic_secret,),
    "gcp:pubsub/topic:Topic": (_topic,),
    "gcp:compute/backendBucket:BackendBucket": (_cdn,),
    "gcp:compute/backendService:BackendService": (_cdn,),
    "gcp:sql/databaseInstance:DatabaseInstance": (_backups,),
    "gcp:kms/keyRing:KeyRing": (_global_location,),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": (_global_location,),
    "gcp:vertex/aiEndpoint:AiEndpoint": (_global_location,),
    "gcp:discoveryengine/dataStore:DataStore": (_global_location,),
    "gcp:discoveryengine/searchEngine:SearchEngine": (_global_location,),
    "gcp:diagflow/cxAgent:CxAgent": (_global_location,),
}
