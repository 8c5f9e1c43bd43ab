"""Uniform resource names: ``urn:pulumi:<stack>::<project>::<parent types$type>::<name>``."""

from engine.errors import StateError

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


def make(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Name a resource; the root stack does not count as a parent type."""
    qualified = type_
    if parent:
        parent_type = qualified_type(parent)
        if parent_type != STACK_TYPE:
            qualified = f"{parent_type}${type_}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def _parts(urn: str) -> list[str]:
    parts = urn.split("::", 3)
    if len(parts) != 4 or not urn.startswith("urn:pulumi:"):
        message = f"'{urn}' is not a resource name: expected urn:pulumi:<stack>::<project>::<type>::<name>"
        raise StateError(message)
    return parts


def qualified_type(urn: str) -> str:
    """The type with the types of its parents."""
    return _parts(urn)[2]


def type_of(urn: str) -> str:
    """The resource's own type."""
    return qualified_type(urn).rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    """The resource's logical name."""
    return _parts(urn)[3]


def stack_of(urn: str) -> str:
    """The stack the resource belongs to."""
    return _parts(urn)[0].removeprefix("urn:pulumi:")


def project_of(urn: str) -> str:
    """The project the resource belongs to."""
    return _parts(urn)[1]


def is_provider(type_: str) -> bool:
    """Whether a type is that of a provider resource."""
    return type_.startswith(PROVIDER_PREFIX)


def package_of(type_: str) -> str:
    """The package that serves a resource type or a function token."""
    if is_provider(type_):
        return type_.removeprefix(PROVIDER_PREFIX)
    return type_.split(":", 1)[0]


def split_reference(reference: str) -> tuple[str, str]:
    """Split a provider reference ``<urn>::<id>``."""
    urn, _, id_ = reference.rpartition("::")
    return urn, id_
