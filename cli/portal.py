"""`domicile portal` and `domicile templates`: what Backstage shows, what `pulumi new` begins with."""

import re
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from blueprints import portal, starters
from catalog.documents import DocumentError
from cli.output import console
from cli.portfolio.command import rows

SOURCE = re.compile(r"^\S+$")
REPOSITORY = re.compile(r"^[a-z0-9.-]+\?owner=[\w.-]+&repo=[\w.-]+$")


def run(folder: Path, out: Path, repository: str, owner: str) -> None:
    """Write the files.

    Raises:
        DocumentError: the folder has something in it, or the repository is not named as Backstage names it.
    """
    if not REPOSITORY.match(repository):
        message = f"'{repository}' names no repository: as github.com?owner=acme&repo=ai-stacks"
        raise DocumentError(message)
    made = portal.templates(repository, owner)
    found = rows(folder)
    made["catalog-info.yaml"] = portal.entities(asdict(row) for row in found)
    _write(out, made)
    count = sum(name.endswith("/template.yaml") for name in made)
    console().print(f"{out}: {count} templates, {len(found)} entities; register them in Backstage's app-config.yaml")


def templates(out: Path, source: str) -> None:
    """Write the templates.

    Raises:
        DocumentError: the folder has something in it, or the source is none.
    """
    if not SOURCE.match(source):
        message = f"'{source}' is no place of a package: a folder, or a repository as github.com/acme/domicile@v0.1.0"
        raise DocumentError(message)
    made = starters.starters(source, f"pulumi=={version('pulumi')}")
    _write(out, made)
    count = sum(name.endswith("/Pulumi.yaml") for name in made)
    console().print(f"{out}: {count} templates; begin a project with `pulumi new {out}`, or from where it is published")


def _write(out: Path, files: dict[str, str]) -> None:
    """Write files into a folder in which there is nothing.

    Raises:
        DocumentError: there is something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        message = f"{out}: there is something already: name a new folder"
        raise DocumentError(message)
    for name, text in files.items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
