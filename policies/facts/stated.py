"""What a resource says of encryption and exposure, by the names that clouds have for it: see `data/vocabulary.csv`."""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from policies import values
from policies.resource import Resource, base_type, cloud_of
from policies.rule import Problem
from policies.tables import rows
from policies.values import Props, UnknownError, is_list, is_map


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


class StatedFact:
    """A cloud's resource, or a Kubernetes object, by what it states."""

    __slots__ = ("_said", "_wrong", "resource")

    def __init__(self, resource: Resource) -> None:
        """Wrap a resource; nothing is read yet."""
        self.resource = resource
        self._said: dict[str, list[Said]] | None = None
        self._wrong: dict[str, tuple[Problem, ...]] | None = None

    @classmethod
    def of(cls, resource: Resource) -> "StatedFact | None":
        """The fact of anything of a known cloud."""
        return cls(resource) if cloud_of(resource.type) else None

    def wrong(self, topic: str) -> Iterable[Problem]:
        """What is wrong about rest, transit or open: once for all rules, or again where a value is not known.

        Raises:
            UnknownError: while it is read, where a value that decides is not known.
        """
        said = self._said
        if said is None:
            said = self._said = _heard(self.resource)
        if topic not in said and _by_type(self.resource.type, topic) == _NOTHING:
            return ()
        known = self._wrong or {}
        if topic not in known:
            try:
                self._wrong = known = {**known, topic: tuple(self._judge(topic, said))}
            except UnknownError:
                return self._judge(topic, said)
        return known[topic]

    def _judge(self, topic: str, said_by_topic: dict[str, list["Said"]]) -> Iterator[Problem]:
        resource = self.resource
        for path, value, word in said_by_topic.get(topic, ()):
            if word.computed_is_fine and values.unknown(value):
                continue
            said = str(values.known(value, path)).lower()
            if word.objects(said):
                wanted = f"not {' or '.join(sorted(word.good))}" if word.good else "not allowed"
                yield Problem(f"it is '{value}', {wanted}" if said else f"it is empty, {wanted}", path)
        switched, off = _by_type(resource.type, topic)
        for switch in switched:
            yield from self._switched(switch)
        for name in off:
            if resource.props.get(name) is None:
                yield Problem("it is not set, and off unless it is", name)

    def _switched(self, switch: "Switch") -> Iterator[Problem]:
        said = [
            (path, str(values.known(one, path)).lower()) for path, one in values.each(self.resource.props, switch.path)
        ]
        if not said and switch.needed:
            yield Problem(f"it is not set, and must be {switch.good}", switch.path)
        for path, one in said:
            if one != switch.good:
                yield Problem(f"it is '{one}', not {switch.good}", path)


_NESTED = frozenset({dict, list})
_NOTHING = ((), ())
_NOT_STATED = frozenset({"tags", "labels", "metadata"})
#: a property's place, what it says, and the word it is
Said = tuple[str, Any, Word]
#: by property: its words, and of yes and no what none of them objects to
Words = dict[str, tuple[tuple[Word, ...], frozenset[bool]]]


@dataclass(frozen=True, slots=True)
class Switch:
    """A property of one type: what it must say, and whether it must be there."""

    path: str
    good: str
    needed: bool


@functools.cache
def _by_type(type_: str, topic: str) -> tuple[tuple[Switch, ...], tuple[str, ...]]:
    """A type's switches, and its properties that are off unless they are set."""
    token = base_type(type_)
    switched = tuple(
        Switch(row["path"], row["good"], row["absent"] == "bad")
        for row in rows("switches")
        if row["type"] == token and row["topic"] == topic
    )
    off = tuple(row["property"] for row in rows("absent") if row["type"] == token and row["topic"] == topic)
    return switched, off


def _heard(resource: Resource) -> dict[str, list[Said]]:
    """What a resource says that may be wrong, by topic."""
    said: dict[str, list[Said]] = {}
    _listen(resource.props, "", "", words(cloud_of(resource.type)), said)
    return said


def _listen(value: Props, path: str, under: str, known: Words, said: dict[str, list[Said]]) -> None:
    """Collect by topic what properties say that may be wrong, in their order."""
    for name, item in value.items():
        if name in known:
            listening, fine = known[name]
            if item.__class__ is bool and item in fine:
                continue
            at = f"{path}.{name}" if path else name
            for word in listening:
                if not word.under or word.under == under:
                    for one in item if is_list(item) else (item,):
                        if one is not None and not is_map(one):
                            said.setdefault(word.topic, []).append((at, one, word))
        if item.__class__ in _NESTED and name not in _NOT_STATED:
            at = f"{path}.{name}" if path else name
            for place, inner in ((at, item),) if is_map(item) else _members(item, at):
                _listen(inner, place, name, known, said)


def _members(value: list[Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a list, and of the lists in it."""
    for index, item in enumerate(value):
        at = f"{path}[{index}]"
        if is_map(item):
            yield at, item
        elif is_list(item):
            yield from _members(item, at)


@functools.cache
def words(cloud: str) -> Words:
    """The words of a cloud."""
    found: dict[str, tuple[Word, ...]] = {}
    for row in rows("vocabulary"):
        if row["cloud"] == cloud:
            good, bad = (frozenset(filter(None, row[key].split("|"))) for key in ("good", "bad"))
            word = Word(row["topic"], row["under"], good, bad, row["unknown"] == "fine")
            found[row["property"]] = (*found.get(row["property"], ()), word)
    return {name: (listening, frozenset(filter(_fine(listening), (True, False)))) for name, listening in found.items()}


def _fine(listening: tuple[Word, ...]) -> Callable[[bool], bool]:
    return lambda yes: not any(word.objects(str(yes).lower()) for word in listening)
