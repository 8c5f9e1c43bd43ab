"""YAML from people, read safely and with positions.

Refused: duplicate keys, tags, anchors that multiply, nesting deeper than a person writes, documents larger than
``MAX_BYTES``. Every refusal names file, line and column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

Props = dict[str, Any]

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_NODES = 100_000


class DocumentError(ValueError):
    """A document is refused; the text names file, line, column, the reason and the way out."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document's content and where each part of it stands (line and column, from 1)."""

    file: str
    content: Any
    positions: dict[tuple[str | int, ...], tuple[int, int]]

    def where(self, path: Sequence[str | int]) -> str:
        """``file:line:column`` of a path, or of the nearest part that is there."""
        key = tuple(path)
        while key and key not in self.positions:
            key = key[:-1]
        line, column = self.positions.get(key, (1, 1))
        return f"{self.file}:{line}:{column}"


def is_map(content: Any) -> TypeGuard[Props]:
    """Whether the content is a mapping."""
    return isinstance(content, dict)


def explain(document: Document, error: Any) -> str:
    """A pydantic ValidationError in words: one line for each problem, with file, line, column and path."""
    lines: list[str] = []
    for problem in error.errors(include_url=False):
        path = _as_written(document.content, problem["loc"])
        shown = ".".join(map(str, path)) or "the document"
        found = problem.get("input")
        value = (
            f"; found {found!r}"
            if isinstance(found, str | int | float | bool) and "found" not in problem["msg"]
            else ""
        )
        lines.append(f"{document.where(path)}: {shown}: {problem['msg']}{value}")
    return "\n".join(dict.fromkeys(lines))


def _as_written(content: Any, path: Sequence[Any]) -> tuple[str | int, ...]:
    """A path as the document has it: without what only the model knows, such as which of several shapes it is."""
    found: list[str | int] = []
    current: Any = content
    for index, part in enumerate(path):
        of_model = str(part).startswith(("function-", "tagged-"))
        if of_model or (is_map(current) and part not in current and index < len(path) - 1):
            continue
        found.append(part)
        try:
            current = current[part]
        except (KeyError, IndexError, TypeError):
            current = None
    return tuple(found)


def read_map(file: Path) -> Props:
    """Read a file whose content is a mapping.

    Raises:
        DocumentError: it cannot be read, is refused, or is no mapping.
    """
    document = read(file)
    if document.content is None:
        return {}
    if not is_map(document.content):
        message = f"{file}:1:1: expected a mapping of keys to values"
        raise DocumentError(message)
    return document.content


def read(file: Path) -> Document:
    """Read a file.

    Raises:
        DocumentError: it cannot be read or is refused.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        message = f"{file}: cannot be read: {error.strerror}"
        raise DocumentError(message) from error
    if len(raw) > MAX_BYTES:
        message = f"{file}:1:1: the file is {len(raw):,} bytes; at most {MAX_BYTES:,} are read"
        raise DocumentError(message)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{file}: byte {error.start + 1} is not UTF-8: save the file as UTF-8"
        raise DocumentError(message) from error
    return parse(text, str(file))


def parse(text: str, file: str) -> Document:
    """Read a text; ``file`` is its name in messages.

    Raises:
        DocumentError: it is refused; names file, line, column and the way out.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml: Any = YAML(typ="rt", pure=True)
    try:
        _survey(yaml.parse(text), file)
        composer: Any = YAML(typ="rt", pure=True)
        root: Any = composer.compose(text)
        positions: dict[tuple[str | int, ...], tuple[int, int]] = {}
        content = _build(root, (), positions, file) if root is not None else None
    except MarkedYAMLError as error:
        marked: Any = error
        mark = marked.problem_mark or marked.context_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        message = f"{file}:{place}: not valid YAML: {_first_line(error)}"
        raise DocumentError(message) from error
    except (YAMLError, ValueError) as error:
        message = f"{file}:1:1: not valid YAML: {_first_line(error)}"
        raise DocumentError(message) from error
    except RecursionError as error:
        message = f"{file}:1:1: nested too deeply; at most {MAX_DEPTH} levels are read"
        raise DocumentError(message) from error
    return Document(file, content, positions)


def _survey(events: Any, file: str) -> None:
    """Walk the parser's events, which cost no more than the text is long, and refuse what could grow or run."""
    depth = 0
    for count, event in enumerate(events, start=1):
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") and kind[:3] in ("Map", "Seq")
        depth -= kind.endswith("EndEvent") and kind[:3] in ("Map", "Seq")
        mark = event.start_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}"
        if depth > MAX_DEPTH:
            message = f"{place}: nested too deeply; at most {MAX_DEPTH} levels are read"
            raise DocumentError(message)
        if count > MAX_NODES:
            message = f"{place}: too many values; at most {MAX_NODES:,} are read"
            raise DocumentError(message)
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            message = f"{place}: anchors and aliases ('&', '*') are not read: write the value out"
            raise DocumentError(message)
        tag = getattr(event, "tag", None)
        if tag is not None and str(tag) not in ("None", "!"):
            message = f"{place}: tag '{tag}' is not read: write a plain value"
            raise DocumentError(message)


def _build(
    node: Any, path: tuple[str | int, ...], positions: dict[tuple[str | int, ...], tuple[int, int]], file: str
) -> Any:
    from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

    parts: Any = node.value
    positions.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, MappingNode):
        result: Props = {}
        pairs: list[tuple[Any, Any]] = parts
        for key_node, value_node in pairs:
            place = (int(key_node.start_mark.line) + 1, int(key_node.start_mark.column) + 1)
            if not isinstance(key_node, ScalarNode):
                message = f"{file}:{place[0]}:{place[1]}: a key must be a plain word"
                raise DocumentError(message)
            named: Any = key_node
            key = str(named.value)
            if key in result:
                message = f"{file}:{place[0]}:{place[1]}: '{key}' is given twice: remove one"
                raise DocumentError(message)
            positions[(*path, key)] = place
            result[key] = _build(value_node, (*path, key), positions, file)
        return result
    if isinstance(node, SequenceNode):
        items: list[Any] = parts
        return [_build(item, (*path, index), positions, file) for index, item in enumerate(items)]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    tag = str(node.tag).rsplit(":", 1)[-1]
    plain = text.replace("_", "").lower()
    if tag == "int":
        if len(text) > 40:
            message = f"the number {text[:20]}... is too long"
            raise ValueError(message)
        return int(plain, 0) if plain.lstrip("+-")[:2] in ("0x", "0o", "0b") else int(plain)
    if tag == "float":
        return float(plain.replace(".inf", "inf").replace(".nan", "nan"))
    if tag == "bool":
        return plain == "true"
    return None if tag == "null" else text


def _first_line(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error)
    return str(problem).strip().splitlines()[0] if str(problem).strip() else "the document cannot be read"
