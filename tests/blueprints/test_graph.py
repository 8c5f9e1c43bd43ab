"""What a blueprint provisions has a line in its bill, or is listed as not priced."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from conftest import ROOT

from blueprints import load
from blueprints.served.resolve import PROCESSORS

EXAMPLE = ROOT / "blueprints" / "knowledge_assistant" / "examples" / "handbook.yaml"
FREE = {
    "ConfigMap",
    "Secret",
    "Namespace",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "ResourceQuota",
    "LimitRange",
    "HorizontalPodAutoscaler",
    "PriorityClass",
    "Ingress",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}
COLLECT = """
import json, sys
import pulumi, runpy
found = []
class Collect(pulumi.runtime.Mocks):
    def new_resource(self, args):
        found.append((args.typ, args.name, args.inputs))
        return args.name, args.inputs
    def call(self, args):
        return {}
pulumi.runtime.set_mocks(Collect(), project='domicile', stack='local', preview=False)
pulumi.runtime.set_all_config({'domicile:blueprint': sys.argv[1]})
@pulumi.runtime.test
def program():
    runpy.run_path('stacks/__main__.py', run_name='__main__')
program()
print(json.dumps(found, default=str))
"""


@pytest.fixture(scope="module")
def graph() -> list[tuple[str, str, dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-c", COLLECT, str(EXAMPLE.relative_to(ROOT))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def gib(claim: dict[str, Any]) -> int:
    found = re.fullmatch(r"(\d+)Gi", claim["resources"]["requests"]["storage"])
    assert found
    return int(found.group(1))


def test_every_volume_is_billed(graph: list[tuple[str, str, dict[str, Any]]]) -> None:
    claims = [inputs["spec"] for kind, _, inputs in graph if kind.endswith(":PersistentVolumeClaim")]
    claims += [
        template["spec"]
        for kind, _, inputs in graph
        if kind.endswith(":StatefulSet")
        for template in inputs["spec"].get("volumeClaimTemplates", [])
        for _ in range(int(inputs["spec"]["replicas"]))
    ]
    assert len(claims) >= 5
    total = sum(map(gib, claims))
    assert [line.item for line in load.plan(EXAMPLE).cost.lines if "volumes" in line.item] == [f"volumes, {total} GiB"]


def test_every_accelerator_is_billed(graph: list[tuple[str, str, dict[str, Any]]]) -> None:
    plan = load.serving(EXAMPLE)[1]
    asked = 0
    for kind, _, inputs in graph:
        if kind.endswith((":Deployment", ":StatefulSet")):
            each = sum(
                int(one.get("resources", {}).get("limits", {}).get("nvidia.com/gpu", 0))
                for one in inputs["spec"]["template"]["spec"]["containers"]
            )
            asked += each * int(inputs["spec"].get("replicas") or 0)
    billed = [int(line.basis.split()[0]) for line in plan.cost.lines if "GPUs at" in line.basis]
    assert 0 < asked <= sum(billed) == plan.gpus


def test_whatever_else_costs_is_named_as_not_priced(graph: list[tuple[str, str, dict[str, Any]]]) -> None:
    plan = load.serving(EXAMPLE)[1]
    costs = {"PersistentVolumeClaim", "StatefulSet", "Deployment", "CronJob", "Job"}
    for kind, name, inputs in graph:
        if not kind.startswith("kubernetes:"):
            continue
        short = kind.rsplit(":", 1)[-1]
        if short == "Service":
            assert inputs["spec"].get("type", "ClusterIP") == "ClusterIP", f"{name} would be billed, and has no line"
        else:
            assert short in costs | FREE, f"say what {short} costs"
    assert PROCESSORS in plan.cost.unknown
    assert any("no price is known for processors" in text for text in plan.warnings)
