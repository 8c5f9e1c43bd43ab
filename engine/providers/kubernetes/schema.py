"""What the installed pulumi-kubernetes SDK says of an object: properties, types, requirements, scope.

Used where no server can be asked: a preview without a cluster still finds a misspelt or mistyped property.
"""

import functools
import importlib
import inspect
import re
import threading
import typing
from collections.abc import Iterator
from typing import Any

from engine.providers.kubernetes.objects import Kind
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

_SDK = threading.Lock()
"""The SDK imports its modules when their types are first asked for, which threads must not do at once."""

_QUANTITY = re.compile(r'(limits|requests|hard|capacity|allocatable|max|min|default|defaultRequest)\["[^"]+"\]$')


def namespaced(kind: Kind) -> bool | None:
    """Whether a built-in kind lives in namespaces; None for a kind the SDK does not know."""
    if kind.key in CLUSTER_SCOPED:
        return False
    with _SDK:
        return True if _arguments(kind) is not None else None


def problems(kind: Kind, inputs: Props) -> list[tuple[str, str]]:
    """Every property the SDK's types do not allow, as (path, reason)."""
    with _SDK:
        model = _arguments(kind)
        return list(_object(model, without_internal(inputs), "")) if model is not None else []


@functools.cache
def _arguments(kind: Kind) -> type | None:
    """The SDK's input class of a built-in kind."""
    group = "core" if kind.group == "core" else kind.group.split(".")[0]
    version = kind.api_version.rsplit("/", 1)[-1]
    try:
        module = importlib.import_module(f"pulumi_kubernetes.{group}.{version}")
    except ImportError:
        return None
    resource = getattr(module, kind.kind, None)
    if resource is None:
        return None
    source = inspect.getmodule(resource)
    return getattr(source, f"{kind.kind}InitArgs", None)


@functools.cache
def _fields(model: type) -> dict[str, Any]:
    """Wire name to declared type."""
    sdk: Any = importlib.import_module("pulumi._types")
    names: dict[str, str] = sdk.input_type_py_to_pulumi_names(model)
    types: dict[str, Any] = sdk.input_type_types(model)
    return {names.get(key, key): types[key] for key in types}


def _object(model: type, value: Props, at: str) -> Iterator[tuple[str, str]]:
    fields = _fields(model)
    for key, inner in value.items():
        place = f"{at}.{key}" if at else key
        if key not in fields and key.replace("-", "_") not in fields:
            close = _close(key, fields)
            yield place, f"no such property{close}"
        else:
            yield from _value(fields.get(key, Any), inner, place)


def _close(key: str, fields: dict[str, Any]) -> str:
    import difflib

    found = difflib.get_close_matches(key, fields, 1)
    return f"; did you mean '{found[0]}'?" if found else f"; it has {', '.join(sorted(fields))}"


def _value(declared: Any, value: Any, at: str) -> Iterator[tuple[str, str]]:  # noqa: C901 one case for each shape
    if value is None or is_unknown(value) or is_secret(value):
        return
    declared, accepts = _unwrapped(declared)
    if is_map(value):
        if isinstance(declared, type) and hasattr(declared, "__dict__") and _is_input(declared):
            yield from _object(declared, value, at)
        elif accepts & {str, int, float, bool} and not accepts & {dict} and declared is not Any:
            yield at, f"must be {_names(accepts)}, is an object"
        elif typing.get_origin(declared) is dict or "Mapping" in str(typing.get_origin(declared)):
            for key, inner in value.items():
                yield from _value(typing.get_args(declared)[1], inner, f'{at}["{key}"]')
    elif is_list(value):
        if "Sequence" in str(typing.get_origin(declared)) or typing.get_origin(declared) is list:
            for index, inner in enumerate(value):
                yield from _value(typing.get_args(declared)[0], inner, f"{at}[{index}]")
        elif accepts and declared is not Any:
            yield at, f"must be {_names(accepts)}, is a list"
    elif accepts and not _fits(value, accepts) and not (_QUANTITY.search(at) and isinstance(value, int | float)):
        yield at, f"must be {_names(accepts)}, is {value!r}"
    elif not accepts and isinstance(declared, type) and _is_input(declared):
        yield at, f"must be an object, is {value!r}"


def _fits(value: Any, accepts: set[type]) -> bool:
    if isinstance(value, bool):
        return bool in accepts
    if isinstance(value, int):
        return bool(accepts & {int, float})
    return isinstance(value, tuple(accepts))


def _names(accepts: set[type]) -> str:
    words = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
    return " or ".join(sorted(words[one] for one in accepts))


def _is_input(declared: type) -> bool:
    return (
        bool(getattr(declared, "_pulumi_type", False))
        or hasattr(declared, "__pulumi_input_type__")
        or declared.__name__.endswith("Args")
    )


def _unwrapped(declared: Any) -> tuple[Any, set[type]]:
    """The structured alternative of a declared type, and the plain types it takes."""
    arguments = typing.get_args(declared)
    origin = typing.get_origin(declared)
    if origin is typing.Union or str(origin) == "<class 'types.UnionType'>":
        plain: set[type] = set()
        structured: Any = None
        for one in arguments:
            inner, accepts = _unwrapped(one)
            plain |= accepts
            if not accepts and inner is not type(None) and structured is None:
                structured = inner
        return structured, plain
    if declared in (str, int, float, bool):
        return declared, {declared}
    return declared, set()
