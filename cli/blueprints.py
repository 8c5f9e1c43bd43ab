"""`domicile new` and `domicile blueprints`."""

import os
from pathlib import Path

from blueprints.load import KINDS
from blueprints.pages import SCHEMAS
from catalog.documents import DocumentError
from cli.output import as_json as print_json
from cli.output import console

_FOLDER = Path(__file__).parents[1] / "blueprints"
EXAMPLES = {
    "batch-inference": _FOLDER / "batch_inference/examples/batch.yaml",
    "customer-support": _FOLDER / "customer_support/examples/support.yaml",
    "document-processing": _FOLDER / "document_processing/examples/invoices.yaml",
    "knowledge-assistant": _FOLDER / "knowledge_assistant/examples/handbook.yaml",
    "model-platform": _FOLDER / "model_platform/examples/models.yaml",
    "prototype": _FOLDER / "prototype/examples/trial.yaml",
}


def new(kind: str, file: Path) -> None:
    """Write an example of a kind to edit; an existing file is left alone."""
    if kind not in EXAMPLES:
        message = f"'{kind}' is not a blueprint; choose {', '.join(EXAMPLES)}"
        raise DocumentError(message)
    if file.exists():
        message = f"{file}: exists already; name another file"
        raise DocumentError(message)
    schema = os.path.relpath(SCHEMAS / f"{kind}.json", file.resolve().parent)
    modeline = f"# yaml-language-server: $schema={schema}\n"
    file.write_text(modeline + EXAMPLES[kind].read_text(encoding="utf-8"), encoding="utf-8")
    console().print(f"wrote {file}: edit it, then run `domicile plan {file}`")


def listing(*, as_json: bool) -> None:
    """List the kinds."""
    rows = {kind: (model.__doc__ or "").splitlines()[0] for kind, model in KINDS.items()}
    if as_json:
        print_json(rows)
        return
    for kind, summary in rows.items():
        console().print(f"{kind}  {summary}")
