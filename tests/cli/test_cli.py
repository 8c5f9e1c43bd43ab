"""The command line as a user meets it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import COMMAND, domicile, project
from conftest import ROOT

from cli.main import app

EXAMPLE = "blueprints/knowledge_assistant/examples/handbook.yaml"


def commands(group: Any, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [(*prefix, one.name or one.callback.__name__) for one in group.registered_commands]
    for one in group.registered_groups:
        found += commands(one.typer_instance, (*prefix, one.name) if one.name else prefix)
    return found


@pytest.mark.parametrize("command", commands(app), ids=" ".join)
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    done = domicile(*command, "--help")
    assert done.returncode == 0, done.stderr
    assert "Example: " in done.stdout


def test_help_is_quick_to_load_and_tells_the_exit_codes() -> None:
    code = (
        "import sys\nfrom cli.main import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'grpc', 'kubernetes', 'pulumi', 'boto3', 'pydantic', 'pulumi_kubernetes'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Exit codes" in done.stdout


def test_a_plan_tells_where_and_why_and_what_it_costs() -> None:
    done = domicile("plan", EXAMPLE)
    assert done.returncode == 0, done.stderr
    for words in (
        "handbook on local (eu-central, DE)",
        "Qwen/Qwen3-8B",
        "USD a month of a budget",
        "not chosen:",
        "as of",
    ):
        assert words in done.stdout
    parsed = json.loads(domicile("plan", EXAMPLE, "--json").stdout)
    assert parsed["total_usd"] == "4880.36"


def test_a_new_blueprint_can_be_planned(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    assert domicile("new", "knowledge-assistant", str(file)).returncode == 0
    assert domicile("plan", str(file)).returncode == 0
    again = domicile("new", "knowledge-assistant", str(file))
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert "knowledge-assistant" in domicile("blueprints").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("plan", "missing.yaml"), 2, "missing.yaml: cannot be read"),
        (("new", "nothing", "x.yaml"), 2, "'nothing' is not a blueprint"),
        (("up", "-s", "nowhere", "--yes"), 2, "there is no stack 'nowhere'"),
        (("up", "-s", "local", "--engine", "embedded"), 2, "add --yes"),
        (("preview", "-s", "local", "--policy-pack", "stacks"), 2, "no policy pack here"),
        (("cluster", "up", "Bad_Name"), 3, "not a cluster name"),
        (("outputs", "-s", "local", "-C", "/"), 2, "no Pulumi.yaml here or above"),
        (("plan",), 2, "Missing argument"),
    ],
)
def test_bad_input_is_one_clear_error(arguments: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    done = domicile(*arguments, PULUMI_BACKEND_URL=f"file://{tmp_path}")
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_a_stack_lives_from_up_to_destroy(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        "import pulumi, pulumi_random as r\npulumi.export('pet', r.RandomPet('a').id)\npulumi.export('s', pulumi.Output.secret('x1y2z3'))",
    )
    preview = domicile("preview", "-s", "dev", "-C", str(folder))
    assert preview.returncode == 0, preview.stderr
    assert "+  random:index/randomPet:RandomPet a" in preview.stdout
    up = domicile("up", "-s", "dev", "-C", str(folder), "--yes")
    assert up.returncode == 0, up.stderr
    assert "3 created" in up.stdout
    assert "3 unchanged" in domicile("up", "-s", "dev", "-C", str(folder), "--yes").stdout
    outputs = json.loads(domicile("outputs", "-s", "dev", "-C", str(folder), "--json").stdout)
    assert outputs["s"] == "[secret]"
    assert "x1y2z3" in domicile("outputs", "-s", "dev", "-C", str(folder), "--show-secrets").stdout
    exported = domicile("state", "export", "-s", "dev", "-C", str(folder)).stdout
    (tmp_path / "export.json").write_text(exported, encoding="utf-8")
    assert "x1y2z3" not in exported
    assert domicile("state", "import", "-s", "dev", "-C", str(folder), str(tmp_path / "export.json")).returncode == 0
    assert "RandomPet::a" in domicile("state", "list", "-s", "dev", "-C", str(folder)).stdout
    destroy = domicile("destroy", "-s", "dev", "-C", str(folder), "--yes")
    assert destroy.returncode == 0, destroy.stderr
    assert "3 deleted" in destroy.stdout


def test_events_are_json_lines_in_pulumis_shape(tmp_path: Path) -> None:
    from pulumi.automation.events import EngineEvent

    folder = project(tmp_path, "import pulumi_random as r\nr.RandomPet('a')")
    done = domicile("up", "-s", "dev", "-C", str(folder), "--yes", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    kinds = [next(key for key in event if key not in ("sequence", "timestamp")) for event in events]
    assert kinds[0] == "preludeEvent"
    assert kinds[-2:] == ["summaryEvent", "cancelEvent"]
    read: Any = EngineEvent
    assert all(read.from_json(event) for event in events)


def test_codes_tell_violations_from_failures(tmp_path: Path) -> None:
    folder = project(tmp_path, "import pulumi_random as r\nr.RandomPet('a', length=9)")
    pack = str(ROOT / "tests" / "packs" / "strangers")
    broken = domicile("preview", "-s", "dev", "-C", str(folder), "--policy-pack", pack)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "strangers/short" in broken.stdout
    (folder / "__main__.py").write_text(
        "import pulumi_random as r\nr.RandomUuid('b', keepers={'of': r.RandomPet('a').id})", encoding="utf-8"
    )
    unknown = domicile("preview", "-s", "dev", "-C", str(folder), "--policy-pack", pack)
    assert unknown.returncode == 4, unknown.stdout + unknown.stderr
    assert (
        domicile("preview", "-s", "dev", "-C", str(folder), "--policy-pack", pack, "--on-unknown", "warn").returncode
        == 0
    )
    (folder / "__main__.py").write_text("raise RuntimeError('x')", encoding="utf-8")
    assert domicile("preview", "-s", "dev", "-C", str(folder)).returncode == 3


def test_an_interrupt_ends_the_run_and_the_next_goes_on(tmp_path: Path) -> None:
    program = (
        "import pathlib, pulumi, pulumi_random as r, threading\nr.RandomPet('first')\n"
        "def wait(_):\n    pathlib.Path('reached').touch()\n    threading.Event().wait(30)\n"
        "r.RandomPet('second').id.apply(wait)\n"
    )
    folder = project(tmp_path, program)
    process = subprocess.Popen(
        [*COMMAND, "up", "-s", "dev", "-C", str(folder), "--yes"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    while not (folder / "reached").exists() and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    (folder / "__main__.py").write_text(
        "import pulumi_random as r\nr.RandomPet('first')\nr.RandomPet('second')", encoding="utf-8"
    )
    again = domicile("up", "-s", "dev", "-C", str(folder), "--yes")
    assert again.returncode == 0, again.stderr
    assert "created" not in again.stdout, "what was made before the interrupt is in the state"
