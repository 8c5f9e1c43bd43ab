"""Libraries that pods of ours need and their images lack, as an archive that Python imports from."""

import functools
import hashlib
import importlib.util
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Library:
    """An archive, and a mark of the files in it, which is the same wherever they are compressed."""

    archive: bytes
    mark: str


@functools.cache
def of(package: str) -> Library:
    """An installed package of Python alone, as a zip file."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        message = f"the package '{package}' is not installed: run `make setup`"
        raise ModuleNotFoundError(message)
    root = Path(found.origin).parent
    target, mark = io.BytesIO(), hashlib.sha256()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for file in sorted(root.rglob("*.py")):
            name, content = str(file.relative_to(root.parent)), file.read_bytes()
            made.writestr(name, content)
            mark.update(f"{name} {len(content)} ".encode() + content)
    return Library(target.getvalue(), mark.hexdigest()[:10])
