"""The package of components: the programs of its page are run as they are written, in Python and in TypeScript."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from conftest import ROOT
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from blueprints import load
from cli.blueprints import EXAMPLES
from engine.providers import plugin

PAGE = ROOT / "docs" / "how-to" / "programs.md"
MODULES = ROOT / ".venv" / "typescript" / "node_modules"
FENCE = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.DOTALL | re.MULTILINE)
NODE = pytest.mark.skipif(not MODULES.is_dir(), reason="Pulumi's SDK for TypeScript is not installed: make typescript")
CLI = pytest.mark.skipif(not shutil.which("pulumi"), reason="the Pulumi CLI is not installed; it alone runs YAML")
LANGUAGES = [pytest.param("Python"), pytest.param("TypeScript", marks=NODE)]


class Teams:
    """A project with a program of the page, and a blueprint beside it."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder / "teams"
        self.folder.mkdir()
        section = PAGE.read_text(encoding="utf-8").partition(f"## {language}\n")[2].partition("\n## ")[0]
        for name, text in FENCE.findall(section):
            (self.folder / name).write_text(text.replace("../domicile", str(ROOT)), encoding="utf-8")
        if language == "TypeScript":
            (self.folder / "node_modules").symlink_to(MODULES)
        shutil.copy(EXAMPLES["knowledge-assistant"], self.folder / "handbook.yaml")
        (self.folder / "Pulumi.dev.yaml").touch()

    def run(self, command: str, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": "of the tests"}
        asked = [
            sys.executable,
            "-m",
            "cli.main",
            command,
            "-s",
            "dev",
            "--rehearse",
            "--cwd",
            str(self.folder),
            *words,
        ]
        return subprocess.run(
            asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
        )

    def change(self, old: str, new: str) -> None:
        for file in self.folder.glob("*"):
            if file.name in {"__main__.py", "index.ts"}:
                file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def state(self) -> dict[str, Any]:
        (file,) = self.folder.glob(".pulumi/domicile/rehearsal/.pulumi/stacks/teams/dev.json")
        return json.loads(file.read_text(encoding="utf-8"))["checkpoint"]["latest"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_makes_a_workload_of_a_blueprint(tmp_path: Path, language: str) -> None:
    teams = Teams(tmp_path, language)
    foreseen = teams.run("preview")
    assert foreseen.returncode == 0, foreseen.stdout + foreseen.stderr
    made = teams.run("up", "--yes")
    assert made.returncode == 0, made.stdout + made.stderr
    resources = {one["urn"].rpartition("::")[2]: one for one in teams.state()["resources"]}
    outputs = resources["teams-dev"]["outputs"]
    plan = load.plan(EXAMPLES["knowledge-assistant"])
    assert outputs == {
        "namespace": "handbook",
        "monthlyUsd": str(plan.cost.total),
        "endpoint": "http://gateway:4000/v1",
    }
    (workload,) = (one for one in teams.state()["resources"] if one["type"] == "domicile:index:Workload")
    assert workload["custom"] is False
    # all of it stands below the component, its providers too
    gateway = resources["gateway-set"]["urn"]
    assert "::domicile:index:Workload$domicile:serving:Gateway$kubernetes:apps/v1:StatefulSet::" in gateway
    again = teams.run("up", "--yes")
    assert f"{len(teams.state()['resources'])} unchanged" in again.stdout
    gone = teams.run("destroy", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert teams.state().get("resources", []) == []


@pytest.mark.parametrize(
    ("blueprint", "said"),
    [
        ("nothing.yaml", "nothing.yaml: cannot be read: No such file or directory"),
        ("wrong.yaml", "not valid YAML"),
        (
            str(ROOT / "blueprints" / "platform" / "examples" / "aws-mumbai.yaml"),
            "a `platform` is no workload: it is a stack of its own",
        ),
    ],
)
def test_what_is_wrong_with_a_blueprint_is_said_without_a_trace(tmp_path: Path, blueprint: str, said: str) -> None:
    teams = Teams(tmp_path, "Python")
    (teams.folder / "wrong.yaml").write_text("{", encoding="utf-8")
    teams.change("handbook.yaml", blueprint)
    refused = teams.run("preview")
    assert refused.returncode != 0
    told = refused.stdout + refused.stderr
    assert said in told
    assert "Traceback" not in told
    assert "File " not in told


def test_a_package_that_is_not_there_or_has_no_components_is_said(tmp_path: Path) -> None:
    teams = Teams(tmp_path, "Python")
    teams.change("domicile:index:Workload", "random:index:Workload")
    assert "'random' is no package of components" in teams.run("preview").stdout
    file = teams.folder / "Pulumi.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(str(ROOT), "./nowhere"), encoding="utf-8")
    said = teams.run("preview").stderr
    assert f"{file}:4:3: packages.domicile: no package of components at {teams.folder}/nowhere" in said


def test_a_program_in_typescript_without_its_sdk_is_told_what_to_do(tmp_path: Path) -> None:
    if not shutil.which("node"):
        pytest.skip("Node.js is not installed")
    teams = Teams(tmp_path, "Python")
    (teams.folder / "Pulumi.yaml").write_text("name: teams\nruntime: nodejs\n", encoding="utf-8")
    (teams.folder / "index.ts").write_text("", encoding="utf-8")
    said = teams.run("preview").stdout
    assert f"@pulumi/pulumi is not installed for the program at {teams.folder}: run `npm install`" in said


def test_its_schema_says_what_the_page_says(tmp_path: Path) -> None:
    provider = plugin.PluginProvider("domicile", plugin.hosted(ROOT, "127.0.0.1:1"), folder=tmp_path)
    try:
        stub: Any = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{provider.port}"))
        schema = json.loads(stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    finally:
        provider.close()
    (token,) = schema["resources"]
    assert token == "domicile:index:Workload"
    found = schema["resources"][token]
    assert found["isComponent"] is True
    assert list(found["inputProperties"]) == found["requiredInputs"] == ["blueprint"]
    assert set(found["properties"]) == {"namespace", "monthlyUsd", "outputs"}
    assert found["description"].startswith("Everything that a blueprint of a workload describes")


@CLI
def test_the_page_s_program_in_yaml(tmp_path: Path) -> None:
    teams = Teams(tmp_path, "YAML")
    environment = {**os.environ, "PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": "of the tests"}
    done = subprocess.run(
        ["pulumi", "preview", "-s", "dev", "--non-interactive"],
        cwd=teams.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
