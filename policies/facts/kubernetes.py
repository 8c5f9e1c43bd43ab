"""Kubernetes objects as facts. Only here are their property names known."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from policies import values
from policies.resource import Resource
from policies.values import each, get, is_map, items, section, text

ANYWHERE = ("0.0.0.0/0", "::/0")
WORKLOADS = frozenset(
    f"kubernetes:{kind}"
    for kind in (
        "apps/v1:Deployment",
        "apps/v1:StatefulSet",
        "apps/v1:DaemonSet",
        "apps/v1:ReplicaSet",
        "batch/v1:Job",
        "batch/v1:CronJob",
        "core/v1:Pod",
        "core/v1:ReplicationController",
        "leaderworkerset.x-k8s.io/v1:LeaderWorkerSet",
    )
)
SERVING = frozenset(
    f"kubernetes:{kind}"
    for kind in (
        "apps/v1:Deployment",
        "apps/v1:StatefulSet",
        "apps/v1:DaemonSet",
        "leaderworkerset.x-k8s.io/v1:LeaderWorkerSet",
    )
)


class KubernetesFact:
    """An object of some kinds."""

    TOKENS: ClassVar[frozenset[str]]

    def __init__(self, resource: Resource) -> None:
        """Wrap an object; nothing is read yet."""
        self.resource = resource
        self.props = resource.props

    @classmethod
    def of(cls, resource: Resource) -> Self | None:
        """The fact of an object of these kinds."""
        return cls(resource) if resource.type in cls.TOKENS else None

    @property
    def labels(self) -> Mapping[str, Any]:
        """Its labels."""
        return section(self.props, "metadata.labels")

    @property
    def notes(self) -> Mapping[str, Any]:
        """Its annotations."""
        return section(self.props, "metadata.annotations")


class Container:
    """A container, and where it stands."""

    def __init__(self, props: Mapping[str, Any], path: str) -> None:
        """Wrap a container's properties."""
        self.props = props
        self.path = path

    @property
    def name(self) -> str:
        """Its name."""
        return text(self.props, "name")

    @property
    def image(self) -> str:
        """Its image."""
        return text(self.props, "image")

    @property
    def words(self) -> list[str]:
        """Its command and its arguments."""
        return [str(values.known(one, self.path)) for key in ("command", "args") for one in items(self.props, key)]

    @property
    def environment(self) -> Iterator[tuple[str, str, str]]:
        """Variables that are written out: path, name, value."""
        for index, one in enumerate(items(self.props, "env")):
            at = f"{self.path}.env[{index}].value"
            if one.get("value") is not None:
                yield at, str(one.get("name")), str(values.known(one["value"], at))

    @property
    def gpus(self) -> int:
        """Accelerators it asks for."""
        limits = section(self.props, "resources.limits")
        return sum(
            int(values.known(count, f"{self.path}.resources.limits.{key}"))
            for key, count in limits.items()
            if str(key).startswith(("nvidia.com/", "amd.com/gpu", "aws.amazon.com/neuron", "google.com/tpu"))
        )


class WorkloadFact(KubernetesFact):
    """Something that runs containers."""

    TOKENS = WORKLOADS

    @property
    def pods(self) -> dict[str, int]:
        """Where the specifications of its pods stand, those that lead first, and how many of each a replica has."""
        kind = self.resource.type.rpartition(":")[2]
        if kind != "LeaderWorkerSet":
            paths = {"Pod": "spec", "CronJob": "spec.jobTemplate.spec.template.spec"}
            return {paths.get(kind, "spec.template.spec"): 1}
        group = "spec.leaderWorkerTemplate"
        size = get(self.props, f"{group}.size")
        others, workers = 0 if size is None else int(size) - 1, f"{group}.workerTemplate.spec"
        if not values.present(self.props, f"{group}.leaderTemplate"):
            return {workers: others + 1}
        return {f"{group}.leaderTemplate.spec": 1, workers: others}

    def containers(self, *, initial: bool = True, following: bool = True) -> Iterator[Container]:
        """Its containers, those that run first among them; without ``following``, of the pods that are asked alone."""
        for path in self.pods if following else list(self.pods)[:1]:
            yield from self._of_pod(path, initial=initial)

    def _of_pod(self, at: str, *, initial: bool) -> Iterator[Container]:
        pod = section(self.props, at)
        for key in ("initContainers", "containers") if initial else ("containers",):
            for index, one in enumerate(items(pod, key)):
                path = f"{at}.{key}[{index}]"
                yield Container(values.known(one, path), path)

    @property
    def replicas(self) -> int:
        """How many pods it has."""
        found = get(self.props, "spec.replicas")
        return 1 if found is None else int(found)

    @property
    def gpus(self) -> int:
        """Accelerators of all replicas together."""
        each = sum(count * one.gpus for path, count in self.pods.items() for one in self._of_pod(path, initial=True))
        return self.replicas * each if each else 0


class ServingFact(WorkloadFact):
    """A workload that stays: it serves something."""

    TOKENS = SERVING


class VolumeFact(KubernetesFact):
    """Volume claims, and the claim templates of stateful sets."""

    TOKENS = frozenset({"kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:apps/v1:StatefulSet"})

    @property
    def classes(self) -> Iterator[tuple[str, str | None]]:
        """The path and the storage class of each claim; None where the cluster's default is taken."""
        if self.resource.type.endswith(":StatefulSet"):
            for at, claim in each(self.props, "spec.volumeClaimTemplates[]"):
                yield f"{at}.spec.storageClassName", self._class_of(values.known(claim, at))
        else:
            yield "spec.storageClassName", self._class_of(self.props)

    @staticmethod
    def _class_of(claim: Mapping[str, Any]) -> str | None:
        found = get(claim, "spec.storageClassName")
        return None if found is None else str(found)


class StorageClassFact(KubernetesFact):
    """A storage class: what the volumes of a cluster are."""

    TOKENS = frozenset({"kubernetes:storage.k8s.io/v1:StorageClass"})


class EntranceFact(KubernetesFact):
    """An ingress: it lets traffic in from outside the cluster."""

    TOKENS = frozenset({"kubernetes:networking.k8s.io/v1:Ingress"})

    @property
    def hosts(self) -> list[str]:
        """Hosts of the rules; an empty name stands for a rule without a host."""
        return [text(values.known(one, "spec.rules"), "host") for one in items(self.props, "spec.rules")]

    @property
    def encrypted_hosts(self) -> set[str]:
        """Hosts of the TLS entries."""
        return {str(values.known(host, at)) for at, host in each(self.props, "spec.tls[].hosts[]")}


class ServiceFact(KubernetesFact):
    """A service."""

    TOKENS = frozenset({"kubernetes:core/v1:Service"})


class NamespaceFact(KubernetesFact):
    """A namespace."""

    TOKENS = frozenset({"kubernetes:core/v1:Namespace"})


class WallFact(KubernetesFact):
    """A network policy."""

    TOKENS = frozenset({"kubernetes:networking.k8s.io/v1:NetworkPolicy"})

    @property
    def part(self) -> str:
        """The name label of the pods it selects; empty for all."""
        return str(section(self.props, "spec.podSelector.matchLabels").get("app.kubernetes.io/name", ""))

    @property
    def open_to_internet(self) -> list[int]:
        """Ports of egress rules to any address; 0 stands for every port."""
        found: list[int] = []
        for rule in items(self.props, "spec.egress"):
            blocks = [str(values.known(block, at)) for at, block in each(rule, "to[].ipBlock.cidr")]
            if any(block in ANYWHERE for block in blocks):
                found += [int(port.get("port", 0)) for port in items(rule, "ports")] or [0]
        return found


class GatewayFact(KubernetesFact):
    """A config map with a LiteLLM configuration."""

    TOKENS = frozenset({"kubernetes:core/v1:ConfigMap"})

    @classmethod
    def of(cls, resource: Resource) -> Self | None:
        """The fact of a config map that has the file."""
        if resource.type not in cls.TOKENS:
            return None
        data = resource.props.get("data")
        if is_map(data) and not any(_is_gateway(str(one)) or values.unknown(one) for one in data.values()):
            return None
        return cls(resource) if data else None

    @property
    def config(self) -> dict[str, Any]:
        """The configuration; empty where no file of it is one.

        Raises:
            UnknownError: a file is not known.
        """
        for key, file in section(self.props, "data").items():
            source = str(values.known(file, f"data.{key}"))
            if _is_gateway(source):
                return _parsed(source)
        return {}

    @property
    def models(self) -> list[dict[str, Any]]:
        """Its model routes."""
        return [one for one in items(self.config, "model_list") if is_map(one)]


def _is_gateway(source: str) -> bool:
    return "model_list" in source


@functools.lru_cache(maxsize=256)
def _parsed(source: str) -> dict[str, Any]:
    import yaml

    loaded: Any = yaml.safe_load(source)
    return loaded if is_map(loaded) else {}


class AutoscalerFact(KubernetesFact):
    """Something that changes how many pods there are."""

    TOKENS = frozenset(
        {
            "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
            "kubernetes:autoscaling/v1:HorizontalPodAutoscaler",
            "kubernetes:keda.sh/v1alpha1:ScaledObject",
        }
    )

    @property
    def target(self) -> str:
        """The workload it scales."""
        return text(self.props, "spec.scaleTargetRef.name")

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        """The least and the most replicas; None where it does not say."""
        found = [get(self.props, path) for path in _BOUNDS[self.resource.type.rpartition(":")[2]]]
        least, most = (None if one is None else int(one) for one in found)
        return least, most


_BOUNDS = {
    "HorizontalPodAutoscaler": ("spec.minReplicas", "spec.maxReplicas"),
    "ScaledObject": ("spec.minReplicaCount", "spec.maxReplicaCount"),
}


class NodePoolFact(KubernetesFact):
    """A pool of Karpenter's."""

    TOKENS = frozenset({"kubernetes:karpenter.sh/v1:NodePool", "kubernetes:karpenter.sh/v1beta1:NodePool"})

    @property
    def reserved(self) -> bool:
        """Whether it takes reserved capacity."""
        for at, wish in each(self.props, "spec.template.spec.requirements[]"):
            if (
                is_map(values.known(wish, at))
                and wish.get("key") == "karpenter.sh/capacity-type"
                and "reserved" in items(wish, "values")
            ):
                return True
        return False

    @property
    def may_shrink(self) -> bool:
        """Whether nodes may be taken away while something could still use them."""
        disruption = section(self.props, "spec.disruption")
        if any(str(one.get("nodes")) in ("0", "0%") for one in items(disruption, "budgets") if is_map(one)):
            return False
        return str(disruption.get("consolidateAfter", "")).lower() != "never"
