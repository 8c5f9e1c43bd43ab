"""Conventions, executed."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGES = ("engine", "planning", "catalog", "components", "serving", "blueprints", "policies", "stacks", "cli")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
SUPPORT = {
    "fleet_rehearsal.py",
    "fleets.py",
    "filers.py",
    "warehouses.py",
    "gateways.py",
    "generated.py",
    "mutate.py",
    "overhead.py",
    "judged.py",
    "leaks.py",
    "leaks_further.py",
    "retrieved.py",
    "rule_cases.py",
    "policy_data.py",
    "conftest.py",
    "decided.py",
    "bench.py",
    "calibrate.py",
    "commands.py",
    "everything.py",
    "measured.py",
    "rehearsed.py",
    "routed.py",
    "scaled.py",
    "written.py",
}
LONGER = {
    "engine/monitor.py": "one method for each call of the protocol",
    "engine/providers/kubernetes/provider.py": "one method for each call of the contract, and their waits",
    "engine/operations.py": "the four operations share their steps",
}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def components() -> Iterator[tuple[Path, ast.ClassDef]]:
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Component" for base in node.bases):
                yield path, node


def test_tokens_are_unique_and_every_component_finishes() -> None:
    tokens: list[str] = []
    for path, node in components():
        source = ast.unparse(node)
        found = re.search(r"TOKEN = '(domicile:[\w/]+:\w+)'", source)
        assert found, f"{path}: {node.name} has no token"
        tokens.append(found.group(1))
        assert "self.finish()" in source, f"{path}: {node.name} never registers its outputs"
    assert len(tokens) == len(set(tokens)) >= 9


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_no_longer_than_it_may_be(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    if name in LONGER:
        return
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, "split it, or give its reason in LONGER"


def test_only_clouds_ask_which_target_it_is() -> None:
    # what reads resources of any stack knows the clouds' words for regions and tags
    readers = {"policies/places.py", "policies/resource.py", "policies/facts/placed.py"}
    allowed = {"components/targets.py", "stacks/clouds.py", *readers}
    for path in MODULES:
        name = str(path.relative_to(ROOT))
        if name in allowed or name.startswith("components/clouds/"):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Compare):
                assert "cloud ==" not in ast.unparse(node) or name == "planning/cost.py", f"{name}:{node.lineno}"


def test_every_suppression_has_a_code_and_a_reason() -> None:
    for path in [*MODULES, *(ROOT / "tests").rglob("test_*.py")]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found = re.search(r"#\s*(noqa|type: ignore|pyright: ignore)(.*)$", line)
            if found is None or "re.search" in line:
                continue
            where = f"{path.relative_to(ROOT)}:{number}"
            assert re.match(r"(: [A-Z]+\d+|\[\w)", found.group(2)), f"{where}: names no code"


def test_every_test_file_is_collected() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        inside = path.relative_to(ROOT / "tests").parts[0]
        if inside in ("programs", "packs") or path.name in SUPPORT:
            continue
        assert path.name.startswith("test_"), path


def test_tests_do_not_sleep() -> None:
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                assert not ast.unparse(node.func).endswith("sleep"), f"{path}:{node.lineno}"


def test_readme_commands_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)`", text)) <= targets
    for command in sorted(set(re.findall(r"^\$ domicile ([a-z]+(?: [a-z]+)?)", text, re.MULTILINE))):
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *command.split(), "--help"], cwd=ROOT, capture_output=True, check=False
        )
        single = subprocess.run(
            [sys.executable, "-m", "cli.main", command.split()[0], "--help"], cwd=ROOT, capture_output=True, check=False
        )
        assert 0 in (done.returncode, single.returncode), command


SHOWN = re.findall(
    r"^\$ domicile ((?:plan|place|size|cost|check|promote|maturity|grants) .+|blueprints)\n((?:(?!```|\$ ).*\n)+)",
    (ROOT / "README.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_the_readme_shows_decisions() -> None:
    assert {words.split()[0] for words, _ in SHOWN} == {
        "plan",
        "place",
        "size",
        "cost",
        "check",
        "promote",
        "maturity",
        "grants",
        "blueprints",
    }


@pytest.mark.parametrize(("words", "output"), SHOWN, ids=[words for words, _ in SHOWN])
def test_what_the_readme_shows_is_what_the_command_prints(words: str, output: str) -> None:
    """A line of three dots stands for any lines left out."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "120", "NO_COLOR": "1"},
    )
    assert done.returncode == (1 if "fails" in output else 0), done.stderr
    printed = [line.rstrip() for line in done.stdout.strip().splitlines()]
    at = 0
    for part in re.split(r"^\.\.\.$", output, flags=re.MULTILINE):
        shown = [line.rstrip() for line in part.strip("\n").splitlines()]
        if not shown:
            continue
        at = next(index for index in range(at, len(printed)) if printed[index] == shown[0])
        assert printed[at : at + len(shown)] == shown
        at += len(shown)
