"""Every kind on the real control plane with simulated GPUs: judged by all packs, pods ready, nothing left behind."""

from pathlib import Path

import pytest
from conftest import ROOT, Stack
from rehearsed import backend, changed

from blueprints import load
from blueprints.scored.resolve import ScoredPlan
from cli.blueprints import EXAMPLES
from cli.operate import packs_of
from engine.localcluster.cluster import Cluster
from engine.policy.judges import PackSource
from engine.providers.kubernetes.api import Connection
from engine.values import Props


@pytest.mark.parametrize("kind", sorted(set(EXAMPLES) - {"knowledge-assistant"}))
def test_a_kind_runs_on_the_local_cluster(tmp_path: Path, cluster: Cluster, kind: str) -> None:
    patch = backend(tmp_path / "state")
    change = {"target": {"cluster": cluster.name, "kubeconfig": str(cluster.kubeconfig)}}
    file = changed(tmp_path, EXAMPLES[kind], change)
    packs = tuple(PackSource(pack, in_process=True) for pack in packs_of())
    stack = Stack(ROOT, "local", packs=packs, overrides={"domicile:blueprint": file})
    try:
        foreseen = stack.run("preview")
        assert foreseen.ok, foreseen.error
        made = stack.run("up")
        assert made.ok, made.error
        assert made.changes == foreseen.changes
        again = stack.run("up")
        assert (again.ok, set(again.changes)) == (True, {"same"}), stack.steps()
        plan = load.governed(Path(file))[1]
        parts = (
            {"decisions", "documents", *(one.name for one in plan.scorers)}
            if isinstance(plan, ScoredPlan)
            else {"gateway", "gateway-counters", *(one.name for one in plan.servers)}
        )
        assert serving(cluster, stack, parts), "every model server and the one door is ready"
        changed_file = changed(tmp_path, EXAMPLES[kind], {**change, "owner.cost_centre": "CC-9"})
        stack.overrides = {"domicile:blueprint": changed_file}
        retagged = stack.run("up")
        assert retagged.ok, retagged.error
        replaced = {name for op, name in stack.steps() if op != "update"}
        assert replaced <= {"weights-fetch"}, "a job's pods cannot be changed, everything else can"
    finally:
        gone = stack.run("destroy")
        patch.undo()
    assert gone.ok, gone.error
    assert stack.resources() == []


def serving(cluster: Cluster, stack: Stack, wanted: set[str]) -> bool:
    space = str(stack.session().store.load().outputs()["namespace"])
    connection = Connection(str(cluster.kubeconfig), None)
    try:
        found: list[Props] = connection.request("GET", f"/api/v1/namespaces/{space}/pods").body.get("items") or []
    finally:
        connection.close()
    lasting = [pod for pod in found if pod["status"].get("phase") != "Succeeded"]
    parts = {str(pod["metadata"]["labels"]["app.kubernetes.io/name"]) for pod in lasting}
    assert wanted <= parts, parts
    return all(ready(pod["status"].get("conditions") or []) for pod in lasting)


def ready(conditions: list[Props]) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
