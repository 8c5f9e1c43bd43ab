"""The Node objects of an inventory, as simulated nodes."""

from catalog.inventory import Inventory, Pool
from engine.values import Props


def nodes(inventory: Inventory) -> list[Props]:
    """The Node objects of an inventory."""
    return [_node(inventory, pool, index) for pool in inventory.pools for index in range(pool.count)]


def _node(inventory: Inventory, pool: Pool, index: int) -> Props:
    zones = pool.zones or [f"{inventory.region}-a"]
    labels = {
        "type": "kwok",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": f"{pool.name}-{index}",
        "node.kubernetes.io/instance-type": pool.instance_type,
        "topology.kubernetes.io/region": inventory.region,
        "topology.kubernetes.io/zone": zones[index % len(zones)],
        "domicile.dev/pool": pool.name,
        "domicile.dev/country": inventory.country,
        **pool.labels,
    }
    capacity = {"cpu": str(pool.cpus), "memory": f"{pool.memory_gib}Gi", "pods": "110", "ephemeral-storage": "1Ti"}
    taints: list[Props] = []
    if pool.accelerator is not None:
        gpu = pool.accelerator
        labels |= {
            "nvidia.com/gpu.present": "true",
            "nvidia.com/gpu.product": gpu.product,
            "nvidia.com/gpu.count": str(gpu.count),
            "nvidia.com/gpu.memory": str(gpu.memory_gib * 1024),
        }
        if gpu.mig:
            labels |= {"nvidia.com/mig.strategy": "mixed", "nvidia.com/mig.config.state": "success"}
            capacity |= {f"nvidia.com/mig-{profile}": str(slices) for profile, slices in gpu.mig.items()}
        else:
            capacity["nvidia.com/gpu"] = str(gpu.count)
        if pool.taint:
            taints.append({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"})
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": f"{pool.name}-{index}",
            "labels": labels,
            "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
        },
        "spec": {"taints": taints},
        "status": {"capacity": capacity, "allocatable": capacity, "nodeInfo": {"kubeletVersion": "simulated"}},
    }
