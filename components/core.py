"""The base of every component: its token, its inputs as the engine sees them, its children, its outputs."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, get_origin

import pulumi
from pulumi import Input, Output, ResourceOptions


class Component(pulumi.ComponentResource):
    """A component has one frozen Args, a unique ``TOKEN``, and outputs declared as class annotations."""

    TOKEN: ClassVar[str]

    def __init__(self, name: str, args: object, opts: ResourceOptions | None = None) -> None:
        """Register the component with its Args as inputs, so that state and policies see what was asked for."""
        super().__init__(self.TOKEN, name, as_props(args), opts)
        self.name = name

    def child(self, **options: Any) -> ResourceOptions:
        """Options of a child resource."""
        return ResourceOptions(parent=self, **options)

    def finish(self) -> None:
        """Register exactly the declared outputs.

        Raises:
            AttributeError: a declared output was never set.
        """
        declared = [one.__annotations__ for one in type(self).__mro__ if issubclass(one, Component)]
        names = [name for own in declared for name, hint in own.items() if get_origin(hint) is Output]
        self.register_outputs({name: getattr(self, name) for name in names})


def first(values: Input[Sequence[str]]) -> Output[str]:
    """The first of several values: where a cloud's subnets belong to no zone there is one alone."""
    return Output.from_input(values).apply(lambda found: found[0])


def manifest(part: Any) -> Any:
    """A part of a Kubernetes object in the API's own field names: the SDK passes it on, the provider checks it."""
    return part


def as_props(value: Any) -> Any:
    """Args as plain values; outputs stay outputs, empty fields stay out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {field.name: as_props(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {key: inner for key, inner in found.items() if inner is not None}
    if isinstance(value, Mapping):
        return {str(key): as_props(inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, tuple | list):
        return [as_props(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value
