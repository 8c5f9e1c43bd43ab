"""A new kind from nothing: begun by a command, planned at once, and not done until it says what it refuses."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT

from blueprints import load, scaffold

FOLDERS = ("blueprints", "catalog", "cli", "components", "engine", "planning", "policies", "serving", "tests")


def project(folder: Path) -> Path:
    """A copy of the project's packages."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "golden", "docs"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module of the copy's."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@dataclass(frozen=True)
class Promise:
    """What whoever begins a kind of a family promises: a line of the model, what breaks it, and what keeps it."""

    before: str
    after: str
    refused: str
    kept: str
    budget: str = "12,000"


REDACTS = Promise(
    before="        return ()\n",
    after='        return () if self.answers.redact else (Reason(("answers", "redact"), "name what is redacted"),)\n',
    refused='({"answers.redact": []}, "answers.redact", "name what is redacted")',
    kept="answers:\n  redact: [email]\n",
)
PROMISES = {
    "chatting": REDACTS,
    "batching": REDACTS,
    "deciding": Promise(
        before="        return ()\n",
        after='        return () if self.rules else (Reason(("rules",), "say what decides without it"),)\n',
        refused='({"rules": []}, "rules", "say what decides without it")',
        kept="rules:\n  - {field: amount, over: 100, outcome: look, why: more than a clerk may}\n",
        budget="500",
    ),
    "learning": Promise(
        before="        return super().refusals()\n",
        after="        few = self.learning.epochs < 1\n"
        '        own = (Reason(("learning", "epochs"), "see all of it once"),) if few else ()\n'
        "        return (*super().refusals(), *own)\n",
        refused='({"learning.epochs": 0.5}, "learning.epochs", "see all of it once")',
        kept="schedule: {cron: 0 3 1 * *, runs_per_month: 1}\n",
        budget="9,000",
    ),
}


@pytest.mark.parametrize("family", scaffold.FAMILIES)
def test_a_kind_is_begun_and_its_tests_fail_until_it_keeps_its_promises(tmp_path: Path, family: str) -> None:
    folder = project(tmp_path)
    begun = run(
        folder, "cli.main", "blueprints", "scaffold", "claims-triage", "--about", "Sorts claims.", "--family", family
    )
    assert begun.returncode == 0, begun.stderr
    assert "wrote blueprints/claims_triage/model.py" in begun.stdout
    listed = run(folder, "cli.main", "blueprints")
    assert "claims-triage  Sorts claims." in listed.stdout
    new = run(folder, "cli.main", "new", "claims-triage", "mine.yaml")
    assert new.returncode == 0, new.stderr
    planned = run(folder, "cli.main", "plan", "mine.yaml")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert f"of a budget of {PROMISES[family].budget} USD" in planned.stdout
    tests = ("pytest", "-q", "-p", "no:cacheprovider", "tests/blueprints/test_claims_triage.py")
    first = run(folder, *tests)
    assert "2 failed, 1 passed" in first.stdout, first.stdout
    assert "say in refusals() what would not survive its users" in first.stdout
    keep_its_promises(folder, PROMISES[family])
    kept = run(folder, *tests)
    assert "3 passed" in kept.stdout, kept.stdout
    checked = run(folder, "ruff", "check", "--config", str(ROOT / "pyproject.toml"), *begun_files(begun.stdout))
    assert checked.returncode == 0, checked.stdout


def begun_files(said: str) -> list[str]:
    """The Python files that were said to be written."""
    return [line.removeprefix("wrote ") for line in said.splitlines() if line.endswith(".py")]


def keep_its_promises(folder: Path, promise: Promise) -> None:
    """What whoever begins a kind writes: a refusal, how it shows, and two more examples."""
    model = folder / "blueprints" / "claims_triage" / "model.py"
    text = model.read_text(encoding="utf-8")
    assert text.count(promise.before) == 1
    model.write_text(text.replace(promise.before, promise.after), encoding="utf-8")
    test = folder / "tests" / "blueprints" / "test_claims_triage.py"
    test.write_text(test.read_text(encoding="utf-8").replace("= []", f"= [{promise.refused}]"), encoding="utf-8")
    example = model.parent / "examples" / "claims_triage.yaml"
    example.write_text(example.read_text(encoding="utf-8") + promise.kept, encoding="utf-8")
    for number in (1, 2):
        shutil.copy(example, example.with_name(f"claims_triage_{number}.yaml"))


@pytest.mark.parametrize(
    ("kind", "family", "words"),
    [
        ("Claims", "chatting", "'Claims' is no name of a kind"),
        ("../../up", "chatting", "is no name of a kind"),
        ("claims", "training", "'training' is no family of kinds; choose chatting, batching, deciding, learning"),
        ("prototype", "chatting", "exists already"),
    ],
)
def test_what_cannot_be_begun_is_refused_in_words(kind: str, family: str, words: str) -> None:
    with pytest.raises(scaffold.TakenError, match=words):
        scaffold.begin(ROOT, kind, family, "x")
    assert "claims" not in load.KINDS
