"""The shape of a resource's properties, read from the annotations of an SDK's classes."""

import functools
import inspect
import types
import typing
from collections.abc import Awaitable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from engine.providers.offline import sdk


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """``kind`` is string, integer, number, boolean, asset or archive."""

    kind: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values; an open choice also takes others (the vendor adds values faster than SDKs appear)."""

    name: str
    values: tuple[Any, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map with string keys."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class Object:
    """A nested object; its fields are read when they are asked for, since types may refer to themselves."""

    cls: type[Any]

    @property
    def name(self) -> str:
        """Its name, for people."""
        return self.cls.__name__.removesuffix("Args")

    @property
    def fields(self) -> dict[str, "Field"]:
        """Its properties by wire name."""
        return fields_of(self.cls)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value of any of several types."""

    options: tuple["Type", ...]


Type = Anything | Scalar | Choice | ListOf | MapOf | Object | OneOf


@dataclass(frozen=True, slots=True)
class Field:
    """One property. ``python`` is its name in programs, ``doc`` the SDK's words on it."""

    wire: str
    python: str
    type: Type
    required: bool
    doc: str


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A resource type: what it takes and what it gives back, by wire name."""

    token: str
    cls: type[Any]
    inputs: dict[str, Field]
    outputs: dict[str, Field]

    @property
    def bridged(self) -> bool:
        """Whether a Terraform provider stands behind it: such providers convert scalars and give short names."""
        return "/" in self.token


@functools.cache
def resource(package: str, token: str) -> Resource | None:
    """The schema of a resource type; None when the SDK has no such type."""
    found = sdk.find(package, token)
    if found is None:
        return None
    inputs = fields_of(found.args) if found.args is not None else {}
    return Resource(token, found.resource, inputs, fields_of(found.resource))


@functools.cache
def result(package: str, token: str) -> dict[str, Field] | None:
    """The fields of a function's result; None when the SDK has no such function."""
    found = sdk.function(package, token)
    return fields_of(found) if found is not None else None


@functools.cache
def fields_of(cls: type[Any]) -> dict[str, Field]:
    """The properties of an SDK class (inputs, outputs or a resource) by wire name."""
    required = {
        name
        for name, parameter in inspect.signature(cls.__init__).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }
    with sdk.LOADING:
        return _fields(cls, required)


def _fields(cls: type[Any], required: set[str]) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for python, member in vars(cls).items():
        wire = getattr(getattr(member, "fget", None), "_pulumi_name", None)
        if wire is None:
            continue
        getter = member.fget
        hint = inspect.get_annotations(getter).get("return", Any)
        optional, type_ = _read(hint, _Scope(getter.__globals__))
        output_only = not hasattr(cls, "_pulumi_input_type")
        needed = not optional if output_only else python in required
        found[wire] = Field(wire, python, type_, needed, getter.__doc__ or "")
    return found


class _Scope:
    """Resolves forward references in the module that wrote them."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def resolve(self, reference: str) -> Any:
        head, *rest = reference.split(".")
        value = self._names.get(head)
        for part in rest:
            value = getattr(value, part, None)
        return value


_SCALARS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def _read(hint: Any, scope: _Scope) -> tuple[bool, Type]:
    """An annotation as (whether it may be absent, its type)."""
    members = list(_members(hint, scope))
    optional = type(None) in members or None in members
    kept: list[Type] = []
    for member in members:
        if member in (None, type(None)):
            continue
        read = _one(member, scope)
        if read is not None and read not in kept:
            kept.append(read)
    return optional, _joined(kept)


def _members(hint: Any, scope: _Scope) -> typing.Iterator[Any]:
    """The alternatives of an annotation: what `Input` and `Output` add is left out."""
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):
        if hint.startswith("Output["):
            return
        resolved = scope.resolve(hint)
        if resolved is not None:
            yield resolved
        else:
            yield Any
        return
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        for part in typing.get_args(hint):
            yield from _members(part, scope)
    elif origin is Awaitable:
        return
    elif getattr(origin, "__name__", "") == "Output":
        yield from _members(typing.get_args(hint)[0], scope)
    else:
        yield hint


def _one(hint: Any, scope: _Scope) -> Type | None:
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if hint in _SCALARS:
        return Scalar(_SCALARS[hint])
    if origin is typing.Literal:
        return Choice("", arguments, open=False)
    if origin is not None and issubclass(origin, typing.Mapping):
        return MapOf(_read(arguments[1], scope)[1] if len(arguments) == 2 else Anything())
    if origin is not None and issubclass(origin, typing.Sequence):
        return ListOf(_read(arguments[0], scope)[1] if arguments else Anything())
    if isinstance(hint, type):
        return _class(hint)
    return Anything()


def _class(hint: type[Any]) -> Type | None:
    if typing.is_typeddict(hint):
        return None
    if issubclass(hint, Enum):
        return Choice(hint.__name__, tuple(one.value for one in hint), open=False)
    if hasattr(hint, "_pulumi_input_type") or hasattr(hint, "_pulumi_output_type"):
        return Object(hint)
    if hint.__name__ in ("Asset", "Archive"):
        return Scalar(hint.__name__.lower())
    return Anything()


def _joined(kept: list[Type]) -> Type:
    if not kept:
        return Anything()
    choices = [one for one in kept if isinstance(one, Choice)]
    if choices and Scalar("string") in kept:
        merged = Choice(choices[0].name, tuple(v for one in choices for v in one.values), open=True)
        kept = [merged, *(one for one in kept if one not in choices and one != Scalar("string"))]
    return kept[0] if len(kept) == 1 else OneOf(tuple(kept))
