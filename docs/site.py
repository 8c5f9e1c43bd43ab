"""What MkDocs asks of this project: its menu, from the pages there are, and links to files that are no pages."""

import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: links that lead out of the folder of pages, to the project's own files
OUT = re.compile(r"\[([^\]]+)\]\((?:\.\./)+(?!\.)([^)#]+?)\)")
GUIDES = ("on-prem", "air-gap", "migrate", "restore", "pulumi-cli")
TOPICS = ("gateway", "scaling", "knowledge", "analytics", "fleets", "phases")


def _folder(name: str) -> list[str]:
    """A folder's pages, its own page first."""
    return sorted(
        (f"{name}/{file.name}" for file in (HERE / name).glob("*.md")),
        key=lambda one: (not one.endswith("README.md"), one),
    )


def on_config(config: Any) -> Any:
    """The menu."""
    config["nav"] = [
        "index.md",
        "tutorial.md",
        {"Guides": [f"how-to/{name}.md" for name in GUIDES]},
        {"Blueprints": _folder("blueprints")},
        {"How it works": [f"{name}.md" for name in TOPICS]},
        {"Reference": ["commands.md", "components.md", {"Rules": _folder("rules")}, {"Runbooks": _folder("runbooks")}]},
    ]
    return config


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A page's text, with the names of the project's files where links to them would lead nowhere."""
    here = (HERE / page.file.src_uri).parent

    def inside(match: re.Match[str]) -> str:
        target = (here / match.group(0).rpartition("(")[2].rstrip(")")).resolve()
        return match.group(0) if target.is_relative_to(HERE) else f"`{target.relative_to(HERE.parent)}`"

    return OUT.sub(inside, markdown)
