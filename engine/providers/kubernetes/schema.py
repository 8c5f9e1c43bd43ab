"""What the installed pulumi-kubernetes SDK says of an object: properties, types, requirements, scope.

Used where no server can be asked: a preview without a cluster still finds a misspelt or mistyped property.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from engine.providers.kubernetes.objects import Kind
from engine.providers.offline.schema import (
    Choice,
    Field,
    ListOf,
    MapOf,
    Object,
    OneOf,
    Resource,
    Scalar,
    Type,
    resource,
)
from engine.values import Props, is_list, is_map, is_secret, is_unknown, without_internal

CLUSTER_SCOPED = frozenset(
    {
        "core/Namespace",
        "core/Node",
        "core/PersistentVolume",
        "rbac.authorization.k8s.io/ClusterRole",
        "rbac.authorization.k8s.io/ClusterRoleBinding",
        "storage.k8s.io/StorageClass",
        "storage.k8s.io/CSIDriver",
        "storage.k8s.io/CSINode",
        "storage.k8s.io/VolumeAttachment",
        "scheduling.k8s.io/PriorityClass",
        "apiextensions.k8s.io/CustomResourceDefinition",
        "admissionregistration.k8s.io/MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
        "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
        "apiregistration.k8s.io/APIService",
        "certificates.k8s.io/CertificateSigningRequest",
        "flowcontrol.apiserver.k8s.io/FlowSchema",
        "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
        "networking.k8s.io/IngressClass",
        "node.k8s.io/RuntimeClass",
        "resource.k8s.io/DeviceClass",
    }
)

WORDS = {"string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
_QUANTITY = re.compile(r'(limits|requests|hard|capacity|allocatable|max|min|default|defaultRequest)\["[^"]+"\]$')


def namespaced(kind: Kind) -> bool | None:
    """Whether a built-in kind lives in namespaces; None for a kind the SDK does not know."""
    if kind.key in CLUSTER_SCOPED:
        return False
    return True if _described(kind) is not None else None


def problems(kind: Kind, inputs: Props) -> list[tuple[str, str]]:
    """Every property the SDK's types do not allow, as (path, reason)."""
    described = _described(kind)
    return list(_object(described.inputs, without_internal(inputs), "")) if described is not None else []


def _described(kind: Kind) -> Resource | None:
    """The SDK's schema of a built-in kind."""
    version = kind.api_version if "/" in kind.api_version else f"core/{kind.api_version}"
    return resource("kubernetes", f"kubernetes:{version}:{kind.kind}")


def _object(fields: dict[str, Field], value: Props, at: str) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        place = f"{at}.{key}" if at else key
        field = fields.get(key)
        if field is not None:
            yield from _value(field.type, inner, place)
        elif key.replace("-", "_") not in fields:
            yield place, f"no such property{_close(key, fields)}"


def _close(key: str, fields: dict[str, Field]) -> str:
    found = difflib.get_close_matches(key, fields, 1)
    return f"; did you mean '{found[0]}'?" if found else f"; it has {', '.join(sorted(fields))}"


def _value(declared: Type, value: Any, at: str) -> Iterator[tuple[str, str]]:
    if value is None or is_unknown(value) or is_secret(value):
        return
    options = declared.options if isinstance(declared, OneOf) else (declared,)
    accepts = {kind for one in options for kind in _plain(one)}
    if is_map(value) or is_list(value):
        structured = next((one for one in options if isinstance(one, MapOf | ListOf | Object)), None)
        yield from _inside(structured, value, at, accepts)
    elif accepts and not _fits(value, accepts) and not (_QUANTITY.search(at) and isinstance(value, int | float)):
        yield at, f"must be {_names(accepts)}, is {value!r}"
    elif not accepts and isinstance(declared, Object):
        yield at, f"must be an object, is {value!r}"


def _inside(
    structured: MapOf | ListOf | Object | None, value: Any, at: str, accepts: set[str]
) -> Iterator[tuple[str, str]]:
    if is_map(value) and isinstance(structured, Object):
        yield from _object(structured.fields, value, at)
    elif is_map(value) and isinstance(structured, MapOf):
        for key, inner in value.items():
            yield from _value(structured.item, inner, f'{at}["{key}"]')
    elif is_list(value) and isinstance(structured, ListOf):
        for index, inner in enumerate(value):
            yield from _value(structured.item, inner, f"{at}[{index}]")
    elif accepts:
        yield at, f"must be {_names(accepts)}, is {'an object' if is_map(value) else 'a list'}"


def _plain(declared: Type) -> tuple[str, ...]:
    """The plain kinds a type takes; an open choice is a string."""
    if isinstance(declared, Scalar) and declared.kind in WORDS:
        return (declared.kind,)
    return ("string",) if isinstance(declared, Choice) and declared.open else ()


def _fits(value: Any, accepts: set[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in accepts
    if isinstance(value, int):
        return bool(accepts & {"integer", "number"})
    return ("string" if isinstance(value, str) else "number") in accepts


def _names(accepts: set[str]) -> str:
    return " or ".join(sorted(WORDS[one] for one in accepts))
