"""Ids as each cloud writes them, made from the inputs: the same inputs have the same id."""

import functools
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.providers.offline import sdk
from engine.providers.offline.replaces import path_parameters
from engine.providers.offline.schema import Resource
from engine.values import Props, is_unknown

ACCOUNT = "000000000000"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
PROJECT = "offline-project"
_NAME_KEYS = (
    "name",
    "bucket",
    "identifier",
    "clusterIdentifier",
    "replicationGroupId",
    "nodeGroupName",
    "functionName",
)
_GLOBAL_ARNS = frozenset({"iam", "s3", "route53", "cloudfront", "organizations"})
_PROVIDERS = {
    "containerservice": "ContainerService", "containerregistry": "ContainerRegistry", "keyvault": "KeyVault",
    "managedidentity": "ManagedIdentity", "operationalinsights": "OperationalInsights", "redisenterprise": "Cache",
    "dbforpostgresql": "DBforPostgreSQL", "eventhub": "EventHub", "resources": "Resources", "insights": "Insights",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a provider works: what its configuration says, with offline defaults."""

    package: str
    region: str
    account: str


def scope_of(package: str, config: Mapping[str, object]) -> Scope:
    """The scope of a provider's configuration."""
    region = str(config.get("region") or config.get("location") or "")
    account = {
        "aws": ACCOUNT,
        "gcp": str(config.get("project") or PROJECT),
        "azure-native": str(config.get("subscriptionId") or SUBSCRIPTION),
    }.get(package, "")
    return Scope(package, region, account)


def digest(*parts: object) -> str:
    """Forty hexadecimal digits of some values."""
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()[:40]


def name_of(inputs: Props, otherwise: str) -> str:
    """The name a resource goes by."""
    for key in _NAME_KEYS:
        value = inputs.get(key)
        if isinstance(value, str) and value and not is_unknown(value):
            return value
    return otherwise


def make(schema: Resource | None, name: str, seed: str, inputs: Props, scope: Scope) -> str:
    """The id of a resource; ``seed`` tells resources with the same inputs apart."""
    if schema is None or scope.package not in ("aws", "gcp", "azure-native"):
        return name_of(inputs, f"{name}-{digest(seed)[:8]}")
    if scope.package == "azure-native":
        return _azure(schema, name, inputs, scope)
    if scope.package == "gcp":
        return _gcp(schema, name, inputs, scope)
    return _aws(schema, name, seed, inputs, scope)


def arn(token: str, kind: str, scope: Scope, region: str = "") -> str:
    """An Amazon resource name; ``kind`` is the part after the account."""
    service = {"lb": "elasticloadbalancing", "alb": "elasticloadbalancing", "vpc": "ec2", "cloudwatch": "logs"}
    folder = token.split(":", 2)[1].split("/", 1)[0]
    where = "" if folder in _GLOBAL_ARNS else region or scope.region or "us-east-1"
    account = "" if folder == "s3" else scope.account
    return f"arn:{partition(where)}:{service.get(folder, folder)}:{where}:{account}:{kind}"


def partition(region: str) -> str:
    """The partition an AWS region is in."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def arn_kind(schema: Resource, name: str, id_: str) -> str:
    """The part of a resource's ARN after the account."""
    folder = schema.token.split(":", 2)[1].split("/", 1)[0]
    kind = schema.cls.__name__
    if folder in ("s3", "sqs", "sns"):
        return name
    if folder == "cloudwatch":
        return f"log-group:{name}"
    lowered = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()
    separator = ":" if folder in ("rds", "elasticache", "secretsmanager", "lambda", "backup") else "/"
    return f"{lowered}{separator}{id_ if folder in ('ec2', 'kms', 'efs', 'fsx') else name}"


def _aws(schema: Resource, name: str, seed: str, inputs: Props, scope: Scope) -> str:
    example = _example(schema)
    match = re.fullmatch(r"([a-z]+(?:-[a-z]+)*)-[0-9a-f]{6,17}", example)
    if match:
        return f"{match.group(1)}-{digest(seed)[:17]}"
    own = name_of(inputs, f"{name}-{digest(seed)[:7]}")
    if schema.cls.__name__ == "Key" and "/key" in schema.token:
        raw = digest(seed)
        return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:32]}"
    if example.startswith("arn:"):
        return arn(schema.token, arn_kind(schema, own, own), scope, str(inputs.get("region") or ""))
    if schema.token.startswith("aws:eks/") and "clusterName" in schema.inputs:
        second = next((inputs[key] for key in ("nodeGroupName", "addonName", "principalArn") if inputs.get(key)), own)
        return f"{inputs.get('clusterName')}:{second}"
    if not any(key in schema.inputs for key in _NAME_KEYS):
        reference = next((inputs[key] for key in ("bucket", "queueUrl", "repository") if inputs.get(key)), "")
        return str(reference) or (f"{inputs['role']}-{digest(seed)[:17]}" if inputs.get("role") else own)
    return own


def _gcp(schema: Resource, name: str, inputs: Props, scope: Scope) -> str:
    """What it is called; a right's id is what it is given on, the role, and to whom."""
    given = [str(inputs[key]) for key in ("role", "member") if "role" in schema.inputs and inputs.get(key)]
    return "/".join((_gcp_named(schema, name, inputs, scope), *given))


def _gcp_named(schema: Resource, name: str, inputs: Props, scope: Scope) -> str:
    own = name_of(inputs, name)
    template = next((one for one in _templates(schema) if "{{" in one), "")
    if not template:
        return own

    def value(match: re.Match[str]) -> str:
        key = re.sub(r"_(\w)", lambda part: part.group(1).upper(), match.group(1))
        if key == "project":
            return str(inputs.get("project") or scope.account)
        if key in ("region", "location", "zone") and not inputs.get(key):
            return scope.region
        found = inputs.get(key)
        return str(found) if isinstance(found, str | int) and found else own

    return re.sub(r"projects/projects/", "projects/", re.sub(r"\{\{\s*\+?(\w+)\s*\}\}", value, template))


def _azure(schema: Resource, name: str, inputs: Props, scope: Scope) -> str:
    module, _, kind = schema.token.partition(":")[2].partition(":")
    if kind == "ResourceGroup":
        return f"/subscriptions/{scope.account}/resourceGroups/{inputs.get('resourceGroupName', name)}"
    scoped = inputs.get("scope") or inputs.get("resourceUri")
    group = inputs.get("resourceGroupName")
    base = str(scoped or f"/subscriptions/{scope.account}" + (f"/resourceGroups/{group}" if group else ""))
    own = f"{kind[0].lower()}{kind[1:]}Name"
    names = [key for key in path_parameters(schema) if key not in ("resourceGroupName", "scope", "resourceUri")]
    names.sort(key=lambda key: key in (own, "resourceName"))
    namespace = _PROVIDERS.get(module, module[:1].upper() + module[1:])
    path = "".join(f"/{_plural(key, kind)}/{inputs.get(key, name)}" for key in names) or f"/{_plural('', kind)}/{name}"
    return f"{base}/providers/Microsoft.{namespace}{path}"


def _plural(key: str, kind: str) -> str:
    stem = key.removesuffix("Name")
    if stem in ("", "resource"):
        stem = kind[0].lower() + kind[1:]
    return f"{stem[:-1]}ies" if stem.endswith("y") else stem if stem.endswith("s") else f"{stem}s"


def _templates(schema: Resource) -> tuple[str, ...]:
    return _imports(schema.token, schema.cls)


@functools.cache
def _imports(token: str, cls: type[Any]) -> tuple[str, ...]:
    """The ids in the SDK's own examples of `pulumi import`."""
    found = re.findall(rf"pulumi import {re.escape(token)} \S+ (\S+)", sdk.source(cls))
    return tuple(dict.fromkeys(one.strip('"') for one in found))


def _example(schema: Resource) -> str:
    return next(iter(_templates(schema)), "")
