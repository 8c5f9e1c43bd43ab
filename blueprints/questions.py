"""What a blueprint of a kind must be told, asked one thing at a time; the rest is its example's."""

import io
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from blueprints import load
from blueprints.pages import SCHEMAS, resolved, schema, sites
from catalog.documents import DocumentError, is_map

Path_ = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A field that must be told: where it stands, what it is, how it is written.

    ``proposal`` is what the example says, ``shown`` that as it would be written.
    """

    path: Path_
    about: str
    form: str
    shown: str
    proposal: Any

    @property
    def name(self) -> str:
        """Its path with dots."""
        return ".".join(self.path)


def begun(kind: str, site: str, file: Path) -> CommentedMap:
    """The content to begin with: the site's example, with what it names still found from the new file.

    Raises:
        DocumentError: there is no such site.
    """
    known = sites(kind)
    if site not in known:
        message = f"'{site}' is no place for '{kind}' that there is an example of; choose {', '.join(known)}"
        raise DocumentError(message)
    reader: Any = YAML()
    content: Any = reader.load(known[site].read_text(encoding="utf-8"))
    # how far it has come, and who agreed to that, is the example's own
    for own in ("phase", "review_on"):
        content.pop(own, None)
    target = content["target"]
    for key in ("platform", "inventory"):
        if key in target:
            target[key] = os.path.relpath((known[site].parent / target[key]).resolve(), file.resolve().parent)
    return content


def questions(kind: str, content: Any) -> Iterator[Question]:
    """What must be told, in the model's order; ``content`` proposes."""
    whole = schema(kind)
    yield from _questions(whole, whole, content, ())


def _questions(whole: dict[str, Any], part: dict[str, Any], content: Any, path: Path_) -> Iterator[Question]:
    for name in part.get("required", ()):
        at = (*path, name)
        if at in {("kind",), ("target",)}:
            continue
        field = part["properties"][name]
        inner, proposal = resolved(whole, field), content.get(name) if is_map(content) else None
        if inner.get("properties"):
            yield from _questions(whole, inner, proposal, at)
            continue
        form = _form(inner)
        if form:
            about = str(field.get("description") or inner.get("description") or "")
            yield Question(at, about.split("\n", maxsplit=1)[0], form, _said(proposal), proposal)


def _form(field: dict[str, Any]) -> str:
    """How an answer is written; empty where it is more than a word or a few, and the file is the place for it."""
    if "enum" in field:
        return " or ".join(map(str, field["enum"]))
    if field.get("type") == "array":
        return "with commas" if field.get("items", {}).get("type") == "string" else ""
    return str(field.get("type", "")) if field.get("type") in {"integer", "number", "string", "boolean"} else ""


def _said(proposal: Any) -> str:
    return ", ".join(map(str, proposal)) if isinstance(proposal, list) else str(proposal)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def read(question: Question, text: str) -> Any:
    """An answer as the value that it writes.

    Raises:
        ValueError: it is no such value; says so.
    """
    said = text.strip()
    if said == question.shown:
        return question.proposal
    try:
        match question.form:
            case "integer":
                return int(said.replace("_", "").replace(",", ""))
            case "number":
                return float(said)
            case "with commas":
                return [part.strip() for part in said.split(",") if part.strip()]
            case _:
                return said
    except ValueError as error:
        message = f"{question.name}: '{said}' is no {question.form}"
        raise ValueError(message) from error


def put(content: Any, path: Path_, value: Any) -> None:
    """Set a value; parts of the way that are missing are made."""
    *parents, last = path
    for name in parents:
        if not is_map(content.get(name)):
            content[name] = CommentedMap()
        content = content[name]
    content[last] = value


def merge(content: Any, answers: dict[str, Any], path: Path_ = ()) -> None:
    """Set every value of the answers; a key may be a path with dots."""
    for key, value in answers.items():
        at = (*path, *key.split("."))
        if is_map(value) and at[0] != "target":
            merge(content, value, at)
        else:
            put(content, at, value)


def text_of(kind: str, content: Any, file: Path) -> str:
    """The file: the address of its schema for editors, and what each part is where the example does not say it."""
    out = io.StringIO()
    writer: Any = YAML()
    writer.width = 120
    writer.dump(content, out)
    address = os.path.relpath(SCHEMAS / f"{kind}.json", file.resolve().parent)
    return f"# yaml-language-server: $schema={address}\n{_explained(kind, out.getvalue())}"


def _explained(kind: str, text: str) -> str:
    whole = schema(kind)
    lines: list[str] = []
    for line in text.splitlines():
        name = line.partition(":")[0]
        field = whole["properties"].get(name)
        if field is not None and name != "kind" and not (lines and lines[-1].startswith("#")):
            about = field.get("description") or resolved(whole, field).get("description", "")
            lines += [f"# {str(about).splitlines()[0]}"] if about else []
        lines.append(line)
    return "\n".join(lines) + "\n"


def shaped(text: str, file: Path) -> None:
    """Look whether every value is one.

    Raises:
        DocumentError: one is none; as of the file.
    """
    with written(text, file) as trial:
        load.load(trial)


def tried(text: str, file: Path) -> str:
    """Where it would run and what it would cost, in a sentence.

    Raises:
        DocumentError: it cannot be planned; every reason, as of the file.
    """
    with written(text, file) as trial:
        plan = load.governed(trial)[1]
    gpus = " and ".join(f"{count} x {product}" for product, count in sorted(plan.products.items())) or "no accelerators"
    return f"{gpus} in {plan.region}, {plan.country}: {plan.cost.total:,.0f} USD a month of {plan.budget_usd:,} USD"


@contextmanager
def written(text: str, file: Path) -> Generator[Path]:
    """A file beside the one to be, so that what it names is found; its errors are told as that one's."""
    with tempfile.NamedTemporaryFile("w", dir=file.resolve().parent, prefix=".domicile-", suffix=".yaml") as trial:
        trial.write(text)
        trial.flush()
        try:
            yield Path(trial.name)
        except DocumentError as error:
            message = str(error).replace(trial.name, str(file))
            raise DocumentError(message) from error
