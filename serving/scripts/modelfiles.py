"""The digest of a model's files, by which a version is approved.

It is that of the lines `<sha256 of a file>  <its path>`, sorted by path: what
`find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum` says in the model's folder.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path


def digest(sums: Mapping[str, str]) -> str:
    """The digest of a model from its files' SHA-256, by path."""
    lines = (f"{sums[path]}  {path}\n" for path in sorted(sums))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sums(folder: Path) -> dict[str, str]:
    """The SHA-256 of a folder's files by their paths in it."""
    return {file.relative_to(folder).as_posix(): _sum(file) for file in folder.rglob("*") if file.is_file()}


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
