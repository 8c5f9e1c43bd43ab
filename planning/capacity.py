"""Where replicas go on the nodes there are: first fit over zones, with a reason for every pool that is not used."""

from collections import Counter
from dataclasses import dataclass

from catalog import gpu_clouds, hardware
from catalog.inventory import Inventory, Pool


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a server's replicas go; ``label`` names the accelerator on its nodes, ``labels`` are their others."""

    pool: str
    product: str
    label: tuple[str, str]
    instance_type: str
    zones: dict[str, int]
    labels: tuple[tuple[str, str], ...] = ()


class Capacity:
    """The GPUs of an inventory that are not yet spoken for. ``take`` uses them up."""

    def __init__(self, inventory: Inventory) -> None:
        """Start with every node free."""
        self._provider = inventory.provider
        self._pools = {pool.name: pool for pool in inventory.pools}
        self._free: dict[str, list[tuple[str, int]]] = {}
        for pool in inventory.pools:
            zones = pool.zones or [f"{inventory.region}-a"]
            count = pool.accelerator.count if pool.accelerator and not pool.accelerator.mig else 0
            self._free[pool.name] = [(zones[index % len(zones)], count) for index in range(pool.count)]

    def gpu_pools(self) -> list[Pool]:
        """Pools with whole GPUs, the smallest GPU first: a model goes to the least that holds it."""
        found = [pool for pool in self._pools.values() if pool.accelerator is not None and not pool.accelerator.mig]
        return sorted(found, key=lambda pool: (pool.accelerator.memory_gib if pool.accelerator else 0, pool.name))

    def take(self, pool: str, gpus: int, replicas: int) -> Placed | str:
        """Place replicas of ``gpus`` GPUs each, spread over zones; the reason when there is no room.

        A replica that is wider than a node takes whole nodes of one zone.
        """
        found = self._pools[pool]
        wide = found.accelerator is not None and gpus > found.accelerator.count
        used = self._groups(pool, gpus, replicas) if wide else self._singles(pool, gpus, replicas)
        if isinstance(used, str):
            return used
        product = found.accelerator.product if found.accelerator else ""
        label = gpu_clouds.label(self._provider, product)
        if label is None:
            return f"pool '{pool}': it is not known by which label {self._provider} names {product}"
        zones = dict(sorted(used.items()))
        return Placed(pool, product, label, found.instance_type, zones, tuple(sorted(found.labels.items())))

    def _singles(self, pool: str, gpus: int, replicas: int) -> Counter[str] | str:
        """Replicas on a node each, or several on one."""
        nodes = [list(node) for node in self._free[pool]]
        used: Counter[str] = Counter()
        for _ in range(replicas):
            fitting = [index for index, (_, free) in enumerate(nodes) if int(free) >= gpus]
            if not fitting:
                total = sum(free // gpus for _, free in self._free[pool])
                return f"pool '{pool}' has room for {total} replicas of {gpus} GPUs, {replicas} are needed"
            best = min(fitting, key=lambda index: (used[str(nodes[index][0])], -int(nodes[index][1]), index))
            nodes[best][1] = int(nodes[best][1]) - gpus
            used[str(nodes[best][0])] += 1
        self._free[pool] = [(str(zone), int(free)) for zone, free in nodes]
        return used

    def _groups(self, pool: str, gpus: int, replicas: int) -> Counter[str] | str:
        """Replicas on several nodes each, all in one zone: what they say to one another is not to cross it."""
        accelerator = self._pools[pool].accelerator
        count = accelerator.count if accelerator is not None else gpus
        each, nodes = -(-gpus // count), list(self._free[pool])
        used: Counter[str] = Counter()
        for _ in range(replicas):
            free = Counter(zone for zone, left in nodes if left == count)
            zones = [zone for zone, whole in sorted(free.items()) if whole >= each]
            if not zones:
                there = Counter(zone for zone, left in self._free[pool] if left == count)
                total = sum(whole // each for whole in there.values())
                return f"pool '{pool}' has room for {total} replicas of {each} nodes of a zone, {replicas} are needed"
            best = min(zones, key=lambda zone: (used[zone], -free[zone], zone))
            for index in [index for index, node in enumerate(nodes) if node == (best, count)][:each]:
                nodes[index] = (best, 0)
            used[best] += 1
        self._free[pool] = nodes
        return used


def unknown_accelerator(pool: Pool) -> str | None:
    """Why a pool cannot be sized for, when the catalog does not know its GPU."""
    if pool.accelerator is None or hardware.accelerator(pool.accelerator.product) is not None:
        return None
    return f"pool '{pool.name}': the catalog does not know {pool.accelerator.product}"
