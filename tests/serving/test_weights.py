"""Weights are those that were approved, or nothing serves them: the job's own program, with a hub that stands in."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from serving.scripts import modelfiles, weights

REVISION = "b968826d9c46dd6066d109eabc6255188de91218"
#: does what `hf download` does: files of a revision into a folder, and what it keeps for itself
HF = """#!{python}
import json, os, pathlib, sys
model, folder = sys.argv[2], pathlib.Path(sys.argv[sys.argv.index("--local-dir") + 1])
revision = sys.argv[sys.argv.index("--revision") + 1] if "--revision" in sys.argv else "main"
world = pathlib.Path(os.environ["HUB"])
with (world / "asked").open("a") as log:
    log.write(f"{{model}}@{{revision}}\\n")
source = world / model.replace("/", "--") / revision
if not source.is_dir():
    sys.exit("no such revision")
for file in source.iterdir():
    (folder / ".cache").mkdir(parents=True, exist_ok=True)
    (folder / ".cache" / f"{{file.name}}.metadata").write_text(os.urandom(8).hex())
    (folder / file.name).write_bytes(file.read_bytes())
"""


class Hub:
    """A hub's models by revision, and the volume they are fetched to."""

    def __init__(self, folder: Path) -> None:
        self.world, self.target = folder / "hub", folder / "models"
        self.target.mkdir()
        (folder / "bin").mkdir()
        (folder / "bin" / "hf").write_text(HF.format(python=sys.executable), encoding="utf-8")
        (folder / "bin" / "hf").chmod(0o755)
        self.environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HUB": str(self.world)}

    def has(self, model: str, revision: str, content: bytes) -> str:
        """Publish a revision; returns its digest."""
        folder = self.world / model.replace("/", "--") / revision
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.safetensors").write_bytes(content)
        (folder / "config.json").write_bytes(b"{}")
        return f"sha256:{modelfiles.digest(modelfiles.sums(folder))}"

    @property
    def asked(self) -> list[str]:
        return (self.world / "asked").read_text(encoding="utf-8").splitlines()

    def fetch(self, *wanted: dict[str, str]) -> subprocess.CompletedProcess[str]:
        full: list[Any] = [{"revision": "", "digest": "", **one} for one in wanted]
        environment = {**self.environment, "MODELS": json.dumps(full), "TARGET": str(self.target)}
        command = [sys.executable, str(ROOT / "serving" / "scripts" / "weights.py")]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path)


def test_a_model_is_fetched_and_its_digest_told(hub: Hub) -> None:
    digest = hub.has("org/small", "main", b"weights")
    done = hub.fetch({"model": "org/small"})
    assert (done.returncode, done.stdout) == (0, f"org/small {digest}\n")
    assert weights.told(hub.target / "org/small") == digest, "what the tool keeps for itself is none of its files"


def test_an_approved_model_is_fetched_once_by_its_revision(hub: Hub) -> None:
    digest = hub.has("org/small", REVISION, b"weights")
    pin = {"model": "org/small", "revision": REVISION, "digest": digest}
    assert hub.fetch(pin).returncode == 0
    assert hub.fetch(pin).returncode == 0
    assert hub.asked == [f"org/small@{REVISION}"], "the second time everything is there"
    (hub.target / "org/small" / "model.safetensors").write_bytes(b"broken")
    assert hub.fetch(pin).returncode == 0
    assert len(hub.asked) == 2, "what is no longer whole is fetched again"
    assert weights.told(hub.target / "org/small") == digest


def test_another_model_under_its_name_is_not_served(hub: Hub) -> None:
    approved = hub.has("org/small", "main", b"weights")
    changed = hub.has("org/small", "main", b"poisoned")
    hub.has("org/other", "main", b"fine")
    done = hub.fetch({"model": "org/small", "digest": approved}, {"model": "org/other"})
    assert done.returncode == 1
    assert f"org/small: its digest is {changed}, the blueprint says {approved}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (hub.target / "org/small").exists(), "nobody can load it"


def test_a_model_that_is_not_there_is_said(hub: Hub) -> None:
    hub.has("org/small", "main", b"weights")
    done = hub.fetch({"model": "org/small", "revision": REVISION})
    assert done.returncode == 1
    assert "org/small: it could not be fetched (code 1)" in done.stderr
    assert "no such revision" in done.stderr
