"""`domicile portal`: templates and entities for Backstage."""

import re
from dataclasses import asdict
from pathlib import Path

from blueprints import portal
from catalog.documents import DocumentError
from cli.output import console
from cli.portfolio.command import rows

REPOSITORY = re.compile(r"^[a-z0-9.-]+\?owner=[\w.-]+&repo=[\w.-]+$")


def run(folder: Path, out: Path, repository: str, owner: str) -> None:
    """Write the files.

    Raises:
        DocumentError: the folder has something in it, or the repository is not named as Backstage names it.
    """
    if not REPOSITORY.match(repository):
        message = f"'{repository}' names no repository: as github.com?owner=acme&repo=ai-stacks"
        raise DocumentError(message)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        message = f"{out}: there is something already: name a new folder"
        raise DocumentError(message)
    made = portal.templates(repository, owner)
    found = rows(folder)
    made["catalog-info.yaml"] = portal.entities(asdict(row) for row in found)
    for name, text in made.items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    count = sum(name.endswith("/template.yaml") for name in made)
    console().print(f"{out}: {count} templates, {len(found)} entities; register them in Backstage's app-config.yaml")
