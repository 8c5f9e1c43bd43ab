"""Outputs as a cloud would give them: well formed, and the same for the same resource."""

import base64
from collections.abc import Callable
from typing import Any

from engine.providers.offline import identity
from engine.providers.offline.identity import Scope, digest
from engine.providers.offline.schema import (
    Anything,
    Choice,
    Field,
    ListOf,
    MapOf,
    Object,
    OneOf,
    Resource,
    Scalar,
    Type,
)
from engine.values import SIG, UNKNOWN, Props, is_list, is_map

DEPTH = 4
WHEN = "2026-01-01T00:00:00Z"
_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nb2ZmbGluZQ==\n-----END CERTIFICATE-----\n"


def outputs(  # noqa: PLR0917 what a resource is made of
    schema: Resource, name: str, id_: str, seed: str, inputs: Props, scope: Scope
) -> Props:
    """The outputs of a made resource: its inputs, and what the cloud adds."""
    own = id_.rsplit("/", 1)[-1] if scope.package in ("gcp", "azure-native") else identity.name_of(inputs, name)
    context = _Context(schema, own, id_, seed, scope)
    made = _completed(schema.outputs, inputs, context, 0)
    made.update(_special(schema.token, made, context))
    return made


def foreseen(schema: Resource, inputs: Props, scope: Scope) -> Props:
    """The outputs a preview shows: inputs, what the provider's own configuration says, unknowns for the rest."""
    inputs = {**_configured(schema, scope), **{key: one for key, one in inputs.items() if one is not None}}
    known = {
        key: _echoed(field.type, inputs[key]) for key, field in schema.outputs.items() if inputs.get(key) is not None
    }
    known |= {key: value for key, value in inputs.items() if key.startswith("__")}
    later = {key: UNKNOWN for key, field in schema.outputs.items() if field.required and inputs.get(key) is None}
    return {**known, **later}


def _configured(schema: Resource, scope: Scope) -> Props:
    """What a resource takes from its provider where it does not say it itself."""
    given = {"aws": ("region", scope.region), "gcp": ("project", scope.account)}.get(scope.package)
    return {given[0]: given[1]} if given and given[1] and given[0] in schema.outputs else {}


def _echoed(type_: Type, value: Any) -> Any:
    """An input as it stands in the outputs; unknown where outputs have another shape for it."""
    if isinstance(type_, Object) and is_map(value) and SIG not in value:
        fields = type_.fields
        return {key: _echoed(fields[key].type, inner) if key in fields else inner for key, inner in value.items()}
    if isinstance(type_, ListOf) and is_list(value):
        return [_echoed(type_.item, inner) for inner in value]
    mismatched = (is_list(value) and isinstance(type_, MapOf | Object)) or (is_map(value) and isinstance(type_, ListOf))
    return UNKNOWN if mismatched else value


class _Context:
    """What the values of one resource's outputs are made from."""

    def __init__(self, schema: Resource, name: str, id_: str, seed: str, scope: Scope) -> None:
        self.schema = schema
        self.name = name
        self.id = id_
        self.seed = seed
        self.scope = scope

    def raw(self, *parts: object) -> str:
        return digest(self.seed, *parts)

    def uuid(self, *parts: object) -> str:
        raw = self.raw(*parts)
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-8{raw[17:20]}-{raw[20:32]}"

    def host(self, key: str) -> str:
        domain = {"aws": "amazonaws.com", "gcp": "googleapis.com", "azure-native": "windows.net"}
        where = self.scope.region or "global"
        label = identity.digest(self.name, key)[:6]
        return f"{self.name}-{label}.{where}.{domain.get(self.scope.package, 'example.com')}".lower().replace("_", "-")


def _completed(fields: dict[str, Field], given: Props, context: _Context, depth: int) -> Props:
    made: Props = {}
    for key, field in fields.items():
        value = given.get(key)
        if value is not None:
            made[key] = _filled(field.type, value, context, depth)
        elif field.required:
            made[key] = _invented(field.type, key, context, depth)
    return made


def _filled(type_: Type, value: Any, context: _Context, depth: int) -> Any:
    """A value that was given, with what the cloud adds inside it."""
    if isinstance(type_, Object) and is_map(value):
        return {**value, **_completed(type_.fields, value, context, depth + 1)}
    if isinstance(type_, ListOf) and is_list(value):
        return [_filled(type_.item, inner, context, depth) for inner in value]
    if isinstance(type_, MapOf) and is_list(value):
        return {str(one): _invented(type_.item, str(one), context, depth + 1) for one in value}
    return value


def _invented(type_: Type, key: str, context: _Context, depth: int) -> Any:  # noqa: PLR0911 one answer for each kind
    match type_:
        case Scalar("string") | Anything():
            return _text(key, context)
        case Scalar("integer" | "number"):
            return 443 if "port" in key.lower() else 1
        case Scalar("boolean"):
            return False
        case Choice():
            return type_.values[0] if type_.values else ""
        case ListOf(item):
            return [] if depth >= DEPTH or isinstance(item, Anything) else [_invented(item, key, context, depth + 1)]
        case Object():
            return _completed(type_.fields, {}, context, depth + 1) if depth < DEPTH else {}
        case OneOf(options):
            return _invented(options[0], key, context, depth)
        case MapOf() | Scalar():
            return {}


def _text(key: str, context: _Context) -> str:
    """A text for a property, by the ending of its name."""
    lowered = key.lower()
    for names, endings, make in _TEXTS:
        if lowered in names or lowered.endswith(endings):
            return make(key, context)
    return f"{lowered}-{context.raw(key)[:8]}"


def _arn(key: str, context: _Context) -> str:
    token, scope = context.schema.token, context.scope
    if key.lower() != "arn":
        return identity.arn(token, f"{key[:-3].lower()}/{context.name}", scope)
    if context.id.startswith("arn:"):
        return context.id
    return identity.arn(token, identity.arn_kind(context.schema, context.name, context.id), scope)


def _account(key: str, context: _Context) -> str:
    return context.scope.account if context.scope.package in ("aws", "gcp") else f"{key.lower()}-{context.raw(key)[:8]}"


def _principal(key: str, context: _Context) -> str:
    return context.raw(key)[:20] if context.scope.package == "aws" else context.uuid(key)


def _address(key: str, context: _Context) -> str:
    raw = int(context.raw(key)[:6], 16)
    return f"10.{raw % 200 + 20}.{raw // 200 % 250}.{raw // 50_000 % 250 + 2}"


def _certificate(_key: str, _context: _Context) -> str:
    return base64.b64encode(_CERTIFICATE.encode()).decode()


def _state(_key: str, context: _Context) -> str:
    return {"aws": "ACTIVE", "azure-native": "Succeeded"}.get(context.scope.package, "READY")


_NONE: tuple[str, ...] = ()
#: names, endings, and what makes a text for them; the first that fits is taken
_TEXTS: tuple[tuple[tuple[str, ...], tuple[str, ...], Callable[[str, _Context], str]], ...] = (
    (("region", "location"), _NONE, lambda _, context: context.scope.region),
    (("name", "displayname"), _NONE, lambda _, context: context.name),
    (("project", "ownerid", "accountid", "registryid"), _NONE, _account),
    (_NONE, ("arn",), _arn),
    (("selflink",), _NONE, lambda _, context: f"https://www.googleapis.com/compute/v1/{context.id}"),
    (("tenantid",), _NONE, lambda _, context: context.uuid("tenant")),
    (("principalid", "clientid", "objectid", "uniqueid", "uid", "customerid"), _NONE, _principal),
    (("keyid",), _NONE, lambda _, context: context.id),
    (_NONE, ("ipaddress", "privateip", "publicip", "ipv4"), _address),
    (_NONE, ("url", "uri", "issuer", "link"), lambda key, context: f"https://{context.host(key)}/{context.name}"),
    (
        _NONE,
        ("endpoint", "host", "hostname", "fqdn", "address", "domain", "dnsname", "domainname"),
        lambda key, context: context.host(key),
    ),
    (_NONE, ("certificate", "cert", "certdata"), _certificate),
    (("provisioningstate", "state", "status"), _NONE, _state),
    (_NONE, ("time", "date", "timestamp", "createdat", "updatedat", "createdon"), lambda _key, _context: WHEN),
    (_NONE, ("password", "secret", "token"), lambda key, context: context.raw("secret", key)),
    (_NONE, ("id",), lambda key, context: f"{key[:-2].lower() or 'id'}-{context.raw(key)[:17]}"),
)


def _special(token: str, made: Props, context: _Context) -> Props:  # noqa: C901, PLR0911 one answer for each resource
    """What endings cannot tell, for the resources that others are built on."""
    match token:
        case "aws:eks/cluster:Cluster":
            issuer = f"https://oidc.eks.{context.scope.region}.amazonaws.com/id/{context.raw('oidc')[:32].upper()}"
            authority = {"data": _text("certificate", context)}
            return {
                "identities": [{"oidcs": [{"issuer": issuer}]}],
                "certificateAuthority": authority,
                "endpoint": f"https://{context.host('endpoint')}",
                "status": "ACTIVE",
            }
        case "gcp:container/cluster:Cluster":
            certificate = {"clusterCaCertificate": _text("certificate", context)}
            return {"masterAuth": {**made.get("masterAuth", {}), **certificate}}
        case "aws:rds/cluster:Cluster" | "aws:rds/instance:Instance":
            port = made.get("port") if "port" in context.schema.inputs and made.get("port", 1) != 443 else 5432
            return {"port": port, **_master(made, context)}
        case "aws:elasticache/replicationGroup:ReplicationGroup":
            return {"port": 6379, "primaryEndpointAddress": f"master.{context.host('primary')}"}
        case "azure-native:containerservice:ManagedCluster":
            kubelet = {"clientId": context.uuid("kubelet"), "objectId": context.uuid("kubelet-object")}
            return {"identityProfile": {"kubeletidentity": kubelet}}
        case "azure-native:keyvault:Key":
            return _in_vault("key", context)
        case "azure-native:keyvault:Secret":
            return {"properties": {**made.get("properties", {}), **_in_vault("secret", context)}}
        case "azure-native:keyvault:Vault":
            uri = f"https://{context.name}.vault.azure.net/"
            return {"properties": {**made.get("properties", {}), "vaultUri": uri}}
        case "azure-native:storage:StorageAccount":
            services = ("blob", "dfs", "file", "queue", "table", "web")
            return {"primaryEndpoints": {one: f"https://{context.name}.{one}.core.windows.net/" for one in services}}
        case "azure-native:synapse:Workspace":
            hosts = {"sql": "", "sqlOnDemand": "-ondemand"}
            return {
                "connectivityEndpoints": {
                    key: f"{context.name}{tail}.sql.azuresynapse.net" for key, tail in hosts.items()
                }
            }
        case _:
            return {}


def _in_vault(what: str, context: _Context) -> Props:
    """The addresses of what is in a Key Vault."""
    *_, vault, folder, name = context.id.split("/")
    uri = f"https://{vault}.vault.azure.net/{folder}/{name}"
    return {f"{what}Uri": uri, f"{what}UriWithVersion": f"{uri}/{context.raw('version')[:32]}"}


def _master(made: Props, context: _Context) -> Props:
    """The secret that RDS keeps its own password in."""
    if not made.get("manageMasterUserPassword"):
        return {}
    where = f"arn:aws:secretsmanager:{context.scope.region}:{context.scope.account}:secret"
    arn = f"{where}:rds!cluster-{context.uuid('secret')}-{context.raw('secret')[:6]}"
    key = made.get("masterUserSecretKmsKeyId")
    return {"masterUserSecrets": [{"kmsKeyId": key, "secretArn": arn, "secretStatus": "active"}]}
