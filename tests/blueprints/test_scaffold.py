"""A new kind from nothing: begun by a command, planned at once, and not done until it says what it refuses."""

import os
import shutil
import subprocess
import sys
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
    assert "of a budget of 12,000 USD" in planned.stdout
    tests = ("pytest", "-q", "-p", "no:cacheprovider", "tests/blueprints/test_claims_triage.py")
    first = run(folder, *tests)
    assert "2 failed, 1 passed" in first.stdout, first.stdout
    assert "say in refusals() what would not survive its users" in first.stdout
    keep_its_promises(folder)
    kept = run(folder, *tests)
    assert "3 passed" in kept.stdout, kept.stdout


def keep_its_promises(folder: Path) -> None:
    """What whoever begins a kind writes: a refusal, how it shows, and two more examples."""
    model = folder / "blueprints" / "claims_triage" / "model.py"
    reason = 'return () if self.answers.redact else (Reason(("answers", "redact"), "name what is redacted"),)'
    text = model.read_text(encoding="utf-8")
    assert text.count("        return ()\n") == 1
    model.write_text(text.replace("        return ()\n", f"        {reason}\n"), encoding="utf-8")
    test = folder / "tests" / "blueprints" / "test_claims_triage.py"
    refused = '= [({"answers.redact": []}, "answers.redact", "name what is redacted")]'
    test.write_text(test.read_text(encoding="utf-8").replace("= []", refused), encoding="utf-8")
    example = model.parent / "examples" / "claims_triage.yaml"
    example.write_text(example.read_text(encoding="utf-8") + "answers:\n  redact: [email]\n", encoding="utf-8")
    for number in (1, 2):
        shutil.copy(example, example.with_name(f"claims_triage_{number}.yaml"))


@pytest.mark.parametrize(
    ("kind", "family", "words"),
    [
        ("Claims", "chatting", "'Claims' is no name of a kind"),
        ("../../up", "chatting", "is no name of a kind"),
        ("claims", "training", "'training' is no family of kinds; choose chatting, batching"),
        ("prototype", "chatting", "exists already"),
    ],
)
def test_what_cannot_be_begun_is_refused_in_words(kind: str, family: str, words: str) -> None:
    with pytest.raises(scaffold.TakenError, match=words):
        scaffold.begin(ROOT, kind, family, "x")
    assert "claims" not in load.KINDS
