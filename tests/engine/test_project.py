"""Pulumi.yaml, stack configurations and inventories with one thing wrong: one clear error with its place."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

from catalog import inventory
from catalog.documents import DocumentError
from engine import project
from engine.errors import EngineError, ProjectError
from engine.state.secrets import Crypter
from engine.values import is_list, is_map

PROJECT: dict[str, Any] = {
    "name": "proj",
    "runtime": {"name": "python", "options": {"virtualenv": ".venv"}},
    "main": ".",
    "stackConfigDir": "stacks",
    "config": {"region": {"value": "eu"}, "other:size": "3"},
}
INVENTORY: dict[str, Any] = yaml.safe_load((ROOT / "catalog/data/local-inventory.yaml").read_text(encoding="utf-8"))
WRONG: tuple[Any, ...] = ([], ["a"], {"x": {"y": 1}}, "", -1, 10**30, True, None, 1.5, "ä" * 300, "a\0b", "../" * 40)
GARBAGE = ("{", "]", ": :", "\t", "&x", "- -", '"', "!!python/name:os.system ", "\x01")


@pytest.fixture(scope="module")
def crypter() -> Crypter:
    return Crypter("a phrase")


def mutated(content: dict[str, Any], seed: int) -> str:
    """The document with one thing wrong with it."""
    rng = random.Random(seed)  # noqa: S311 a test's choice
    made: dict[str, Any] = json.loads(json.dumps(content))
    at: Any = made
    key: Any = rng.choice(sorted(at))
    while (is_map(at[key]) or is_list(at[key])) and at[key] and rng.random() < 0.75:
        at = at[key]
        key = rng.choice(sorted(at)) if is_map(at) else rng.randrange(len(at))
    kind = rng.randrange(3)
    if kind == 0:
        at[key] = rng.choice([one for one in WRONG if type(one) is not type(at[key]) or one in ("", -1)])
    elif kind == 1 and is_map(at):
        at[f"{key} misspelt"] = at.pop(key)
    else:
        text = yaml.safe_dump(made)
        cut = rng.randrange(1, len(text))
        return text[:cut] + rng.choice(GARBAGE) + text[cut:]
    return yaml.safe_dump(made)


def refused(file: Path, read: Callable[[], object]) -> bool:
    """Whether reading is refused; a refusal has one line a problem, each with the file and the place in it."""
    try:
        read()
    except (EngineError, DocumentError) as error:
        for line in str(error).splitlines():
            assert line.startswith(f"{file}:"), line
            assert line.split(":")[1].strip().isdigit(), line
        return True
    return False


@pytest.mark.parametrize("seed", range(100))
def test_a_malformed_project_is_one_clear_error(seed: int, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").touch()
    file = tmp_path / "Pulumi.yaml"
    file.write_text(mutated(PROJECT, seed), encoding="utf-8")
    refused(file, lambda: project.load(tmp_path))


@pytest.mark.parametrize("seed", range(100))
def test_a_malformed_configuration_is_one_clear_error(seed: int, tmp_path: Path, crypter: Crypter) -> None:
    content = {
        "encryptionsalt": crypter.salt,
        "config": {"proj:region": "eu", "size": 3, "proj:key": {"secure": crypter.encrypt("hidden")}, "on": True},
    }
    (tmp_path / "__main__.py").touch()
    (tmp_path / "Pulumi.yaml").write_text("name: proj\nruntime: python\n", encoding="utf-8")
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(mutated(content, seed), encoding="utf-8")
    made = project.load(tmp_path)
    refused(file, lambda: (project.salt(made, "dev"), project.load_config(made, "dev", lambda: crypter)))


@pytest.mark.parametrize("seed", range(100))
def test_a_malformed_inventory_is_one_clear_error(seed: int, tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(mutated(INVENTORY, seed), encoding="utf-8")
    refused(file, lambda: inventory.load(file))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runtime: python", "1:1: name: a project needs a name"),
        ("name: a\nruntime: go", "2:1: runtime: the embedded engine runs programs of python and nodejs"),
        ("name: a\nruntime: python\nmain: nowhere", "3:1: main: no program at"),
        ("name: a\nruntime: python\nmain: [a]", "3:1: main: must be a text"),
        ("name: a\nruntime: python\nconfig: 3", "3:1: config: must map keys to values"),
        ("- name", "1:1: expected a mapping"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_where(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").touch()
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match=said):
        project.load(tmp_path)


def test_most_of_what_is_wrong_is_noticed(tmp_path: Path) -> None:
    """The checks above can fail: of the mutations of an inventory few leave it as good as it was."""
    file = tmp_path / "inventory.yaml"
    noticed = 0
    for seed in range(100):
        file.write_text(mutated(INVENTORY, seed), encoding="utf-8")
        noticed += refused(file, lambda: inventory.load(file))
    assert noticed > 70
