"""What `pulumi new` begins with: every template has a plan, and its project runs as it was written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from typer.testing import CliRunner

from blueprints import load, starters
from blueprints.governed import Governed
from blueprints.pages import LOCAL, sites
from cli.blueprints import EXAMPLES
from cli.main import app
from engine import project
from stacks.clouds import full_name

DESCRIPTION = """Ours: "all" of it, it's #1"""
MADE = starters.starters(str(ROOT), "pulumi>=3,<4")
CELLS = [(kind, site) for kind in EXAMPLES if issubclass(load.KINDS[kind], Governed) for site in sites(kind)]
CLI = pytest.mark.skipif(not shutil.which("pulumi"), reason="the Pulumi CLI is not installed; it alone has `new`")


def begun(folder: Path, template: str) -> Path:
    """A project as the CLI makes it of a template: its files, with the two places filled in."""
    for name, text in MADE.items():
        if name.startswith(f"{template}/"):
            file = folder / name.removeprefix(f"{template}/")
            file.write_text(text.replace("${PROJECT}", "mine").replace("${DESCRIPTION}", DESCRIPTION), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("kind", "site"), CELLS, ids=[f"{kind}-{site}" for kind, site in CELLS])
def test_a_template_is_a_project_whose_blueprint_has_a_plan(tmp_path: Path, kind: str, site: str) -> None:
    template = kind if site == LOCAL else f"{kind}-{site}"
    said = yaml.safe_load(MADE[f"{template}/Pulumi.yaml"])
    assert said["template"]["description"].startswith((load.KINDS[kind].__doc__ or "").splitlines()[0])
    assert said["packages"] == {"domicile": str(ROOT)}
    folder = begun(tmp_path, template)
    blueprint, plan = load.governed(folder / "blueprint.yaml")
    assert blueprint.name == "mine"
    example = load.governed(sites(kind)[site])[1]
    assert (plan.region, plan.country, plan.cost.total) == (example.region, example.country, example.cost.total)


def test_its_project_runs_as_it_was_written(tmp_path: Path) -> None:
    folder = begun(tmp_path, "customer-support")
    (folder / "Pulumi.dev.yaml").touch()
    for command, words, said in (
        ("preview", (), " to be created"),
        ("up", ("--yes",), " created"),
        ("up", ("--yes",), " unchanged"),
        ("destroy", ("--yes",), " deleted"),
    ):
        done = run(folder, command, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert said in done.stdout, done.stdout


def run(folder: Path, command: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of ours in a project of somebody's."""
    asked = [sys.executable, "-m", "cli.main", command, "-s", "dev", "--rehearse", "--cwd", str(folder), *words]
    environment = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": "of the tests"}
    return subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)


@CLI
def test_the_cli_begins_a_project_with_it(tmp_path: Path) -> None:
    out = tmp_path / "templates"
    assert CliRunner().invoke(app, ["templates", "--out", str(out), "--source", str(ROOT)]).exit_code == 0
    folder = tmp_path / "mine"
    folder.mkdir()
    asked = ["pulumi", "new", str(out / "customer-support"), "--generate-only", "--yes", "--name", "mine"]
    subprocess.run([*asked, "--description", "Ours"], cwd=folder, check=True, capture_output=True, timeout=300)
    assert load.governed(folder / "blueprint.yaml")[0].name == "mine"


def test_the_command_writes_them_where_there_is_nothing(tmp_path: Path) -> None:
    out = tmp_path / "templates"
    asked = ["templates", "--out", str(out), "--source", "github.com/acme/domicile@v0.1.0"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert {file.parent.name for file in out.glob("*/Pulumi.yaml")} == {name.partition("/")[0] for name in MADE}
    assert project.load(begun(tmp_path, "prototype")).name == "mine"
    said = yaml.safe_load((tmp_path / "Pulumi.yaml").read_text(encoding="utf-8"))["description"]
    assert said == DESCRIPTION
    assert "there is something already" in str(CliRunner().invoke(app, asked).exception)
    odd = ["templates", "--out", str(tmp_path / "other"), "--source", "two words"]
    assert "is no place of a package" in str(CliRunner().invoke(app, odd).exception)


def test_a_platform_may_be_a_stack_of_another_project() -> None:
    assert full_name("platform", "acme", "mine") == "acme/mine/platform"
    assert full_name("domicile/platform", "acme", "mine") == "acme/domicile/platform"
    assert full_name("other/domicile/platform", "acme", "mine") == "other/domicile/platform"
