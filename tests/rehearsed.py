"""Rehearsals of the project's own stacks, shared by the tests of one file: state and clouds lie in a folder of theirs."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Stack

from blueprints.governance.approvals import file_of
from engine import urn as urns
from engine.session import Rehearsal
from engine.state.resource import ResourceState

SITES = ("aws-mumbai", "gcp-frankfurt", "azure-virginia", "onprem-munich")


def rehearsed(name: str) -> Stack:
    """A stack of the project in a rehearsal; its program shares this process, so that an SDK is imported once."""
    return Stack(ROOT, name, rehearsal=Rehearsal(), unknowns_fail=False)


def backend(folder: Path) -> pytest.MonkeyPatch:
    """Keep state and offline clouds in a folder until the patch is undone."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PULUMI_BACKEND_URL", f"file://{folder}")
    patch.setenv("PULUMI_CONFIG_PASSPHRASE", "for tests")
    return patch


def changed(folder: Path, file: Path, change: dict[str, Any]) -> str:
    """A copy of a blueprint with values changed, by their dotted paths; files it names are still found."""
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    for path, value in change.items():
        *parents, last = path.split(".")
        at: Any = content
        for part in parents:
            at = at[int(part)] if part.isdigit() else at.setdefault(part, {})
        at[last] = value
    target = content["target"]
    for key in ("platform", "inventory"):
        if key in target:
            target[key] = str((file.parent / target[key]).resolve())
    copy = folder / file.name
    copy.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    agreed = file_of(file)
    if agreed.is_file():
        file_of(copy).parent.mkdir(exist_ok=True)
        file_of(copy).write_bytes(agreed.read_bytes())
    return str(copy)


def settled(stack: Stack, calm: frozenset[str] = frozenset({"same"})) -> None:
    """A stack is foreseen, made as it was foreseen, and made again with no change: its steps are at most ``calm``."""
    foreseen = stack.run("preview")
    assert foreseen.ok, foreseen.error
    made = stack.run("up")
    assert made.ok, made.error
    assert made.changes == foreseen.changes
    again = stack.run("up")
    assert again.ok, stack.steps()
    assert set(again.changes) <= calm, stack.steps()
    assert "same" in again.changes


def below(stack: Stack, name: str) -> dict[str, ResourceState]:
    """The resources that a component made, by what follows its name in theirs."""
    found = [one for one in stack.resources() if one.custom and urns.name_of(one.parent) == name]
    return {urns.name_of(one.urn).removeprefix(f"{name}-"): one for one in found}
