"""Blueprint files: read, validated, and brought together with the inventory they name."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from blueprints.knowledge_assistant.model import KnowledgeAssistant
from blueprints.knowledge_assistant.resolve import KnowledgeAssistantPlan, resolve
from blueprints.knowledge_assistant.workload import workload_of
from blueprints.refusal import RefusedError
from catalog import documents, inventory
from catalog.documents import Document, DocumentError
from planning.workload import Workload

KINDS: dict[str, type[KnowledgeAssistant]] = {"knowledge-assistant": KnowledgeAssistant}
LOCAL_INVENTORY = Path(__file__).parents[1] / "catalog" / "data" / "local-inventory.yaml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A blueprint and the document it was read from."""

    document: Document
    blueprint: KnowledgeAssistant


def load(file: Path) -> Loaded:
    """Read a blueprint.

    Raises:
        DocumentError: it cannot be used; one line for each problem, with position, path and remedy.
    """
    document = documents.read(file)
    content = document.content
    if not isinstance(content, dict):
        message = f"{file}:1:1: expected a blueprint: a mapping that begins with 'kind:'"
        raise DocumentError(message)
    kind = content.get("kind")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(kind, str) or kind not in KINDS:
        message = f"{document.where(('kind',))}: kind: '{kind}' is not a blueprint; choose {', '.join(KINDS)}"
        raise DocumentError(message)
    try:
        return Loaded(document, KINDS[kind].model_validate(content))  # pyright: ignore[reportUnknownArgumentType]
    except ValidationError as error:
        raise DocumentError(documents.explain(document, error)) from error


def plan(file: Path) -> KnowledgeAssistantPlan:
    """Read a blueprint and decide everything.

    Raises:
        DocumentError: it cannot be used or not be planned; every reason, with its position.
    """
    loaded = load(file)
    try:
        return resolve(loaded.blueprint, _hardware(file, loaded))
    except RefusedError as error:
        lines = [
            f"{loaded.document.where(one.path)}: {'.'.join(map(str, one.path))}: {one.text}" for one in error.reasons
        ]
        raise DocumentError("\n".join(lines)) from error


def workload(file: Path) -> Workload:
    """The workload behind a blueprint: what it would need anywhere.

    Raises:
        DocumentError: it cannot be used.
    """
    loaded = load(file)
    return workload_of(loaded.blueprint, _hardware(file, loaded))


def _hardware(file: Path, loaded: Loaded) -> inventory.Inventory:
    named = loaded.blueprint.target.inventory
    return inventory.load(file.parent / named if named else LOCAL_INVENTORY)
