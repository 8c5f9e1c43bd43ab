"""What a resource says of encryption and exposure, by the names that clouds have for it: see `data/vocabulary.csv`."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from policies import values
from policies.resource import Resource, base_type
from policies.tables import rows
from policies.values import is_list, is_map


@dataclass(frozen=True, slots=True)
class Word:
    """A property's name, and what it must or must not say. ``under`` is what it must stand in, empty for anything.

    Where ``computed_is_fine``, a value that another resource gives cannot be a bad one.
    """

    topic: str
    under: str
    good: frozenset[str]
    bad: frozenset[str]
    computed_is_fine: bool

    def objects(self, value: str) -> bool:
        """Whether a value breaks it."""
        return value not in self.good if self.good else value in self.bad


class Wrong(NamedTuple):
    """A property that says the wrong thing, or nothing where that is as bad."""

    path: str
    text: str


class StatedFact:
    """A cloud's resource, or a Kubernetes object, by what it states."""

    def __init__(self, resource: Resource) -> None:
        """Wrap a resource; nothing is read yet."""
        self.resource = resource
        self._found: dict[str, list[tuple[str, Any, Word]]] | None = None

    @classmethod
    def of(cls, resource: Resource) -> "StatedFact | None":
        """The fact of anything of a known cloud."""
        return cls(resource) if resource.cloud else None

    def wrong(self, topic: str) -> Iterator[Wrong]:
        """What is wrong about rest, transit or open.

        Raises:
            UnknownError: a value that decides is not known.
        """
        if self._found is None:
            self._found = {}
            for path, value, word in _spoken(self.resource.props, "", "", words(self.resource.cloud)):
                self._found.setdefault(word.topic, []).append((path, value, word))
        for path, value, word in self._found.get(topic, ()):
            if word.computed_is_fine and values.unknown(value):
                continue
            said = str(values.known(value, path)).lower()
            if word.objects(said):
                wanted = f"not {' or '.join(sorted(word.good))}" if word.good else "not allowed"
                yield Wrong(path, f"it is '{value}', {wanted}" if said else f"it is empty, {wanted}")
        for switch in switches().get(base_type(self.resource.type), ()):
            if switch.topic == topic:
                yield from self._switched(switch)
        for name, of_topic in absent().get(base_type(self.resource.type), ()):
            if of_topic == topic and self.resource.props.get(name) is None:
                yield Wrong(name, "it is not set, and off unless it is")

    def _switched(self, switch: "Switch") -> Iterator[Wrong]:
        said = [
            (path, str(values.known(one, path)).lower()) for path, one in values.each(self.resource.props, switch.path)
        ]
        if not said and switch.needed:
            yield Wrong(switch.path, f"it is not set, and must be {switch.good}")
        for path, one in said:
            if one != switch.good:
                yield Wrong(path, f"it is '{one}', not {switch.good}")


@dataclass(frozen=True, slots=True)
class Switch:
    """A property of one type: what it must say, and whether it must be there."""

    path: str
    good: str
    needed: bool
    topic: str


@functools.cache
def switches() -> dict[str, list[Switch]]:
    """The switches of types by their token."""
    found: dict[str, list[Switch]] = {}
    for row in rows("switches"):
        switch = Switch(row["path"], row["good"], row["absent"] == "bad", row["topic"])
        found.setdefault(row["type"], []).append(switch)
    return found


def _spoken(value: Any, path: str, under: str, known: dict[str, tuple[Word, ...]]) -> Iterator[tuple[str, Any, Word]]:
    if is_map(value):
        for name, item in value.items():
            at = f"{path}.{name}" if path else name
            for word in known.get(name, ()):
                if not word.under or word.under == under:
                    for one in item if is_list(item) else (item,):
                        if one is not None and not is_map(one):
                            yield at, one, word
            if name not in ("tags", "labels", "metadata") and not isinstance(item, (str, bool, int, float)):
                yield from _spoken(item, at, name, known)
    elif is_list(value):
        for index, item in enumerate(value):
            yield from _spoken(item, f"{path}[{index}]", under, known)


@functools.cache
def words(cloud: str) -> dict[str, tuple[Word, ...]]:
    """The words of a cloud, by property."""
    found: dict[str, tuple[Word, ...]] = {}
    for row in rows("vocabulary"):
        if row["cloud"] == cloud:
            good, bad = (frozenset(filter(None, row[key].split("|"))) for key in ("good", "bad"))
            word = Word(row["topic"], row["under"], good, bad, row["unknown"] == "fine")
            found[row["property"]] = (*found.get(row["property"], ()), word)
    return found


@functools.cache
def absent() -> dict[str, list[tuple[str, str]]]:
    """Properties and topics by type, for those that are off unless they are set."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows("absent"):
        found.setdefault(row["type"], []).append((row["property"], row["topic"]))
    return found
