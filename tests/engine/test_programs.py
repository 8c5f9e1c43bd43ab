"""Programs not made for Domicile: preview, up, an up that changes nothing, refresh, destroy."""

import shutil
from pathlib import Path

import pytest
from conftest import MakeStack

PROGRAMS = sorted(path.name for path in (Path(__file__).parents[1] / "programs").iterdir() if path.is_dir())
ON_CLUSTER = [name for name in PROGRAMS if name.startswith("k8s_")]
ALONE = [name for name in PROGRAMS if name not in ON_CLUSTER]


def life_of(name: str, make_stack: MakeStack) -> None:
    stack = make_stack("")
    shutil.copyfile(Path(__file__).parents[1] / "programs" / name / "__main__.py", stack.folder / "__main__.py")
    previewed = stack.run("preview")
    assert previewed.ok, stack.messages()
    assert not stack.session().store.exists(), "a preview writes no state"
    stack.in_process = False
    made = stack.run("up")
    assert made.ok, stack.messages()
    assert made.changes == previewed.changes, "a preview tells what up does"
    stack.in_process = True
    again = stack.run("up")
    assert again.ok, stack.messages()
    unchanged = {op for op in again.changes if op not in ("same", "read")}
    assert not unchanged, stack.steps()
    assert stack.run("refresh").ok, stack.messages()
    assert stack.run("preview").changes == again.changes, stack.steps()
    text = stack.session().store.file.read_text(encoding="utf-8")
    assert "canary" not in text, "a secret's text never appears in the state"
    assert stack.run("destroy").ok, stack.messages()
    assert not stack.session().store.load().resources


@pytest.mark.parametrize("name", ALONE)
def test_a_program_lives(name: str, make_stack: MakeStack) -> None:
    life_of(name, make_stack)


@pytest.mark.parametrize("name", ON_CLUSTER)
@pytest.mark.usefixtures("kubeconfig")
def test_a_program_on_kubernetes_lives(name: str, make_stack: MakeStack) -> None:
    life_of(name, make_stack)


def test_there_are_at_least_twenty() -> None:
    assert len(PROGRAMS) >= 20
