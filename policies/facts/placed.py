"""Where a resource is, and every other place that its properties name: replicas, backups, endpoints, sinks, models."""

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

from policies import limits, places, values
from policies.facts.named import Mention, decoded, walk
from policies.places import ANYWHERE, Place
from policies.resource import Resource, base_type, cloud_of, region_of
from policies.rule import Settings
from policies.values import Props, is_map

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


#: places, and the limit that they are beyond
Outside = tuple[list[Mention], frozenset[str]]


class PlacedFact:
    """A resource's home and the other places it names."""

    __slots__ = ("_judged", "_mentions", "resource")

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
            walk(_without_region(resource.props) if service else resource.props, "", "", own, found)
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


def _secret(resource: Resource) -> Iterator[Mention]:
    """A Secret's data are in base64."""
    for key, value in values.section(resource.props, "data").items():
        if isinstance(value, str) and not values.unknown(value):
            for place in places.scan(decoded(value)):
                yield Mention(f"data.{key}", place, "endpoint")


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
