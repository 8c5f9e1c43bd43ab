"""Workload files."""

from pathlib import Path

from pydantic import ValidationError

from catalog import documents
from catalog.documents import DocumentError
from catalog.places import countries
from planning.workload import Workload


def load(file: Path) -> Workload:
    """Read a workload.

    Raises:
        DocumentError: it cannot be used; one line for each problem, with position, path and remedy.
    """
    document = documents.read(file)
    try:
        workload = Workload.model_validate(document.content)
    except ValidationError as error:
        raise DocumentError(documents.explain(document, error)) from error
    named = [
        *((("users", index), code) for index, code in enumerate(workload.users)),
        *((("data", "subjects", index), code) for index, code in enumerate(workload.data.subjects)),
        *((("sites", index, "country"), one.country) for index, one in enumerate(workload.sites)),
    ]
    unknown = [
        f"{document.where(path)}: {'.'.join(map(str, path))}: the catalog does not know the country '{code}'"
        for path, code in named
        if code not in countries()
    ]
    if unknown:
        raise DocumentError("\n".join(unknown))
    return workload
