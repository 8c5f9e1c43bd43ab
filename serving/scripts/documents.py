"""What a document is before it is known: who may read it, its text, and whether it is fit to answer from. Pure."""

import html.parser
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

#: beside a document, or in a folder for all below it that say nothing themselves
READERS = ".readers.json"
PASSAGE_WORDS = 300
OVERLAP_WORDS = 40
READABLE = (".txt", ".md", ".html", ".csv")
LISTED = 100


class ReadersError(ValueError):
    """A file of readers that cannot be used: nobody reads what it is about."""


class Readers:
    """Who may read which document, as the source says it: the nearest file of readers counts, none is nobody."""

    def __init__(self, paths: Mapping[str, Any], read: Callable[[str], bytes]) -> None:
        """Know where files of readers are; each is read once."""
        self._files = {path for path in paths if path.endswith(READERS)}
        self._read = read
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, path: str) -> tuple[str, ...]:
        """The groups that may read a document, in order; none where nobody may.

        Raises:
            ReadersError: the file that says so cannot be used.
        """
        for file in _candidates(path):
            if file in self._files:
                if file not in self._known:
                    self._known[file] = groups(file, self._read(file))
                return self._known[file]
        return ()


def _candidates(path: str) -> list[str]:
    """Files that may say who reads a document, the nearest first."""
    return [path + READERS, *(str(folder / READERS) for folder in PurePosixPath(path).parents)]


def groups(file: str, content: bytes) -> tuple[str, ...]:
    """What a file of readers says.

    Raises:
        ReadersError: it is not `{"readers": ["a group", ...]}`.
    """
    try:
        said = json.loads(content)["readers"]
    except (ValueError, KeyError, TypeError) as error:
        message = f'{file}: it is not {{"readers": ["a group", ...]}}'
        raise ReadersError(message) from error
    if not isinstance(said, list) or not all(isinstance(one, str) and one for one in said):  # pyright: ignore[reportUnknownVariableType]
        message = f"{file}: readers: a list of names of groups is needed"
        raise ReadersError(message)
    return tuple(sorted({str(one) for one in said}))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


class _Words(html.parser.HTMLParser):
    """What a page shows."""

    HIDDEN = frozenset({"script", "style", "template", "noscript"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.hidden += tag in self.HIDDEN

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in self.HIDDEN and self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def text_of(path: str, content: bytes) -> str:
    """A document's text; what cannot be read is U+FFFD."""
    text = content.decode(errors="replace")
    if not path.lower().endswith(".html"):
        return text
    page = _Words()
    page.feed(text)
    page.close()
    return " ".join(page.parts)


def passages(text: str) -> list[str]:
    """Overlapping passages of a text."""
    words = text.split()
    step = PASSAGE_WORDS - OVERLAP_WORDS
    return [
        " ".join(words[start : start + PASSAGE_WORDS])
        for start in range(0, max(len(words) - OVERLAP_WORDS, 1), step)
        if words
    ]


@dataclass(frozen=True, slots=True)
class Quality:
    """What a document must be like, and how many may go at a time."""

    least_words: int
    most_unreadable_percent: float
    most_gone_percent: float

    def objection(self, text: str) -> str:
        """Why nothing is answered from a text; empty where it may be."""
        words = len(text.split())
        if words < self.least_words:
            return f"{words} words, {self.least_words} are needed"
        unreadable = 100 * text.count("\ufffd") / len(text)
        if unreadable > self.most_unreadable_percent:
            return f"{unreadable:.1f} % of its characters cannot be read"
        return ""

    def too_many(self, gone: int, known: int) -> bool:
        """Whether so many are gone that the source is away rather than emptied."""
        return gone > 1 and 100 * gone > self.most_gone_percent * known


@dataclass(slots=True)
class Report:
    """What a run came to; lists are of paths with reasons."""

    at: str
    documents: int = 0
    passages: int = 0
    changed: int = 0
    removed: int = 0
    hidden: int = 0
    held: int = 0
    refused: dict[str, str] = field(default_factory=dict[str, str])
    failed: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def whole(self) -> bool:
        """Whether everything that could be known is."""
        return not self.failed and not self.held

    def told(self, last_whole: str) -> dict[str, Any]:
        """As others read it; ``last_whole`` is when the last run before was whole."""
        return {
            "at": self.at,
            "whole_at": self.at if self.whole else last_whole,
            "documents": self.documents,
            "passages": self.passages,
            "changed": self.changed,
            "removed": self.removed,
            "hidden": self.hidden,
            "held": self.held,
            "refused": _first(self.refused),
            "failed": _first(self.failed),
            "counts": {"refused": len(self.refused), "failed": len(self.failed)},
        }


def _first(found: dict[str, str]) -> dict[str, str]:
    return dict(sorted(found.items())[:LISTED])
