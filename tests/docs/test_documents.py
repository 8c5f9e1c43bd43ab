"""The documentation: its steps are run as they are written, its pages are built, its links lead somewhere."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import ROOT

from blueprints import pages as kinds
from blueprints.governed import Governed
from cli import pages

DOCS = ROOT / "docs"
WALKED = ["tutorial.md", "how-to/on-prem.md", "how-to/migrate.md", "how-to/pulumi-cli.md", "how-to/air-gap.md"]
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
STEP = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
#: what a reader does before anything of ours runs
BEFORE = {"make setup", "export PATH=$PWD/.venv/bin:$PATH"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the project, with its environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split("\n"):
        if (ROOT / name).is_file():
            file = tmp_path / "clone" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, file)
    (tmp_path / "clone" / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path / "clone"


def follows(printed: list[str], shown: str) -> str:
    """Why a command's output is not what a page shows; empty where it is. Three dots stand for any lines.

    A shown line may be the beginning of a printed one: seconds and counts of machines stand behind it.
    """
    at = 0
    for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE):
        for line in part.rstrip("\n").splitlines():
            while at < len(printed) and not printed[at].startswith(line.rstrip()):
                at += 1
            if at == len(printed):
                return f"'{line}' is not printed, or not there"
            at += 1
    return ""


@pytest.mark.parametrize("name", WALKED)
def test_the_steps_of_a_page_do_what_the_page_says(clone: Path, name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    ran = 0
    for language, title, body in FENCE.findall(text):
        if title:
            file = clone / title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(body, encoding="utf-8")
        elif language == "console":
            for command, shown in STEP.findall(body):
                if command in BEFORE:
                    continue
                words = shlex.split(command)
                assert words[0] == "domicile", command
                done = subprocess.run(
                    [sys.executable, "-m", "cli.main", *words[1:]],
                    cwd=clone,
                    capture_output=True,
                    text=True,
                    check=False,
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONPATH": str(clone), "COLUMNS": "120", "NO_COLOR": "1"},
                )
                fails = {"error:": 2, "fails": 1}
                expected = next((code for word, code in fails.items() if word in shown), 0)
                assert done.returncode == expected, f"{command}: {done.stdout}{done.stderr}"
                assert not follows((done.stdout + done.stderr).splitlines(), shown), f"{command}: {done.stdout}"
                ran += 1
    assert ran > 0


def test_commands_and_components_are_described_as_they_are() -> None:
    for file, text in pages.files().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: run `make docs`"


def test_every_workload_is_drawn_and_priced() -> None:
    drawn = {file.stem for file in kinds.PICTURES.glob("*.svg")}
    assert drawn == set(kinds.KINDS) - {"platform", "state-store"}
    assert all(model.LOAD for model in kinds.KINDS.values() if issubclass(model, Governed))
    for kind in drawn:
        picture = (kinds.PICTURES / f"{kind}.svg").read_text(encoding="utf-8")
        assert picture.count("<rect") >= 3
        assert "nan" not in picture


class Links(HTMLParser):
    """What a page links to and shows, and what of it can be linked to."""

    def __init__(self) -> None:
        """Nothing is found yet."""
        super().__init__()
        self.targets: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep links, pictures and names."""
        del tag
        found = dict(attrs)
        self.names |= {str(found[key]) for key in ("id", "name") if found.get(key)}
        self.targets += [str(found[key]) for key in ("href", "src") if found.get(key)]


def test_the_site_is_built_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    mkdocs = ROOT / ".venv" / "site" / "bin" / "mkdocs"
    if not mkdocs.exists():
        pytest.skip("MkDocs is not installed: make site")
    built = tmp_path / "site"
    done = subprocess.run(
        [str(mkdocs), "build", "--quiet", "--strict", "--site-dir", str(built)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[Path, Links] = {}
    for file in built.rglob("*.html"):
        found[file] = Links()
        found[file].feed(file.read_text(encoding="utf-8"))
    assert len(found) > 100
    broken = [
        f"{file.relative_to(built)}: {target}"
        for file, links in found.items()
        for target in links.targets
        if file.name != "404.html" and not _leads(found, file, target)
    ]
    assert broken == []


def _leads(found: dict[Path, Links], file: Path, target: str) -> bool:
    """Whether a link of a page leads to something: a file that was built, and a name in it; others are not asked."""
    if re.match(r"^[a-z]+:|^//", target):
        return True
    path, _, name = target.partition("#")
    there = (file.parent / path).resolve() if path else file
    if there.is_dir():
        there /= "index.html"
    return there.exists() and (not name or there not in found or name in found[there].names)
