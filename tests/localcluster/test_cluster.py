"""The local cluster: its processes are watched, several live side by side, it leaves nothing behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.documents import DocumentError
from catalog.inventory import load
from engine.localcluster import pools
from engine.localcluster.cluster import Cluster
from engine.localcluster.errors import ClusterError
from engine.providers.kubernetes.api import Connection


def until(true: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        os.sched_yield()
    return False


def test_a_member_that_dies_is_started_again_and_told(cluster: Cluster) -> None:
    victim = cluster.status().members["kube-scheduler"]["pid"]
    os.kill(victim, signal.SIGKILL)
    assert until(lambda: cluster.status().members["kube-scheduler"]["restarts"] == 1)
    assert cluster.status().members["kube-scheduler"]["pid"] != victim
    assert "kube-scheduler ended" in cluster.status().events[-1]["event"]
    assert cluster.status().state == "running"


def test_a_second_cluster_stands_beside_and_leaves_nothing(cluster: Cluster, tmp_path: Path) -> None:
    inventory = tmp_path / "nodes.yaml"
    inventory.write_text(
        "region: in-west\ncountry: IN\npools:\n  - name: mig\n    count: 2\n    zones: [in-west-a, in-west-b]\n"
        "    accelerator: {product: NVIDIA-H100-80GB-HBM3, memory_gib: 80, count: 8, mig: {1g.10gb: 56}}\n",
        encoding="utf-8",
    )
    other = Cluster(f"other-{os.getpid()}")
    other.up(lambda _text: None, inventory)
    connection = Connection(str(other.kubeconfig), None)
    nodes = connection.request("GET", "/api/v1/nodes").body["items"]
    assert {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes} == {"in-west-a", "in-west-b"}
    assert nodes[0]["status"]["capacity"]["nvidia.com/mig-1g.10gb"] == "56"
    assert nodes[0]["spec"]["taints"][0]["key"] == "nvidia.com/gpu"
    assert cluster.status().server != other.status().server
    pids = [member["pid"] for member in other.status().members.values()]
    assert other.down()
    assert other.status().state == "absent"
    assert not other.down()
    for pid in pids:
        assert not Path(f"/proc/{pid}").exists()


def test_a_killed_supervisor_takes_its_members_along_and_the_cluster_comes_back() -> None:
    one = Cluster(f"killed-{os.getpid()}")
    one.up(lambda _text: None)
    pids = [member["pid"] for member in one.status().members.values()]
    holder = int((one.folder / "supervisor.lock").read_text(encoding="utf-8"))
    os.kill(holder, signal.SIGKILL)
    assert until(lambda: not any(_runs(pid) for pid in [holder, *pids])), "nothing is left running"
    assert one.status().state == "stopped"
    one.up(lambda _text: None)
    assert one.status().state == "running"
    assert one.down()


def _runs(pid: int) -> bool:
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(found.strip()) and not found.startswith("Z")


def test_the_same_node_comes_from_the_same_inventory() -> None:
    default = load(Path(__file__).parents[2] / "catalog" / "data" / "local-inventory.yaml")
    made = pools.nodes(default)
    assert len(made) == sum(pool.count for pool in default.pools)
    assert made == pools.nodes(default)


@pytest.mark.parametrize("name", ["", "Upper", "a/b", "x" * 40, "../up"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(ClusterError, match="not a cluster name"):
        Cluster(name)


def test_a_bad_inventory_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "nodes.yaml"
    file.write_text("region: a\ncountry: germany\npools:\n  - {name: A, count: 0}\n", encoding="utf-8")
    with pytest.raises(DocumentError) as found:
        load(file)
    assert f"{file}:2:1: country" in str(found.value)
    assert f"{file}:4:" in str(found.value)
