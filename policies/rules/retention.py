"""Retention: logs are kept as long as the law wants, where it wants them."""

from collections.abc import Iterator

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
RULES = (FLOOR, COUNTRY)
