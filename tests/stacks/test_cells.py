"""Every kind on every target: rehearsed through its life under all packs; and what generated blueprints become."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Stack
from generated import OWN, SERVED, generated
from rehearsed import backend, changed

from blueprints import load
from catalog.documents import DocumentError
from cli.operate import packs_of
from engine.policy.judges import PackSource
from engine.session import Rehearsal

SEEDS = 30


@pytest.fixture(autouse=True)
def _state(tmp_path: Path) -> Iterator[None]:
    patch = backend(tmp_path / "state")
    yield
    patch.undo()


def judged(blueprint: str) -> Stack:
    """A stack of a blueprint under all packs; what a platform's stack would tell is not known yet."""
    # trials and agreements end: to them it is a day of the year they were written in
    config = {"*": {"today": "2026-12-15"}}
    packs = tuple(PackSource(pack, in_process=True, config=config) for pack in packs_of())
    overrides = {"domicile:blueprint": blueprint}
    return Stack(ROOT, "local", packs=packs, overrides=overrides, rehearsal=Rehearsal(), unknowns_fail=False)


def platform_made(folder: Path, file: Path) -> None:
    """A state in which the platform that a blueprint names, if any, is made: here only its cluster's address counts."""
    target = yaml.safe_load(file.read_text(encoding="utf-8"))["target"]
    name = target.get("stack")
    if name is None:
        return
    stack = "pulumi:pulumi:Stack"
    root = {"urn": f"urn:pulumi:{name}::domicile::{stack}::domicile-{name}", "custom": False, "type": stack}
    kubeconfig: dict[str, Any] = {"clusters": [], "users": [], "contexts": [], "current-context": ""}
    latest = {"resources": [{**root, "outputs": {"kubeconfig": json.dumps(kubeconfig)}}]}
    state = folder / "state" / ".pulumi" / "domicile" / "rehearsal" / ".pulumi" / "stacks" / "domicile" / f"{name}.json"
    state.parent.mkdir(parents=True)
    content = {"version": 3, "checkpoint": {"stack": f"organization/domicile/{name}", "latest": latest}}
    state.write_text(json.dumps(content), encoding="utf-8")


def broken(stack: Stack) -> list[str]:
    """What the packs found that they do not only advise against."""
    told = [one["policyEvent"] for one in stack.events if "policyEvent" in one]
    return [f"{one['policyName']}: {one['message']}" for one in told if one["enforcementLevel"] != "advisory"]


@pytest.mark.parametrize("file", SERVED, ids=lambda file: file.stem)
def test_a_kind_on_a_target_lives_and_passes_every_pack(tmp_path: Path, file: Path) -> None:
    platform_made(tmp_path, file)
    stack = judged(str(file))
    foreseen = stack.run("preview")
    assert foreseen.ok, [foreseen.error, *broken(stack)]
    made = stack.run("up")
    assert made.ok, made.error
    assert made.changes == foreseen.changes
    again = stack.run("up")
    assert again.ok, again.error
    assert set(again.changes) <= {"same", "read"}, stack.steps()
    stack.overrides = {"domicile:blueprint": changed(tmp_path, file, {"owner.cost_centre": "CC-9"})}
    retagged = stack.run("up")
    assert retagged.ok, retagged.error
    assert retagged.changes["update"] > 10
    assert stack.run("destroy").ok
    assert stack.resources() == []


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.stem)
def test_a_generated_blueprint_that_has_a_plan_passes_every_pack(tmp_path: Path, file: Path) -> None:
    planned = 0
    for seed in range(SEEDS):
        blueprint = generated(tmp_path, file, seed)
        try:
            load.plan(blueprint)
        except DocumentError:
            continue
        planned += 1
        stack = judged(str(blueprint))
        foreseen = stack.run("preview")
        assert foreseen.ok, [seed, foreseen.error, *broken(stack)]
    assert planned >= SEEDS // 10
