"""A training run, with a trainer that is a process: it goes on where it stood, and hands over what is good, once."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import decided
import pytest
from conftest import ROOT
from decided import World, until
from hypothesis import given
from hypothesis import strategies as st

from serving.scripts import modelfiles, train

#: trains ten steps, each a line of the model; stops for good at the step that `STOP` names, until the file `go` is there
TRAINER = """
import json, pathlib, sys, threading, os
output = pathlib.Path(os.environ["OUTPUT"])
folder = output.parent
last = next((word.partition("=")[2] for word in sys.argv if word.startswith("--resume_from_checkpoint=")), "")
steps = json.loads((pathlib.Path(last) / "trainer_state.json").read_text())["steps"] if last else []
(folder / "begun").open("a").write(f"{len(steps)}\\n")
for step in range(len(steps), 10):
    if step == int(os.environ.get("STOP", "-1")) and not (folder / "go").exists():
        (folder / "stands").touch()
        threading.Event().wait(60)
    steps.append(step)
    made = folder / f"checkpoint-{step}"
    made.mkdir(exist_ok=True)
    (made / "trainer_state.json").write_text(json.dumps({"steps": steps}))
(output / "model.safetensors").write_text(json.dumps(steps))
(output / "all_results.json").write_text(os.environ["RESULT"])
sys.exit(int(os.environ.get("ENDS", "0")))
"""
LINEAGE = {"base": "Qwen/Qwen3-4B", "dataset": "desk-answers@3"}
GATES = [{"measure": "eval_loss", "at_most": 1.4}, {"measure": "accuracy", "at_least": 0.7}]
GOOD = {"eval_loss": 1.2, "accuracy": 0.8}


class Run:
    """A pod of the run: the program with its environment."""

    def __init__(self, folder: Path, address: str) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "trainer.py").write_text(TRAINER, encoding="utf-8")
        self.folder = folder
        self.told: dict[str, str] = {
            "PATH": os.environ["PATH"],
            "CHECKPOINTS": str(folder),
            "OUTPUT": str(folder / "output"),
            "COMMAND": json.dumps([sys.executable, str(folder / "trainer.py")]),
            "INDEX": "0",
            "JOB": "training-1",
            "MEASURES": "all_results.json",
            "GATES": json.dumps(GATES),
            "LINEAGE": json.dumps(LINEAGE),
            "MODEL": "desk",
            "DOCUMENTS": address,
            "RESULT": json.dumps(GOOD),
        }

    def start(self, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(ROOT / "serving" / "scripts" / "train.py")]
        return subprocess.Popen(
            command, env={**self.told, **more}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def end(self, **more: str) -> tuple[int, str]:
        process = self.start(**more)
        out, err = process.communicate(timeout=60)
        return process.returncode, out + err


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with decided.world() as address:
        yield Run(tmp_path / "run", address)


def card(version: int) -> dict[str, Any]:
    return json.loads(World.files[f"/models/desk/{version}.json"])


def test_what_passes_its_gates_is_a_version_with_its_lineage(run: Run) -> None:
    code, said = run.end()
    assert code == 0, said
    made = card(1)
    sums = {
        path.removeprefix("/models/desk/1/"): hashlib.sha256(content).hexdigest()
        for path, content in World.files.items()
        if path.startswith("/models/desk/1/")
    }
    assert set(sums) == {"model.safetensors", "all_results.json"}
    assert made["digest"] == f"sha256:{modelfiles.digest(sums)}", "what a serving blueprint approves it by"
    assert made["measures"] == GOOD
    assert {**LINEAGE, "run": "training-1"}.items() <= made.items()
    assert json.loads(World.files["/models/desk/1/model.safetensors"]) == list(range(10))


def test_a_run_whose_node_goes_goes_on_from_its_last_whole_checkpoint(run: Run) -> None:
    process = run.start(STOP="6")
    assert until((run.folder / "stands").exists)
    subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=True)
    process.kill()
    process.communicate()
    # a checkpoint that was cut off while it was written
    (run.folder / "checkpoint-6").mkdir()
    (run.folder / "checkpoint-6" / "trainer_state.json").write_text('{"ste')
    (run.folder / "go").touch()
    code, said = run.end()
    assert code == 0, said
    assert (run.folder / "begun").read_text() == "0\n6\n", "steps before the last whole checkpoint are not done twice"
    assert json.loads(World.files["/models/desk/1/model.safetensors"]) == list(range(10))


def test_a_pod_that_must_go_tells_its_trainer(run: Run) -> None:
    process = run.start(STOP="3")
    assert until((run.folder / "stands").exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert not World.files


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"eval_loss": 1.5, "accuracy": 0.8}, "eval_loss is 1.5, 1.4 at most is wanted"),
        ({"eval_loss": 1.5, "accuracy": 0.1}, "1.4 at most is wanted; accuracy is 0.1, 0.7 at least is wanted"),
        ({"accuracy": 0.8}, "eval_loss was not measured"),
        ({"eval_loss": float("nan"), "accuracy": 0.8}, "eval_loss was not measured"),
        ({"eval_loss": "1.0", "accuracy": True}, "eval_loss was not measured; accuracy was not measured"),
    ],
)
def test_what_is_not_good_enough_is_not_handed_over(run: Run, result: dict[str, Any], words: str) -> None:
    code, said = run.end(RESULT=json.dumps(result))
    assert code == 3, "the job's policy ends it at this code, and does not try again"
    assert words in said
    assert "Traceback" not in said
    assert not World.files


def test_a_trainer_that_fails_fails_the_pod(run: Run) -> None:
    code, said = run.end(ENDS="7")
    assert code == 7, said
    assert not World.files
    code, said = run.end()
    assert code == 0, "the next pod tries again"


def test_a_run_without_measures_says_where_they_were_looked_for(run: Run) -> None:
    code, said = run.end(MEASURES="other.json")
    assert code == 3
    assert "output/other.json: the trainer wrote no measures there" in said


def test_only_the_first_pod_hands_over(run: Run) -> None:
    code, said = run.end(INDEX="1")
    assert code == 0, said
    assert not World.files


def test_a_store_that_is_away_costs_no_training(run: Run) -> None:
    World.store_works = False
    code, said = run.end()
    assert code == 4, "the job's policy lets the next pod try"
    assert "the document store at http://127.0.0.1:" in said
    World.store_works = True
    code, said = run.end()
    assert code == 0, said
    assert (run.folder / "begun").read_text() == "0\n", "what was trained is not trained again"
    assert card(1)["measures"] == GOOD


def test_a_run_hands_over_once_and_the_next_one_is_the_next_version(run: Run) -> None:
    assert run.end()[0] == 0
    before = dict(World.files)
    assert run.end()[0] == 0, "a pod that is started again after everything was done"
    assert World.files == before
    # a version whose hand-over was cut off has no card, and its number is not given again
    World.files["/models/desk/2/model.safetensors"] = b"half"
    assert run.end(JOB="training-2")[0] == 0
    assert card(3)["run"] == "training-2"
    assert "/models/desk/2.json" not in World.files


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_gate_is_passed_or_told(value: float, bound: float) -> None:
    least = train.gated({"m": value}, [{"measure": "m", "at_least": bound}])
    most = train.gated({"m": value}, [{"measure": "m", "at_most": bound}])
    assert bool(least) == (value < bound)
    assert bool(most) == (value > bound)
