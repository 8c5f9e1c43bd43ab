"""A model's version is fetched, checked and laid out as Triton takes it; another one never is."""

import hashlib
import subprocess
import sys
from pathlib import Path

import decided
import pytest
from conftest import ROOT
from decided import World
from typer.testing import CliRunner

from cli.main import app
from serving.scripts import modelfiles

FILES = {"model.onnx": b"weights" * 1000, "labels/names.txt": b"good\nbad\n"}


@pytest.fixture(autouse=True)
def _store() -> None:
    World.begin()


def test_the_digest_is_what_the_shell_says(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    command = "find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum"
    said = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert modelfiles.digest(modelfiles.sums(tmp_path)) == said.split()[0]


def run(address: str, target: Path, wanted: str, file: str = "model.onnx") -> subprocess.CompletedProcess[str]:
    told = {
        "DOCUMENTS": address,
        "FOLDER": "/models/fraud/14",
        "DIGEST": wanted,
        "VERSION": "14",
        "FILE": file,
        "TARGET": str(target),
        "CONFIG": "name: x",
    }
    command = [sys.executable, str(ROOT / "serving" / "scripts" / "stage.py")]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)


def keep(folder: str) -> None:
    for name, content in FILES.items():
        World.files[f"{folder}/{name}"] = content


def test_an_approved_version_is_laid_out_for_its_server(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / "own" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "own" / name).write_bytes(content)
    wanted = f"sha256:{modelfiles.digest(modelfiles.sums(tmp_path / 'own'))}"
    with decided.world() as address:
        keep("/models/fraud/14")
        keep("/models/fraud/15")
        done = run(address, tmp_path / "target", wanted)
    assert (done.returncode, done.stderr) == (0, "")
    assert {name: (tmp_path / "target" / "14" / name).read_bytes() for name in FILES} == FILES
    assert (tmp_path / "target" / "config.pbtxt").read_text() == "name: x"


def test_a_version_without_the_file_that_its_server_reads_says_what_it_has(tmp_path: Path) -> None:
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    with decided.world() as address:
        keep("/models/fraud/14")
        done = run(address, tmp_path / "target", f"sha256:{modelfiles.digest(sums)}", "xgboost.json")
    assert done.returncode == 1
    assert "there is no xgboost.json, which its server reads; there are labels/names.txt, model.onnx" in done.stderr


def test_the_command_says_the_digest_and_where_the_files_go(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    said = CliRunner().invoke(app, ["digest", str(tmp_path)])
    assert said.exit_code == 0, said.output
    assert f"sha256:{modelfiles.digest(modelfiles.sums(tmp_path))}" in said.output
    for wrong in (tmp_path / "none", tmp_path / "model.onnx"):
        refused = CliRunner().invoke(app, ["digest", str(wrong)])
        assert refused.exit_code != 0, refused.output
    (tmp_path / "empty").mkdir()
    assert CliRunner().invoke(app, ["digest", str(tmp_path / "empty")]).exit_code != 0


def test_another_version_under_the_same_number_is_never_served(tmp_path: Path) -> None:
    with decided.world() as address:
        keep("/models/fraud/14")
        done = run(address, tmp_path / "target", "sha256:" + "0" * 64)
    assert done.returncode == 1
    assert "its digest is sha256:" in done.stderr
    assert "the blueprint says sha256:000" in done.stderr
    assert not (tmp_path / "target" / "config.pbtxt").exists()


def test_a_version_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with decided.world() as address:
        done = run(address, tmp_path / "target", "sha256:" + "0" * 64)
    assert done.returncode == 1
    assert "/models/fraud/14: there are no files: put the model's version there" in done.stderr


def test_a_store_that_does_not_answer_is_named(tmp_path: Path) -> None:
    done = run("http://127.0.0.1:9", tmp_path / "target", "sha256:" + "0" * 64)
    assert done.returncode == 1
    assert done.stderr.startswith("the document store at http://127.0.0.1:9: ")
    assert "Traceback" not in done.stderr
