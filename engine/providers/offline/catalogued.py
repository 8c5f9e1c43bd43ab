"""What the catalog knows: which regions there are, which instances, and where an accelerator is offered."""

import difflib
import functools
import re
from collections.abc import Iterator
from typing import Any

from catalog import hardware, places
from engine import paths
from engine.core.model import Failure
from engine.providers.offline import vendor_aws
from engine.values import Props, is_list, is_map, is_unknown

CLOUDS = {"aws": "aws", "gcp": "gcp", "azure-native": "azure"}
_REGION_KEYS = {"aws": ("region",), "gcp": ("region", "location"), "azure-native": ("location",)}
_INSTANCE_KEYS = {
    "aws": re.compile(r"^(instanceType|instanceTypes|nodeType)$"),
    "gcp": re.compile(r"^(machineType)$"),
    "azure-native": re.compile(r"^(vmSize)$"),
}
_GCP_PLACES = frozenset({"us", "eu", "asia", "nam4", "eur4", "global", "asia1"})
_GCP_MACHINE = re.compile(
    r"(custom|(a2|a3|a4|a4x|c2|c2d|c3|c3d|c4|c4a|c4d|ct4p|ct5l|ct5lp|ct5p|ct6e|e2|f1|g1|g2|g4|h3|h4d|m1|m2|m3|m4|n1|n2|n2d|"
    r"n4|n4a|n4d|t2a|t2d|tpu7x|x4|z3)-[a-z0-9-]+)"
)
_AZURE_SIZE = re.compile(r"(Standard|Basic)_[A-Z]+[0-9]+(-[0-9]+)?[A-Za-z0-9]*(_[A-Za-z0-9]+)*")


def failures(package: str, token: str, inputs: Props, region: str) -> list[Failure]:
    """Regions and instance types that do not exist, or not there."""
    if package not in CLOUDS:
        return []
    found: list[Failure] = []
    here = region
    for key in _REGION_KEYS[package]:
        value = inputs.get(key)
        if isinstance(value, str) and not is_unknown(value) and value:
            reason = region_reason(package, value)
            if reason:
                found.append(Failure(key, reason))
            else:
                here = value
    for path, key, value in _strings(inputs, ()):
        if _INSTANCE_KEYS[package].match(key):
            reason = instance_reason(package, token, value, here)
            if reason:
                found.append(Failure(paths.render(path), reason))
    return found


def region_reason(package: str, value: str) -> str | None:
    """Why a region, or a zone of one, is none of the cloud's."""
    name = _plain(value)
    known = _regions(CLOUDS[package])
    if name in known or (package == "gcp" and (name in _GCP_PLACES or name.rpartition("-")[0] in known)):
        return None
    if package == "azure-native" and name in ("global", "westus", "eastus"):
        return None
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"'{value}' is no region of {package}{hint}"


def instance_reason(package: str, token: str, value: str, region: str) -> str | None:
    """Why an instance type is not to be had."""
    cloud = CLOUDS[package]
    kind = value.rsplit("/", 1)[-1].removeprefix("db.").removeprefix("cache.").removeprefix("ml.")
    where = _offered(cloud).get(kind.lower())
    if where is not None:
        if region and _plain(region) not in where and _parent(_plain(region)) not in where:
            elsewhere = ", ".join(sorted(where)[:6])
            return f"'{value}' is not offered in {region}, as far as the catalog knows; it is in {elsewhere}"
        return None
    family = kind.lower().split("-", 1)[0] + "-" if "-" in kind else ""
    unknown = bool(family) and any(one.startswith(family) for one in _offered(cloud))
    if unknown or not _exists(package, token, value):
        near = difflib.get_close_matches(kind, _offered(cloud), n=1, cutoff=0.7)
        return f"there is no instance type '{value}' in {package}" + (f"; did you mean '{near[0]}'?" if near else "")
    return None


def _exists(package: str, token: str, value: str) -> bool:
    if package == "aws":
        known = vendor_aws.instance_types()
        elsewhere = ":ec2" not in token and "/nodeGroup" not in token
        return value in known or elsewhere or re.match(r"(db|cache|ml|dax|search|kafka|mq)\.", value) is not None
    if package == "gcp":
        name = value.rsplit("/", 1)[-1]
        return bool(_GCP_MACHINE.fullmatch(name)) or (":compute" not in token and ":container" not in token)
    return bool(_AZURE_SIZE.fullmatch(value))


@functools.cache
def _regions(cloud: str) -> frozenset[str]:
    return frozenset(region for its, region in places.regions() if its == cloud)


@functools.cache
def _offered(cloud: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for offer in hardware.offers():
        if (offer.cloud, offer.location) == (cloud, "region"):
            found.setdefault(offer.instance_type.lower(), set()).add(offer.region)
    return {kind: frozenset(where) for kind, where in found.items()}


def _plain(region: str) -> str:
    return region.replace(" ", "").lower()


def _parent(zone: str) -> str:
    return zone.rpartition("-")[0]


def _strings(value: Any, at: paths.Path) -> Iterator[tuple[paths.Path, str, str]]:
    if is_map(value):
        for key, inner in value.items():
            yield from _strings(inner, (*at, key))
    elif is_list(value):
        for index, inner in enumerate(value):
            yield from _strings(inner, (*at, index))
    elif isinstance(value, str) and value and not is_unknown(value):
        yield at, next((str(part) for part in reversed(at) if isinstance(part, str)), ""), value
