"""Between protobuf structs and property values."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2

from engine.values import Props


def props(struct: struct_pb2.Struct) -> Props:
    """Read a struct; whole numbers become ints, as Pulumi's JSON has them."""
    return {key: value_of(value) for key, value in struct.fields.items()}


def value_of(value: struct_pb2.Value) -> Any:
    """Read one protobuf value."""
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "struct_value":
            return props(value.struct_value)
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [value_of(item) for item in value.list_value.values]
        case _:
            return None


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Write property values as a struct."""
    return json_format.ParseDict(dict(values), struct_pb2.Struct())
