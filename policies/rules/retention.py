"""Retention: logs are kept as long as the law wants, where it wants them."""

import re
from collections.abc import Callable, Iterator

from policies import limits, places, values
from policies.facts.placed import PlacedFact
from policies.limits import LIMITS
from policies.resource import Resource, base_type
from policies.rule import Problem, Rule, Settings, Severity

#: where each kind of log says how many days it is kept; the value that stands for ever
_DAYS: dict[str, tuple[str, int | None, int]] = {
    "aws:cloudwatch/logGroup:LogGroup": ("retentionInDays", None, 0),
    "aws:cloudtrail/eventDataStore:EventDataStore": ("retentionPeriod", 2555, -1),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": ("retentionDays", 30, -1),
    "gcp:logging/folderBucketConfig:FolderBucketConfig": ("retentionDays", 30, -1),
    "gcp:logging/organizationBucketConfig:OrganizationBucketConfig": ("retentionDays", 30, -1),
    "azure-native:operationalinsights:Workspace": ("retentionInDays", 30, -1),
    "azure-native:sql:ServerBlobAuditingPolicy": ("retentionDays", 0, 0),
    "azure-native:sql:ExtendedServerBlobAuditingPolicy": ("retentionDays", 0, 0),
    "azure-native:network:FlowLog": ("retentionPolicy.days", 0, 0),
}


class LogFact:
    """A resource that keeps logs."""

    def __init__(self, resource: Resource, path: str, default: int | None, forever: int) -> None:
        """Wrap a resource; nothing is read yet."""
        self.resource = resource
        self.path = path
        self._default, self._forever = default, forever

    @classmethod
    def of(cls, resource: Resource) -> "LogFact | None":
        """The fact of a type that says how long it keeps logs."""
        found = _DAYS.get(base_type(resource.type))
        return cls(resource, *found) if found is not None else None

    @property
    def days(self) -> int | None:
        """How long logs are kept; None for ever.

        Raises:
            UnknownError: it is not known.
        """
        given = values.get(self.resource.props, self.path)
        days = self._default if given is None else int(given)
        return None if days == self._forever else days


def floor(settings: Settings) -> int:
    """The most days that a law or the configuration asks for."""
    return max([int(settings.get("log_days") or 0), *(law.log_days for law in limits.profiles(settings))])


def _long_enough(log: LogFact, settings: Settings) -> Iterator[Problem]:
    least = floor(settings)
    days = log.days
    if least and days is not None and days < least:
        laws = ", ".join(law.id for law in limits.profiles(settings) if law.log_days == least)
        yield Problem(f"logs are kept {days} days, {least} are asked for{f' by {laws}' if laws else ''}", log.path)


def _in_country(log: LogFact, settings: Settings) -> Iterator[Problem]:
    for law in limits.profiles(settings):
        fact = PlacedFact.of(log.resource)
        if law.log_countries is None or fact is None:
            continue
        for mention in fact.home():
            if places.outside(mention.place.countries, law.log_countries):
                text = f"logs are in {mention.place.words}, {law.id} wants them in {limits.words(law.log_countries)}"
                yield Problem(text, mention.path)


class ArchiveFact:
    """What moves objects to a storage from which they come back only after hours, or shortens what can be asked."""

    def __init__(self, resource: Resource, find: Callable[[Resource], Iterator[tuple[str, object]]]) -> None:
        """Wrap a resource; nothing is read yet."""
        self.resource = resource
        self._find = find

    @classmethod
    def of(cls, resource: Resource) -> "ArchiveFact | None":
        """The fact of what keeps logs, by its name or its tags, and may archive them."""
        find = _ARCHIVES.get(base_type(resource.type))
        if find is None or not (base_type(resource.type) in _LOGS_ALONE or _OF_LOGS.search(_names(resource))):
            return None
        return cls(resource, find)

    def days(self) -> Iterator[tuple[str, int]]:
        """After how many days records can no longer be read at once, where a property says so.

        Raises:
            UnknownError: it is not known.
        """
        for path, value in self._find(self.resource):
            yield path, int(str(values.known(value, path)))


def _names(resource: Resource) -> str:
    own = [resource.props.get(key) for key in ("bucket", "name", "accountName")]
    told = resource.props.get("tags")
    purpose = [told.get(key) for key in ("purpose", "data-kind")] if values.is_map(told) else []
    return " ".join([resource.name, *(str(one) for one in (*own, *purpose) if one and not values.unknown(one))])


_OF_LOGS = re.compile(r"(?<![a-z])(logs?|logging|audit|trails?|cloudtrail)(?![a-z])", re.IGNORECASE)
#: classes of S3 from which an object is restored in minutes to hours. Source: Amazon S3, "Storage classes"
_COLD = frozenset({"GLACIER", "DEEP_ARCHIVE"})
_LOGS_ALONE = frozenset({"azure-native:operationalinsights:Table"})


def _of_buckets(resource: Resource) -> Iterator[tuple[str, object]]:
    for rules in ("rules[]", "lifecycleRules[]"):
        for at, move in values.each(resource.props, f"{rules}.transitions[]"):
            if values.is_map(move) and str(values.known(move.get("storageClass"), f"{at}.storageClass")) in _COLD:
                yield f"{at}.days", move.get("days", 0)


def _of_accounts(resource: Resource) -> Iterator[tuple[str, object]]:
    for kind in ("daysAfterModificationGreaterThan", "daysAfterCreationGreaterThan"):
        yield from values.each(resource.props, f"policy.rules[].definition.actions.baseBlob.tierToArchive.{kind}")


def _of_tables(resource: Resource) -> Iterator[tuple[str, object]]:
    return values.each(resource.props, "retentionInDays")


_ARCHIVES: dict[str, Callable[[Resource], Iterator[tuple[str, object]]]] = {
    "aws:s3/bucket:Bucket": _of_buckets,
    "aws:s3/bucketV2:BucketV2": _of_buckets,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of_buckets,
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": _of_buckets,
    "azure-native:storage:ManagementPolicy": _of_accounts,
    "azure-native:operationalinsights:Table": _of_tables,
}


def _at_hand(archive: ArchiveFact, settings: Settings) -> Iterator[Problem]:
    wanted = max([int(settings.get("hot_days") or 0), *(law.hot_days for law in limits.profiles(settings))])
    if not wanted:
        return
    for path, days in archive.days():
        if 0 <= days < wanted:
            yield Problem(f"logs can be read at once for {days} days, {wanted} are asked for", path)


_LOG_DAYS = {"log_days": {"type": "integer", "default": 0, "description": "Days that logs are kept at least."}}
FLOOR = Rule(
    id="residency-retention",
    title="Logs are kept as long as the law wants",
    severity=Severity.HIGH,
    reads=LogFact,
    problems=_long_enough,
    remedy="Keep logs longer, or for ever.",
    refs=("DPDP Rules r.8(3)", "IT Act s.70B(6)", "AI Act Art. 19(1)", "AI Act Art. 26(6)", "PCI DSS 10.5.1"),
    settings={**LIMITS, **_LOG_DAYS},
)
COUNTRY = Rule(
    id="residency-log-country",
    title="Logs are where the law wants them",
    severity=Severity.HIGH,
    reads=LogFact,
    problems=_in_country,
    remedy="Keep logs in the country that the law names.",
    refs=("IT Act s.70B(6)",),
    settings=LIMITS,
)
AT_HAND = Rule(
    id="residency-logs-at-hand",
    title="The newest logs can be read at once",
    severity=Severity.MEDIUM,
    reads=ArchiveFact,
    problems=_at_hand,
    remedy="Archive logs later: for the first months a search must not wait for a restore.",
    refs=("PCI DSS 10.5.1",),
    settings={
        "profiles": LIMITS["profiles"],
        "hot_days": {"type": "integer", "default": 0, "description": "Days that logs can be read without a restore."},
    },
)
RULES = (FLOOR, COUNTRY, AT_HAND)
