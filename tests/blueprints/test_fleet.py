"""Fleets: their plans, their inventories in CSV and YAML, and everything that is refused with its place."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from rehearsed import backend, below, rehearsed, settled

from blueprints import load
from blueprints.fleet import sites
from blueprints.fleet.resolve import FleetPlan
from catalog.documents import DocumentError
from serving.fleet import agent
from serving.fleet.objects import UnfitError, objects

EXAMPLES = ROOT / "blueprints" / "fleet" / "examples"
GOLDEN = Path(__file__).parent / "golden"


def plan_of(file: Path) -> FleetPlan:
    found = load.plan(file)
    assert isinstance(found, FleetPlan)
    return found


def fleet(folder: Path, rows: str, change: dict[str, Any] | None = None, name: str = "sites.csv") -> Path:
    """The example with another inventory, and values changed."""
    content = yaml.safe_load((EXAMPLES / "weld-lines.yaml").read_text(encoding="utf-8"))
    content = {**content, "workload": str(EXAMPLES / "sites" / "weld-line.yaml"), "sites": name, **(change or {})}
    (folder / name).write_text(rows, encoding="utf-8")
    file = folder / "fleet.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", ["weld-lines", "weld-lines-onprem-munich"])
def test_the_examples_have_their_golden_plans(name: str) -> None:
    made = json.loads(json.dumps(dataclasses.asdict(plan_of(EXAMPLES / f"{name}.yaml")), default=str))
    for variant in made["variants"]:
        variant["folder"] = Path(variant["folder"]).relative_to(ROOT).as_posix()
    golden = GOLDEN / f"{name}.json"
    if not golden.exists():
        golden.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert made == json.loads(golden.read_text(encoding="utf-8"))


def test_sites_that_are_alike_are_one_variant_and_rows_change_what_they_run() -> None:
    plan = plan_of(EXAMPLES / "weld-lines.yaml")
    assert [len(variant.sites) for variant in plan.variants] == [20, 10, 8, 4]
    larger = next(variant for variant in plan.variants if "aachen-3" in variant.sites)
    assert larger.content["cameras"]["count"] == 16
    assert {site.ring for site in plan.sites if site.agent.site.startswith("aachen")} == {"first"}
    assert plan.rings == {"first": 3, "early": 8, "all": 31}
    assert sum(float(variant.plan.cost.total) * len(variant.sites) for variant in plan.variants) <= float(
        plan.cost.total
    )


def test_an_inventory_in_yaml_says_what_one_in_csv_says(tmp_path: Path) -> None:
    csv = "name,ring,window,zone,cameras.count\na-1,first,22:00-05:00,Europe/Paris,16\nb-1,,,,\nb-2,,,,\nb-3,,,,\n"
    rows = [
        {"name": "a-1", "ring": "first", "window": "22:00-05:00", "zone": "Europe/Paris", "cameras": {"count": 16}},
        *({"name": f"b-{number}"} for number in (1, 2, 3)),
    ]
    one = plan_of(fleet(tmp_path, csv))
    other = plan_of(fleet(tmp_path, yaml.safe_dump({"sites": rows}), name="sites.yaml"))
    assert one == other


def test_a_row_may_change_a_list(tmp_path: Path) -> None:
    rows = [{"name": "a-1", "ring": "first", "access": {"callers": ["line-controller", "robot"]}}]
    rows += [{"name": f"b-{number}"} for number in (1, 2, 3)]
    plan = plan_of(fleet(tmp_path, yaml.safe_dump({"sites": rows}), name="sites.yaml"))
    assert [variant.sites for variant in plan.variants] == [("a-1",), ("b-1", "b-2", "b-3")]
    assert plan.variants[0].plan.service.callers == ("line-controller", "robot")


ROWS = "name,ring,cameras.count\na-1,first,\nb-1,,\nb-2,,\nb-3,,\n"
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("name\n", {}, "there is no site"),
    ("name,ring\na-1,first\na-1,\n", {}, "sites.csv:3:1: name: 'a-1' stands there twice, first at"),
    ("name,ring\nA 1,first\n", {}, "sites.csv:2:1: name: 'A 1' is no name"),
    ("name,ring\na-1,last\nb-1,\nb-2,\nb-3,\n", {}, "sites.csv:2:1: ring: there is no ring 'last'; choose"),
    ("name\na-1,b\n", {}, "sites.csv:2:1: more values than the first line has names"),
    ("name,window\na-1,at night\n", {}, "window: 'at night' is no window: write 22:00-05:00"),
    ("name,zone\na-1,Berlin\n", {}, "zone: 'Berlin' is no time zone"),
    ("name,namespace\na-1,No Name\n", {}, "namespace: 'No Name' is no name of a namespace"),
    ("name,owner.team\na-1,else\n", {}, "owner.team: a site cannot be different in that"),
    (ROWS.replace("b-2,,", "b-2,,many"), {}, "cameras.count: Input should be a valid integer; found 'many'"),
    (ROWS.replace("b-2,,", "b-2,,9000"), {}, "sites.csv:4: "),
    (ROWS.replace("b-2,,", "b-2,,9000"), {}, "budget.monthly_usd: the plan costs"),
    ("name,ring,budget.monthly_usd.x\na-1,first,1\nb-1,,\nb-2,,\n", {}, "budget.monthly_usd.x: there is nothing"),
    ("name,inventory\na-1,gone.yaml\nb-1,\nb-2,\n", {}, "gone.yaml: cannot be read"),
    ('name,ring\n"a-1,first\n', {}, "not valid CSV"),
    ("name,ring\na-1,first\n", {}, "rings.1.name: no site is left for 'early': there are 1 sites"),
    (ROWS, {"workload": "none.yaml"}, "workload: there is no file"),
    (ROWS, {"workload": str(EXAMPLES / "weld-lines.yaml")}, "sites run workloads that decide"),
    (ROWS, {"sites": "none.csv"}, "none.csv: cannot be read"),
    (ROWS, {"release_keys": ["AAAA"]}, "release_keys.0: Value error, it is no Ed25519 key"),
    (ROWS, {"rings": [{"name": "one"}]}, "rings: List should have at least 2 items"),
    (ROWS, {"rings": [{"name": "one"}, {"name": "one"}]}, "'one' stands there twice"),
    (ROWS, {"rings": [{"name": "one", "sites": 1, "percent": 5}, {"name": "two"}]}, "say sites or percent"),
    (ROWS, {"budget": {"monthly_usd": 100}}, "budget.monthly_usd: the plan costs"),
    (ROWS, {"keep_days": 3651}, "keep_days"),
    (ROWS, {"target": {"cloud": "platform", "platform": str(ROOT / "blueprints/platform/examples/aws-mumbai.yaml"), "stack": "a"}}, "target: sites tell the hub what they do, it stands in IN"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "change", "says"), REFUSED)
def test_what_cannot_be_a_fleet_is_refused_with_its_place(
    tmp_path: Path, rows: str, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        load.plan(fleet(tmp_path, rows, change))
    assert says in str(refused.value)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELL, max_size=6), max_size=6))
def test_whatever_an_inventory_holds_it_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:  # fmt: skip
    file = tmp_path_factory.mktemp("rows") / "sites.csv"
    file.write_text("name,ring,window,cameras.count\n" + "\n".join(",".join(row) for row in rows), encoding="utf-8")
    try:
        found = sites.read(file)
    except DocumentError as error:
        said = str(error)
    else:
        said = f"{file}: {len({row.name for row in found}) - len(found)} too few"
    assert said.startswith(str(file))
    assert not said.endswith("-1 too few")


def test_the_hub_lives_its_life_under_all_packs(tmp_path: Path) -> None:
    patch = backend(tmp_path)
    platform, stack = rehearsed("platform-onprem-munich"), rehearsed("fleet-onprem-munich")
    assert platform.run("up").ok
    settled(stack, frozenset({"same", "read"}))
    parts = below(stack, "hub")
    assert {"set", "service", "ingress", "clients", "keys", "config", "budget"} <= set(parts)
    told = json.loads(parts["config"].inputs["data"]["fleet.json"])
    assert len(told["sites"]) == 42
    assert told["rings"][0] == {"name": "first", "soak_s": 86400}
    assert stack.run("destroy").ok
    assert stack.resources() == []
    patch.undo()


def test_an_agent_may_do_what_its_releases_are_made_of_and_no_more() -> None:
    plan = plan_of(EXAMPLES / "weld-lines.yaml")
    site = plan.sites[0].agent
    runs = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "scorer"}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny"}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "weld-line"}},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": [{"apiGroups": ["x"], "resources": ["y"], "verbs": ["get"]}]},
    ]  # fmt: skip
    made = agent.objects(site, plan.hub.ownership, image="i", storage_class="encrypted", hub="https://h", token="t", runs=runs, admission=None)  # fmt: skip
    role = next(one for one in made if one["kind"] == "Role")
    assert {(rule["apiGroups"][0], *rule["resources"]) for rule in role["rules"]} == {
        ("", "pods"),
        ("apps", "deployments"),
        ("networking.k8s.io", "networkpolicies"),
        ("rbac.authorization.k8s.io", "roles"),
        ("x", "y"),
    }
    cluster = next(one for one in made if one["kind"] == "ClusterRole")
    assert cluster["rules"][1]["resourceNames"] == ["weld-line"]
    pod = next(one for one in made if one["kind"] == "StatefulSet")["spec"]["template"]["spec"]
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


def test_a_workload_that_no_site_could_make_is_refused() -> None:
    ownership = plan_of(EXAMPLES / "weld-lines.yaml").hub.ownership
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "else"}}
    with pytest.raises(UnfitError, match="it has a Secret 'else', which a site cannot make"):
        objects([("kubernetes:core/v1:Secret", secret)], ownership)
    with pytest.raises(UnfitError, match="which is not in the site's cluster"):
        objects([("aws:s3/bucket:Bucket", {})], ownership)
