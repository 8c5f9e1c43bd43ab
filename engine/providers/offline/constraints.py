"""What vendors and the catalog say of single values, beyond types: one place asks all who know."""

import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any

from engine import paths
from engine import urn as urns
from engine.core.model import Failure
from engine.paths import Path
from engine.providers.offline import catalogued, vendor_aws, vendor_azure, vendor_gcp
from engine.providers.offline.schema import ListOf, Object, Resource, Type
from engine.values import Props, is_list, is_map, is_unknown

_CIDR = re.compile(
    r"(?i)(^cidrBlock$|^cidrs?$|Cidr$|CidrBlock$|CidrBlocks$|^ipCidrRange$|^addressPrefixes$|^subnetCidr)"
)
_JSON = re.compile(r"(?i)^(policy|assumeRolePolicy|accessPolicies|policyDocument|redrivePolicy)$")
#: ids whose shape tells what they are of
_SHAPES = (
    (re.compile(r"(?i)^vpcId$"), re.compile(r"vpc-.+")),
    (re.compile(r"(?i)^(subnetIds?|.*SubnetIds?)$"), re.compile(r"subnet-.+")),
    (re.compile(r"(?i)^(vpc)?securityGroupIds?$"), re.compile(r"sg-.+")),
    (re.compile(r"^routeTableIds?$"), re.compile(r"rtb-.+")),
    (re.compile(r"^natGatewayId$"), re.compile(r"nat-.+")),
    (re.compile(r"^.+Arn$"), re.compile(r"arn:[^:]+:.+")),
)
_AZURE_SHAPES = (
    (re.compile(r"(?i)^(vnet|delegated|infrastructure)?subnet(Arm)?(Resource)?Id$"), "/subnets/"),
    (re.compile(r"(?i)^(remote)?virtualNetworkId$"), "/virtualNetworks/"),
    (re.compile(r"(?i)^.*workspaceResourceID$"), "/workspaces/"),
    (re.compile(r"(?i)^diskEncryptionSetId$|^diskEncryptionSetID$"), "/diskEncryptionSets/"),
)


def failures(schema: Resource, inputs: Props, region: str) -> list[Failure]:
    """What is wrong with values of the right type; ``region`` is the provider's, blank where it has none."""
    package = urns.package_of(schema.token)
    found: list[Failure] = []
    for path, value, doc in _leaves(schema, inputs):
        key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
        found.extend(Failure(paths.render(path), text) for text in _reasons(package, schema.token, key, value, doc))
    if package == "aws":
        found.extend(vendor_aws.failures(schema.token, inputs))
    elif package == "azure-native":
        found.extend(vendor_azure.failures(schema.token, inputs))
    found.extend(catalogued.failures(package, schema.token, inputs, region))
    seen: dict[str, Failure] = {}
    for one in found:
        seen.setdefault(one.property, one)
    return list(seen.values())


def _reasons(package: str, token: str, key: str, value: Any, doc: str) -> Iterator[str]:
    if isinstance(value, str):
        if _CIDR.search(key) and (reason := _cidr(value)):
            yield reason
        if package == "aws":
            yield from _aws_shapes(token, key, value)
        if package == "azure-native":
            for name, part in _AZURE_SHAPES:
                if name.match(key) and part.lower() not in value.lower():
                    yield f"'{value}' is not the id of a resource of the kind {part.strip('/')}"
    if package == "gcp" and (reason := vendor_gcp.reason(key, value, doc)):
        yield reason
    if package == "aws" and (reason := vendor_aws.reason(token, key, value, doc)):
        yield reason


def _aws_shapes(token: str, key: str, value: str) -> Iterator[str]:
    if _JSON.match(key) and (reason := _json(value)):
        yield reason
    for name, shape in _SHAPES:
        if name.match(key) and not shape.fullmatch(value) and not _elsewhere(token, key, value):
            yield f"'{value}' is not of the form {shape.pattern.removesuffix('.+')}..."
            return


def _elsewhere(token: str, key: str, value: str) -> bool:
    """Fields named like an id that hold something else by the vendor's own rules."""
    return value in ("", "*", "any", "all") or (key.endswith("Arn") and ":s3/" in token and value.startswith("s3://"))


def _cidr(value: str) -> str | None:
    if not value[:1].isdigit() and ":" not in value:
        return None
    if "/" not in value:
        return f"'{value}' is no network: it has no prefix length, as in {value}/24"
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        return f"'{value}' is no network: {error}"
    return None


def _json(value: str) -> str | None:
    if not value.strip().startswith(("{", "[")):
        return "expected a policy as JSON"
    try:
        json.loads(value)
    except ValueError as error:
        return f"not valid JSON: {error}"
    return None


def _leaves(schema: Resource, inputs: Props) -> Iterator[tuple[Path, Any, str]]:
    for key, value in inputs.items():
        field = schema.inputs.get(key)
        if field is not None:
            yield from _walk(field.type, value, (key,), field.doc)


def _walk(type_: Type, value: Any, at: Path, doc: str) -> Iterator[tuple[Path, Any, str]]:
    if value is None or is_unknown(value):
        return
    if is_list(value):
        item = type_.item if isinstance(type_, ListOf) else type_
        for index, inner in enumerate(value):
            yield from _walk(item, inner, (*at, index), doc)
    elif is_map(value):
        fields = type_.fields if isinstance(type_, Object) else {}
        for key, inner in value.items():
            if key in fields:
                yield from _walk(fields[key].type, inner, (*at, key), fields[key].doc)
    else:
        yield at, value, doc
