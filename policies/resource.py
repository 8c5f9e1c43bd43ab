"""A resource as the packs see it, whichever way it came: its properties plain, its provider's beside them."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies import values
from policies.tables import DATA
from policies.values import Props, is_map

#: the names under which ownership is told, as tags, labels or annotations
_ALIASES = {
    "data-class": ("data-class", "domicile.dev/data-class", "dataclass", "data_class", "data-classification"),
    "jurisdictions": ("jurisdictions", "domicile.dev/jurisdictions", "jurisdiction"),
    "owner": ("owner", "domicile.dev/owner"),
    "cost-centre": ("cost-centre", "domicile.dev/cost-centre", "cost-center", "cost_centre", "cost_center"),
    "workload": ("workload", "app.kubernetes.io/part-of", "domicile.dev/workload", "application", "app"),
    "environment": ("environment", "domicile.dev/environment", "env", "stage"),
    "budget": ("budget", "domicile.dev/budget", "domicile.dev/monthly-budget-usd"),
}
_CLOUDS = {"aws": "aws", "aws-native": "aws", "gcp": "gcp", "azure-native": "azure", "azure": "azure"}


def _nothing() -> dict[str, Any]:
    return {}


@dataclass(slots=True)
class Resource:
    """A resource. ``provider`` are its provider's properties; ``needs`` are the URNs behind each property."""

    type: str
    name: str
    urn: str
    props: Props
    provider: Props = field(default_factory=_nothing)
    parent: str = ""
    needs: Mapping[str, list[str]] = field(default_factory=_nothing)
    _tags: dict[str, Any] | None = None
    _named: dict[str, Any] | None = None

    @property
    def cloud(self) -> str:
        """aws, gcp, azure, kubernetes, or empty for anything else."""
        return cloud_of(self.type)

    @property
    def tags(self) -> dict[str, Any]:
        """Its tags or labels, those that its provider adds among them; an annotation counts as one on Kubernetes.

        Raises:
            UnknownError: they are not known.
        """
        if self._tags is None:
            self._tags = self._read_tags()
        return self._tags

    def tag(self, name: str) -> str | None:
        """The value under any of a tag's names; None where there is none.

        Raises:
            UnknownError: it is not known.
        """
        found = self._known_tags().get(name)
        if found is None or (found.__class__ is str and found not in values.UNKNOWN):
            return found
        return str(values.known(found, f"tags.{name}"))

    def lacking(self, names: list[str]) -> list[str]:
        """Of some tags' names, those under which nothing is said.

        Raises:
            UnknownError: one of them is not known.
        """
        named = self._known_tags()
        unknown = values.UNKNOWN
        return [
            name
            for name in names
            if not ((told := named.get(name)) and told.__class__ is str and told not in unknown) and not self.tag(name)
        ]

    def _known_tags(self) -> dict[str, Any]:
        known = self._named
        if known is None:
            tags = self.tags
            self._named = known = tags if _ALIASED.isdisjoint(tags) else _named(tags)
        return known

    @property
    def data_class(self) -> str:
        """The class of its data; empty where it says nothing."""
        return (self.tag("data-class") or "").lower()

    @property
    def jurisdictions(self) -> frozenset[str]:
        """The countries it says its data must stay in; empty where it says nothing."""
        told = self.tag("jurisdictions")
        return codes(told) if told else frozenset()

    def _read_tags(self) -> dict[str, Any]:
        if cloud_of(self.type) == "kubernetes":
            return {
                **values.section(self.props, "metadata.annotations"),
                **values.section(self.props, "metadata.labels"),
            }
        found: dict[str, Any] = {}
        if self.provider:
            found.update(values.section({"tags": _decoded(self.provider.get("defaultTags"))}, "tags.tags"))
            found.update(values.section({"labels": _decoded(self.provider.get("defaultLabels"))}, "labels"))
        own = tag_property(self.type) or "tags"
        given = values.known(self.props.get(own), own)
        if not is_map(given):
            return found
        return {**found, **given} if found else given


def _named(tags: dict[str, Any]) -> dict[str, Any]:
    """Tags by the names rules know them by, their own kept; an alias counts where the name itself is missing."""
    found = dict(tags)
    for name, alias in _BY_ALIAS:
        if alias in tags:
            found.setdefault(name, tags[alias])
    return found


#: names and their aliases, the better ones first
_BY_ALIAS = tuple((name, alias) for name, aliases in _ALIASES.items() for alias in aliases if alias != name)
_ALIASED = frozenset(alias for _, alias in _BY_ALIAS)


def aliases(name: str) -> tuple[str, ...]:
    """The names under which a tag may stand, its own among them."""
    return _ALIASES.get(name, (name,))


@functools.cache
def codes(told: str) -> frozenset[str]:
    """Countries in a tag, however they are set apart."""
    for mark in ",_-/+;":
        told = told.replace(mark, " ")
    return frozenset(told.upper().split())


@functools.cache
def cloud_of(type_: str) -> str:
    """The cloud of a type."""
    package = type_.partition(":")[0]
    return "kubernetes" if package == "kubernetes" else _CLOUDS.get(package, "")


@functools.cache
def _schema() -> dict[str, Any]:
    return json.loads((DATA / "taggable.json").read_text(encoding="utf-8"))


@functools.cache
def tag_property(type_: str) -> str:
    """The property that holds a type's tags or labels; empty where it has none."""
    return _taggable().get(base_type(type_), "")


@functools.cache
def _taggable() -> dict[str, str]:
    return {type_: name for name, types in _schema().items() for type_ in types}


@functools.cache
def base_type(type_: str) -> str:
    """A type without its API version: Azure's SDK has `azure-native:storage/v20230101:StorageAccount` and others."""
    package, _, rest = type_.partition(":")
    if package == "azure-native" and "/v" in rest:
        module, _, name = rest.partition(":")
        return f"{package}:{module.partition('/')[0]}:{name}"
    return type_


def _decoded(value: Any) -> Any:
    """A provider's property, which travels as JSON text."""
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def region_of(provider: Props) -> Any:
    """What a provider says of its region, zone or location; None where it says nothing."""
    for key in ("region", "zone", "location"):
        if key in provider:
            return provider[key]
    return None
