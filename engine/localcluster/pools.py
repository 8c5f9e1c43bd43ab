"""Simulated node pools, described in a small YAML file.

::

    region: eu-central-1
    country: DE
    pools:
      - name: chat
        count: 2
        zones: [eu-central-1a, eu-central-1b]
        accelerator: {product: NVIDIA-L40S, memory_gib: 48, count: 4}
        cpus: 64
        memory_gib: 512
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import documents
from engine.localcluster.errors import ClusterError
from engine.values import Props

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]


class Strict(BaseModel):
    """What a person writes is taken as written: no unknown key, no conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Accelerator(Strict):
    """GPUs of one kind in a node. ``mig`` maps a profile (`1g.10gb`) to its slices per node."""

    product: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    memory_gib: Annotated[int, Field(gt=0, le=2048)]
    count: Annotated[int, Field(gt=0, le=16)]
    mig: dict[Annotated[str, Field(pattern=r"^[1-7]g\.\d+gb$")], Annotated[int, Field(gt=0, le=112)]] = {}


class Pool(Strict):
    """Nodes of one shape. ``taint`` keeps pods without a toleration for nvidia.com/gpu away."""

    name: Name
    count: Annotated[int, Field(gt=0, le=500)]
    zones: list[Name] = []
    instance_type: str = "simulated"
    accelerator: Accelerator | None = None
    cpus: Annotated[int, Field(gt=0, le=1024)] = 16
    memory_gib: Annotated[int, Field(gt=0, le=8192)] = 64
    taint: bool = True
    labels: dict[str, str] = {}


class Inventory(Strict):
    """The nodes of a cluster, in one region."""

    region: Name
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    pools: Annotated[list[Pool], Field(min_length=1)]


def load(file: Path) -> Inventory:
    """Read an inventory.

    Raises:
        EngineError: it cannot be used; names file, line, column and path.
    """
    document = documents.read(file)
    try:
        return Inventory.model_validate(document.content)
    except ValidationError as error:
        lines = [
            f"{document.where(one['loc'])}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        ]
        raise ClusterError("\n".join(lines)) from error


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
