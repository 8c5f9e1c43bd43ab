"""Checks inputs against a schema: every failure at once, each with its property path."""

import difflib
from collections.abc import Iterator
from typing import Any

from engine import paths
from engine.core.model import Failure
from engine.paths import Path
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
from engine.values import SIG, Props, is_list, is_map, is_unknown

#: choices that vendors extend faster than SDKs appear: other constraints judge these values
GROWING = ("InstanceType", "VirtualMachineSize", "VMSize", "ManagedPolicy", "Runtime", "ApiVersion", "ExtendedLocation")


def failures(schema: Resource, inputs: Props) -> list[Failure]:
    """What is wrong with the inputs of a resource."""
    return list(_fields(schema.inputs, inputs, (), _Judge(lenient=schema.bridged)))


class _Judge:
    """How strict a provider is: bridged ones take "3" for 3 and 3 for "3"."""

    def __init__(self, *, lenient: bool) -> None:
        self.lenient = lenient

    def scalar(self, kind: str, value: Any) -> bool:
        match kind:
            case "string":
                return isinstance(value, str) or (self.lenient and isinstance(value, bool | int | float))
            case "boolean":
                return isinstance(value, bool) or (self.lenient and value in ("true", "false"))
            case "integer" | "number":
                return self._number(kind, value)
            case _:
                return is_map(value) and SIG in value

    def _number(self, kind: str, value: Any) -> bool:
        if isinstance(value, bool):
            return False
        if isinstance(value, str) and self.lenient:
            try:
                value = float(value)
            except ValueError:
                return False
        return isinstance(value, int | float) and (kind == "number" or float(value).is_integer())


def _fields(fields: dict[str, Field], values: Props, at: Path, judge: _Judge) -> Iterator[Failure]:
    for key, value in values.items():
        if key.startswith("__"):
            continue
        field = fields.get(key)
        if field is None:
            yield Failure(paths.render((*at, key)), _unknown(key, fields))
        elif value is not None:
            yield from _value(field.type, value, (*at, key), judge)
    for key, field in fields.items():
        if field.required and values.get(key) is None:
            yield Failure(paths.render((*at, key)), f"missing required property '{field.python}'")


def _unknown(key: str, fields: dict[str, Field]) -> str:
    names = {name.lower(): field.python for field in fields.values() for name in (field.wire, field.python)}
    near = difflib.get_close_matches(key.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"unknown property; did you mean '{names[near[0]]}'?"
    return f"unknown property; known are {', '.join(sorted(field.python for field in fields.values())) or 'none'}"


def _value(type_: Type, value: Any, at: Path, judge: _Judge) -> Iterator[Failure]:
    if value is None or is_unknown(value) or isinstance(type_, Anything) or (is_map(value) and SIG in value):
        return
    match type_:
        case Scalar(kind):
            if not judge.scalar(kind, value):
                yield Failure(paths.render(at), f"expected {_article(kind)}, got {describe(value)}")
        case Choice():
            yield from _choice(type_, value, at)
        case ListOf() | MapOf() | Object():
            yield from _inside(type_, value, at, judge)
        case OneOf(options):
            yield from _any_of(options, value, at, judge)


def _inside(type_: ListOf | MapOf | Object, value: Any, at: Path, judge: _Judge) -> Iterator[Failure]:
    if isinstance(type_, ListOf) and is_list(value):
        for index, inner in enumerate(value):
            yield from _value(type_.item, inner, (*at, index), judge)
    elif isinstance(type_, MapOf) and is_map(value):
        for key, inner in value.items():
            yield from _value(type_.item, inner, (*at, key), judge)
    elif isinstance(type_, Object) and is_map(value):
        yield from _fields(type_.fields, value, at, judge)
    else:
        wanted = "a list" if isinstance(type_, ListOf) else "a map" if isinstance(type_, MapOf) else "an object"
        yield Failure(paths.render(at), f"expected {wanted}, got {describe(value)}")


def _choice(type_: Choice, value: Any, at: Path) -> Iterator[Failure]:
    if value in type_.values and not isinstance(value, bool):
        return
    if not isinstance(value, str | int | float):
        yield Failure(
            paths.render(at), f"expected one of the values of {type_.name or 'a choice'}, got {describe(value)}"
        )
        return
    if type_.open and any(part in type_.name for part in GROWING):
        return
    if type_.open and isinstance(value, str) and value.lower() in {str(one).lower() for one in type_.values}:
        return
    yield Failure(paths.render(at), no_such(value, [str(one) for one in type_.values]))


def no_such(value: Any, allowed: list[str]) -> str:
    """The words for a value that is none of the allowed ones."""
    near = difflib.get_close_matches(str(value), allowed, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'? " if near else ""
    shown = ", ".join(f"'{one}'" for one in allowed[:12])
    more = f" and {len(allowed) - 12} more" if len(allowed) > 12 else ""
    return f"'{value}' is not one of the values allowed; {hint}allowed are {shown}{more}"


def _any_of(options: tuple[Type, ...], value: Any, at: Path, judge: _Judge) -> Iterator[Failure]:
    """The failures of the option that comes nearest."""
    best: list[Failure] | None = None
    for option in options:
        found = list(_value(option, value, at, judge))
        if not found:
            return
        if best is None or _nearness(found, at) > _nearness(best, at):
            best = found
    yield from best or ()


def _nearness(found: list[Failure], at: Path) -> tuple[bool, int]:
    return not any(one.property == paths.render(at) for one in found), -len(found)


def describe(value: Any) -> str:
    """A value for people: its kind, and what it is where that is short."""
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, str):
        return f"the string '{value}'" if len(value) <= 60 else "a string"
    if isinstance(value, int | float):
        return f"the number {value:g}"
    return "a list" if is_list(value) else "an object"


def _article(kind: str) -> str:
    return {"integer": "an integer", "asset": "an asset", "archive": "an archive"}.get(kind, f"a {kind}")
