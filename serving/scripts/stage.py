"""Brings a version of a model or a dataset from the document store, and starts nothing whose files are others."""

import os
import sys
from pathlib import Path

import filer
from modelfiles import digest


class StageError(Exception):
    """The model cannot be served; says why and what to do."""


def fetch(base: str, folder: str, target: Path) -> dict[str, str]:
    """Copy the files of a folder; returns their SHA-256 by their paths in it."""
    found: dict[str, str] = {}
    for entry in filer.files(base, folder):
        path = entry["FullPath"].removeprefix(f"{folder}/")
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        found[path] = filer.copy(base, entry["FullPath"], file)
    return found


def stage(base: str, folder: str, wanted: str, target: Path, file: str) -> None:
    """Fetch a version and check it; ``file`` is the one that its server reads.

    Raises:
        StageError: it is not there, or it is not the one that was approved.
    """
    try:
        found = fetch(base, folder, target)
    except OSError as error:
        message = f"the document store at {base}: {error}"
        raise StageError(message) from error
    if not found:
        message = f"{base}{folder}: there are no files: put the model's version there"
        raise StageError(message)
    told = f"sha256:{digest(found)}"
    if told != wanted:
        message = f"{base}{folder}: its digest is {told}, the blueprint says {wanted}: approve it there, or put it back"
        raise StageError(message)
    if file not in found:
        message = f"{base}{folder}: there is no {file}, which its server reads; there are {', '.join(sorted(found))}"
        raise StageError(message)


def main() -> None:
    """Stage what the environment names; a model (`VERSION`, `CONFIG`) as Triton's repository has it."""
    told = os.environ
    target = Path(told["TARGET"])
    try:
        stage(told["DOCUMENTS"], told["FOLDER"], told["DIGEST"], target / told.get("VERSION", ""), told["FILE"])
    except StageError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    if "CONFIG" in told:
        (target / "config.pbtxt").write_text(told["CONFIG"], encoding="utf-8")


if __name__ == "__main__":
    main()
