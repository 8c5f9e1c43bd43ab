"""Property paths (``spec.containers[0].image``, ``metadata["a.b"]``, ``tags[*]``) and structural differences."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from engine.values import Props, is_list, is_map, is_secret, reveal

PathPart = str | int
Path = tuple[PathPart, ...]
ChangeKind = Literal["add", "delete", "update"]

_TOKEN = re.compile(r'\.?([^.\[\]"]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]')


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two values, at a path."""

    path: Path
    kind: ChangeKind


def parse(text: str) -> Path:
    """Read a property path; ``[*]`` and ``*`` match every index or key.

    Raises:
        ValueError: the text is not a property path.
    """
    parts: list[PathPart] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            message = f"'{text}' is not a property path (at character {position + 1})"
            raise ValueError(message)
        name, index, quoted = match.groups()
        if name is not None:
            parts.append(name)
        elif index is not None:
            parts.append(index if index == "*" else int(index))
        else:
            parts.append(quoted.replace('\\"', '"'))
        position = match.end()
    return tuple(parts)


def render(path: Path) -> str:
    """Write a path as Pulumi displays it."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$-]*", part):
            text += f".{part}" if text else part
        else:
            text += '["' + part.replace('"', '\\"') + '"]'
    return text


def covers(pattern: Path, path: Path) -> bool:
    """Whether ``pattern`` names ``path`` or something that contains it."""
    if len(pattern) > len(path):
        return False
    return all(one in ("*", other) for one, other in zip(pattern, path, strict=False))


def touches(pattern: Path, path: Path) -> bool:
    """Whether a change at ``path`` is a change of what ``pattern`` names: either contains the other."""
    return all(one in ("*", other) for one, other in zip(pattern, path, strict=False))


def difference(old: Any, new: Any, at: Path = ()) -> list[Change]:
    """Every leaf at which two values differ, in the order of the keys."""
    old, new = _open(old), _open(new)
    if is_map(old) and is_map(new):
        changes: list[Change] = []
        for key in sorted(old.keys() | new.keys()):
            if key not in new:
                changes.append(Change((*at, key), "delete"))
            elif key not in old:
                changes.append(Change((*at, key), "add"))
            else:
                changes.extend(difference(old[key], new[key], (*at, key)))
        return changes
    if is_list(old) and is_list(new):
        changes = []
        for index in range(max(len(old), len(new))):
            if index >= len(new):
                changes.append(Change((*at, index), "delete"))
            elif index >= len(old):
                changes.append(Change((*at, index), "add"))
            else:
                changes.extend(difference(old[index], new[index], (*at, index)))
        return changes
    return [] if equal(old, new) else [Change(at, "update")]


def equal(old: Any, new: Any) -> bool:
    """Deep equality in which secrets compare by content and True is not 1."""
    return _same(reveal(old), reveal(new))


def _same(one: Any, other: Any) -> bool:
    if is_map(one) and is_map(other):
        return one.keys() == other.keys() and all(_same(inner, other[key]) for key, inner in one.items())
    if is_list(one) and is_list(other):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def get(value: Any, path: Path) -> tuple[bool, Any]:
    """Look a path up: whether it is there, and what stands there."""
    found, current = True, value
    for part in path:
        found, current = _part(_open(current), part)
        if not found:
            break
    return found, current


def _part(value: Any, part: PathPart) -> tuple[bool, Any]:
    if isinstance(part, str) and is_map(value):
        return part in value, value.get(part)
    if isinstance(part, int) and is_list(value) and part < len(value):
        return True, value[part]
    return False, None


def keep_old(old: Any, new: Any, pattern: Path) -> Any:
    """Copy ``new`` with what ``pattern`` names taken from ``old``: how ignoreChanges is applied."""
    if not pattern:
        return old
    head, rest = pattern[0], pattern[1:]
    if is_map(new) and is_map(old):
        result: Props = dict(new)
        keys = sorted(old.keys() | result.keys()) if head == "*" else [str(head)]
        for key in keys:
            if key in old:
                if not rest or key in result:
                    result[key] = keep_old(old[key], result.get(key), rest)
            elif not rest:
                result.pop(key, None)
        return result
    if is_list(new) and is_list(old):
        items: list[Any] = list(new)
        for index in range(min(len(items), len(old))):
            if head in ("*", index):
                items[index] = keep_old(old[index], items[index], rest)
        return items
    return new


def _open(value: Any) -> Any:
    return value["value"] if is_secret(value) else value
