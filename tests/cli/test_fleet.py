"""The commands about fleets, against a hub that runs: a key, a release, its way to the sites, and what is told of it."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from conftest import ROOT
from decided import until
from fleets import HOUR, Running, spec_of
from typer.testing import CliRunner, Result

from blueprints import load
from blueprints.fleet.resolve import FleetPlan
from cli.main import app
from serving.scripts.modelfiles import digest, sums

EXAMPLES = ROOT / "blueprints" / "fleet" / "examples"
STACK = "fleet-onprem-munich"


def domicile(*words: str) -> Result:
    return CliRunner().invoke(app, ["fleet", *words])


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fleet of four sites whose key and models are ours; gives its folder."""
    key = domicile("key", str(tmp_path / "release.pem"))
    assert key.exit_code == 0, key.output
    model = tmp_path / "models" / "weld-defects" / "7"
    model.mkdir(parents=True)
    (model / "model.onnx").write_bytes(b"weights")
    workload = yaml.safe_load((EXAMPLES / "sites" / "weld-line.yaml").read_text(encoding="utf-8"))
    workload["model"]["digest"] = f"sha256:{digest(sums(model))}"
    workload["target"]["inventory"] = str(EXAMPLES / "sites" / "line-de.yaml")
    (tmp_path / "weld-line.yaml").write_text(yaml.safe_dump(workload, sort_keys=False), encoding="utf-8")
    content = yaml.safe_load((EXAMPLES / "weld-lines.yaml").read_text(encoding="utf-8"))
    content |= {"workload": "weld-line.yaml", "sites": "sites.csv", "release_keys": [key.output.strip()]}
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    rows = "name,ring,cameras.count\na-1,first,\nb-1,,16\nb-2,,\nb-3,,\n"
    (tmp_path / "sites.csv").write_text(rows, encoding="utf-8")

    def named(stack: str, folder: Path) -> Path:
        del stack, folder
        return tmp_path / "fleet.yaml"

    monkeypatch.setattr("cli.fleet.render.blueprint_of", named)
    monkeypatch.setenv("DOMICILE_FLEET_KEY", "sk-operator")
    return tmp_path


@pytest.fixture
def hub(fleet: Path) -> Iterator[Running]:
    """Its hub."""
    plan = load.plan(fleet / "fleet.yaml")
    assert isinstance(plan, FleetPlan)
    rings = (("first", 24, ["a-1"]), ("early", 24, ["b-1"]), ("all", 0, ["b-2", "b-3"]))
    made = Running(fleet / "hub", spec_of(rings, plan.hub.keys[0], plan.hub.ownership))
    made.start()
    yield made
    made.kill()


def released(fleet: Path, number: int, *more: str) -> Result:
    words = ("--key", str(fleet / "release.pem"), "--models", str(fleet / "models"), *more)
    return domicile("release", STACK, "--number", str(number), *words, "--out", str(fleet / f"{number}.tar"), "--cwd", str(ROOT))  # fmt: skip


def test_a_release_is_made_published_followed_and_stopped(fleet: Path, hub: Running) -> None:
    made = released(fleet, 1)
    assert made.exit_code == 0, made.output
    assert "4 sites in 2 variants" in made.output
    again = (fleet / "1.tar").read_bytes()
    assert released(fleet, 1).exit_code == 0
    assert (fleet / "1.tar").read_bytes() == again
    published = domicile("publish", str(fleet / "1.tar"), "--hub", hub.url, "--begin")
    assert published.exit_code == 0, published.output
    assert "running: it begins" in published.output
    shown = domicile("status", "--hub", hub.url)
    assert shown.exit_code == 0
    assert "weld-lines: release 1 running in ring first" in shown.output
    assert "a-1 (first): never heard" in shown.output
    installed = domicile(
        "install", STACK, "a-1", "--hub", hub.url, "--out", str(fleet / "a-1.yaml"), "--cwd", str(ROOT)
    )
    assert installed.exit_code == 0, installed.output
    things = list(yaml.safe_load_all((fleet / "a-1.yaml").read_text(encoding="utf-8")))
    assert (fleet / "a-1.yaml").stat().st_mode & 0o777 == 0o600
    kinds = ["Namespace", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Secret", "StatefulSet"]  # fmt: skip
    assert [one["kind"] for one in things] == kinds
    # the token in it is the site's
    token = base64.b64decode(things[-2]["data"]["DOMICILE_SITE_TOKEN"]).decode()
    headers = {"Authorization": f"Bearer {token}"}
    report: dict[str, Any] = {"sequence": 1, "at": hub.clock(), "site": "a-1", "running": "", "number": 0, "release": "", "status": "",
              "why": "", "drift": [], "counts": {}, "nodes": [{"name": "n", "gpus": 1, "product": "L4", "kubelet": "v"}],
              "models": {}}  # fmt: skip
    answer = httpx.post(f"{hub.url}/v1/sites/a-1/sync", json={"reports": [report]}, headers=headers)
    assert answer.json()["have"] == 1
    assert len(answer.json()["wanted"]) == 64
    told = domicile("status", "--hub", hub.url, "--site", "a-1")
    assert "n: 1 x L4" in told.output
    hub.clock.go(24 * HOUR)
    assert until(lambda: "a-1 (first): silent" in domicile("status", "--hub", hub.url).output)
    assert json.loads(domicile("status", "--hub", hub.url, "--json").output)["rollout"]["state"] == "running"
    assert "stopped: told to stop" in domicile("order", "stop", "--hub", hub.url).output


def test_what_cannot_be_released_says_why(fleet: Path) -> None:
    (fleet / "models" / "weld-defects" / "7" / "model.onnx").write_bytes(b"others")
    assert "its digest is sha256:" in str(released(fleet, 1).exception)
    assert not (fleet / "1.tar").exists()
    other = fleet / "other.pem"
    domicile("key", str(other))
    assert "no site would take it" in str(released(fleet, 1, "--key", str(other)).exception)
    other.write_text("nonsense", encoding="utf-8")
    assert "it is no private key in PEM" in str(released(fleet, 1, "--key", str(other)).exception)
    assert "File exists" in str(domicile("key", str(other)).exception)
    assert "there is no such folder" in str(released(fleet, 1, "--models", str(fleet / "none")).exception)


def test_without_a_hub_or_a_key_it_says_what_is_missing(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "does not answer" in str(domicile("status", "--hub", "http://127.0.0.1:9").exception)
    (fleet / "x.tar").write_bytes(b"nonsense")
    assert "it is no release" in str(domicile("publish", str(fleet / "x.tar"), "--hub", "http://127.0.0.1:9").exception)
    monkeypatch.delenv("DOMICILE_FLEET_KEY")
    assert "DOMICILE_FLEET_KEY is not set" in str(domicile("status", "--hub", "http://127.0.0.1:9").exception)
