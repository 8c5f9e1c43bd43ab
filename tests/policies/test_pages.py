"""The rules' pages are those of the rules; what is ready to use in CI says what the command line takes."""

import re
from pathlib import Path
from typing import Any

import yaml
from commands import domicile
from conftest import ROOT

from policies import pages
from policies.registry import RULES
from policies.rule import SHARED


def test_every_rule_has_its_page_and_no_page_is_left_over() -> None:
    found = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "docs" / "rules").glob("*.md")}
    assert found == pages.pages(), "run `make docs`"
    assert set(SHARED) == {"exemptions", "today"}


def test_the_readme_counts_the_rules() -> None:
    assert f"{len(RULES)} rules in four packs" in (ROOT / "README.md").read_text(encoding="utf-8")


def options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def test_what_ci_runs_are_options_of_the_command() -> None:
    known = options(domicile("check", "--help").stdout)
    for name in ("action.yml", "templates/domicile-check.yml", ".pre-commit-hooks.yaml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        used = options(text) - {"--quiet", "--depth"}
        assert used
        assert used <= known, name


def documents(file: Path) -> list[Any]:
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


def test_the_action_takes_what_comes_from_outside_through_the_environment_alone() -> None:
    (action,) = documents(ROOT / "action.yml")
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"], "a value in a script is a script"
    (workflow,) = documents(ROOT / ".github/workflows/check.yml")
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request" in workflow[True]
    assert "secrets." not in (ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8")
