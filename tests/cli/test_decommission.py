"""`domicile destroy --proof`, on offline clouds that remember."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import domicile


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs an operation on a rehearsal with a state of its own."""

    def run(kind: str, stack: str, *words: str) -> subprocess.CompletedProcess[str]:
        where, secret = f"file://{tmp_path}", "for tests"
        asked = (kind, "-s", stack, "--rehearse", "--yes", *words)
        return domicile(*asked, PULUMI_BACKEND_URL=where, PULUMI_CONFIG_PASSPHRASE=secret)

    return run


def test_a_stack_of_a_cloud_is_attested_and_what_outlives_it_told(
    tmp_path: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    stack = "platform-gcp-frankfurt"
    made = run("up", stack, "--on-unknown", "warn")
    assert made.returncode == 0, made.stderr
    proof = tmp_path / "proof.json"
    done = run("destroy", stack, "--proof", str(proof))
    assert done.returncode == 0, done.stdout + done.stderr
    statement = json.loads(proof.read_text(encoding="utf-8"))
    assert statement["complete"] is True
    assert statement["rehearsal"] is True
    assert statement["blueprint"] == "blueprints/platform/examples/gcp-frankfurt.yaml"
    assert any("Google Cloud keeps a key's name" in one for one in statement["outlives"])
    assert "gone; complete" in done.stdout
    again = run("destroy", stack, "--proof", str(proof))
    assert again.returncode == 2
    assert "it is there already" in again.stderr
    assert json.loads(proof.read_text(encoding="utf-8")) == statement


def test_what_is_protected_is_still_there(tmp_path: Path, run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    stack = "state-gcp-frankfurt"
    assert run("up", stack, "--on-unknown", "warn").returncode == 0
    proof = tmp_path / "proof.json"
    done = run("destroy", stack, "--proof", str(proof))
    assert done.returncode == 3, done.stdout + done.stderr
    statement = json.loads(proof.read_text(encoding="utf-8"))
    assert statement["complete"] is False
    assert {(one["seen"], one["why"]) for one in statement["deleted"]} == {("still there", "the state still has it")}
    assert "7 still there; not complete" in done.stdout
