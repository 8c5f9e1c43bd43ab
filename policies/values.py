"""Reading properties that may be unknown.

Properties are plain JSON values; a value that a preview cannot know is one of Pulumi's marker strings. A rule that
needs such a value meets ``UnknownError``; one that only asks whether something is set does not.
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

Props = Mapping[str, Any]
Steps = tuple[str, ...]

#: Pulumi's markers by kind: string, boolean, number, list, asset, archive, object. Source: sdk/go/common/resource
UNKNOWN = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_SIG = "4dabf18193072939515e22adb298388d"


class UnknownError(Exception):
    """A value that a rule needs is not known yet."""

    def __init__(self, path: str) -> None:
        """``path`` is the property's."""
        super().__init__(f"the value of {path or 'the properties'} is not known yet")
        self.path = path


def is_map(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether the value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether the value is a list."""
    return isinstance(value, list)


def unknown(value: Any) -> bool:
    """Whether the value is a marker."""
    return isinstance(value, str) and value in UNKNOWN


def known(value: Any, path: str) -> Any:
    """The value.

    Raises:
        UnknownError: it is not known.
    """
    if isinstance(value, str) and value in UNKNOWN:
        raise UnknownError(path)
    return value


@functools.cache
def steps(path: str) -> Steps:
    """A path such as ``rules[].destination.bucket`` in steps; ``[]`` stands for every item, ``*`` for every key."""
    return tuple(part for part in path.replace("[]", ".[]").split(".") if part)


def each(props: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What stands at a path, with its place: nothing where a part of the way is missing, a marker where it is unknown.

    A lone object stands for a list of one: SDKs flatten lists that never have more.
    """
    return _each(props, steps(path), "")


def _each(value: Any, left: Steps, at: str) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    if not left or unknown(value):
        yield at, value
        return
    first, *rest = left
    if first == "[]" or is_list(value):
        further = tuple(rest) if first == "[]" else left
        for index, item in enumerate(value if is_list(value) else [value]):
            yield from _each(item, further, f"{at}[{index}]")
    elif is_map(value):
        for key in value if first == "*" else (first,):
            if key in value:
                yield from _each(value[key], tuple(rest), f"{at}.{key}" if at else key)


def leaves(value: Any, without: tuple[str, ...] = ()) -> Iterator[tuple[str, str, Any]]:
    """Everything that is neither an object nor a list: its place, the key it stands under, and the value.

    What stands under a key of ``without`` is left out.
    """
    return _leaves(value, "", "", without)


def _leaves(value: Any, path: str, key: str, without: tuple[str, ...]) -> Iterator[tuple[str, str, Any]]:
    if is_map(value):
        for name, item in value.items():
            if name not in without:
                yield from _leaves(item, f"{path}.{name}" if path else name, name, without)
    elif is_list(value):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]", key, without)
    else:
        yield path, key, value


def get(props: Any, path: str) -> Any:
    """The one value at a path; None where there is none.

    Raises:
        UnknownError: it, or what it stands in, is not known.
    """
    for at, value in each(props, path):
        return known(value, at)
    return None


def text(props: Any, path: str) -> str:
    """The value at a path as text; empty where there is none.

    Raises:
        UnknownError: as `get`.
    """
    value = get(props, path)
    return "" if value is None else str(value)


def items(props: Any, path: str) -> list[Any]:
    """The list at a path; empty where there is none.

    Raises:
        UnknownError: as `get`.
    """
    value = get(props, path)
    return [] if value is None else list(value) if is_list(value) else [value]


def section(props: Any, path: str) -> dict[str, Any]:
    """The object at a path; empty where there is none.

    Raises:
        UnknownError: as `get`.
    """
    value = get(props, path)
    return value if is_map(value) else {}


def present(props: Any, path: str) -> bool:
    """Whether anything stands at a path. What is computed is there, known or not."""
    return any(value not in ("", [], {}) for _, value in each(props, path))


def truth(value: Any) -> bool:
    """Whether a value means yes."""
    return value is True or (isinstance(value, str) and value.lower() in ("true", "enabled", "yes", "on"))


def plain(value: Any) -> Any:
    """Properties as CrossGuard hands them to a policy: without its proxies, without secret envelopes, 3 for 3.0."""
    inner: Any = value
    if type(value).__name__ in ("_DictProxy", "_ListProxy"):
        inner = value["__target"]
    if is_map(inner):
        if _SIG in inner and "value" in inner:
            return plain(inner["value"])
        return {key: plain(item) for key, item in inner.items()}
    if is_list(inner):
        return [plain(item) for item in inner]
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)
    return inner
