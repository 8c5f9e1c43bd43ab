"""Every kind on the real control plane with simulated GPUs: judged by all packs, pods ready, nothing left behind."""

from pathlib import Path

import pytest
from conftest import ROOT, Stack
from rehearsed import backend, changed, settled

from blueprints import load
from blueprints.scored.resolve import ScoredPlan
from blueprints.served.resolve import ServedPlan
from blueprints.trained.resolve import TrainedPlan
from cli.blueprints import EXAMPLES
from cli.operate import packs_of
from engine.localcluster.cluster import Cluster
from engine.policy.judges import PackSource
from engine.providers.kubernetes.api import Connection
from engine.values import Props


@pytest.mark.parametrize("kind", sorted(set(EXAMPLES) - {"knowledge-assistant"}))
def test_a_kind_runs_on_the_local_cluster(tmp_path: Path, cluster: Cluster, kind: str) -> None:
    patch = backend(tmp_path / "state")
    change: Props = {"target": {"cluster": cluster.name, "kubeconfig": str(cluster.kubeconfig)}}
    if kind == "customer-support":
        change["documents.formats"] = ["pdf"]
    file = changed(tmp_path, EXAMPLES[kind], change)
    packs = tuple(PackSource(pack, in_process=True) for pack in packs_of())
    stack = Stack(ROOT, "local", packs=packs, overrides={"domicile:blueprint": file})
    try:
        settled(stack)
        plan = load.governed(Path(file))[1]
        assert serving(cluster, stack, parts(plan)), "every model server and the one door is ready"
        changed_file = changed(tmp_path, EXAMPLES[kind], {**change, "owner.cost_centre": "CC-9"})
        stack.overrides = {"domicile:blueprint": changed_file}
        retagged = stack.run("up")
        assert retagged.ok, retagged.error
        replaced = {name for op, name in stack.steps() if op != "update"}
        assert replaced <= {"weights-fetch", "training-run"}, "a job's pods cannot be changed, everything else can"
    finally:
        gone = stack.run("destroy")
        patch.undo()
    assert gone.ok, gone.error
    assert stack.resources() == []


def parts(plan: ServedPlan | ScoredPlan | TrainedPlan) -> set[str]:
    """The parts of a workload that have pods for as long as it is there."""
    if isinstance(plan, ScoredPlan):
        return {"decisions", "documents", *(one.name for one in plan.scorers)}
    if isinstance(plan, TrainedPlan):
        return {"documents"}
    return {"gateway", "gateway-counters", *(one.name for one in plan.servers)}


def serving(cluster: Cluster, stack: Stack, wanted: set[str]) -> bool:
    space = str(stack.session().store.load().outputs()["namespace"])
    connection = Connection(str(cluster.kubeconfig), None)
    try:
        found: list[Props] = connection.request("GET", f"/api/v1/namespaces/{space}/pods").body.get("items") or []
    finally:
        connection.close()
    lasting = [pod for pod in found if pod["status"].get("phase") != "Succeeded"]
    there = {str(pod["metadata"]["labels"]["app.kubernetes.io/name"]) for pod in lasting}
    assert wanted <= there, there
    return all(ready(pod["status"].get("conditions") or []) for pod in lasting)


def ready(conditions: list[Props]) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
