"""A new kind of workload: its model, an example, and tests that fail until it says what it refuses."""

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+){0,3}")
TEMPLATES = Path(__file__).parent / "scaffolds"
#: what a kind may begin as: `<family>.py.txt` is its model, `<family>.yaml.txt` its example
FAMILIES = ("chatting", "batching", "deciding", "learning")


class TakenError(Exception):
    """The kind cannot be begun; says why."""


def configuration(blueprint: str) -> str:
    """The configuration of a stack of a blueprint, which is named from the project's folder."""
    return f"config:\n  domicile:blueprint: {blueprint}\n  pulumi:disable-default-providers: '[\"*\"]'\n"


def begin(root: Path, kind: str, family: str, about: str) -> list[Path]:
    """Write the files of a new kind into a project; returns them.

    Raises:
        TakenError: the name is none, or there is such a kind, or no such family.
    """
    if NAME.fullmatch(kind) is None:
        message = f"'{kind}' is no name of a kind: words in small letters with hyphens between, as 'claims-triage'"
        raise TakenError(message)
    if family not in FAMILIES:
        message = f"'{family}' is no family of kinds; choose {', '.join(FAMILIES)}"
        raise TakenError(message)
    name = kind.replace("-", "_")
    folder = root / "blueprints" / name
    if folder.exists():
        message = f"{folder}: exists already; choose another name"
        raise TakenError(message)
    sentence = about.strip().rstrip(".") + "."
    words = {
        "kind": kind,
        "name": kind[:30].rstrip("-"),
        "about": sentence,
        "type": "".join(part.capitalize() for part in kind.split("-")),
    }
    files = {
        folder / "__init__.py": f'"""{sentence}"""\n',
        folder / "model.py": _filled(f"{family}.py", words),
        folder / "examples" / f"{name}.yaml": _filled(f"{family}.yaml", words),
        root / "tests" / "blueprints" / f"test_{name}.py": _filled("test.py", words),
    }
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return list(files)


def _filled(template: str, words: Mapping[str, str]) -> str:
    return Template((TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")).substitute(words)
