"""Kubernetes objects as facts. Only here are their property names known."""

from collections.abc import Mapping
from typing import Any

from policies.facts.contract import EntranceFact, Fact, PlaceFact, RouteFact, VolumeFact, WallFact, WorkloadFact

ANYWHERE = ("0.0.0.0/0", "::/0")


def section(value: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """A nested mapping, empty where it is missing."""
    for key in keys:
        found = value[key] if key in value else None  # noqa: SIM401 a proxy's get hides what is unknown
        if found is None:
            return {}
        value = found
    return value


def items(value: Mapping[str, Any], key: str) -> list[Any]:
    """A list, empty where it is missing."""
    found = value[key] if key in value else None  # noqa: SIM401 as above
    return [] if found is None else list(found)


class KubernetesWorkload(WorkloadFact):
    """Deployments, stateful sets, daemon sets, jobs, cron jobs and pods."""

    TOKENS = frozenset(
        {
            "kubernetes:apps/v1:Deployment",
            "kubernetes:apps/v1:StatefulSet",
            "kubernetes:apps/v1:DaemonSet",
            "kubernetes:batch/v1:Job",
            "kubernetes:batch/v1:CronJob",
            "kubernetes:core/v1:Pod",
        }
    )

    @property
    def labels(self) -> Mapping[str, Any]:
        """The object's labels."""
        return section(self.props, "metadata", "labels")

    @property
    def gpus(self) -> int:
        """GPUs of all replicas."""
        spec = section(self.props, "spec")
        replicas = spec["replicas"] if "replicas" in spec else 1  # noqa: SIM401 as above
        return int(replicas) * sum(self._gpus_of(one) for one in self._containers())

    @property
    def environment(self) -> list[tuple[str, str]]:
        """Variables with a literal value."""
        return [
            (str(one["name"]), str(one["value"]))
            for container in self._containers()
            for one in items(container, "env")
            if "value" in one and one["value"] is not None
        ]

    def _containers(self) -> list[Mapping[str, Any]]:
        spec = section(self.props, "spec")
        for path in (("jobTemplate", "spec", "template", "spec"), ("template", "spec")):
            if section(spec, *path):
                spec = section(spec, *path)
                break
        return items(spec, "initContainers") + items(spec, "containers")

    @staticmethod
    def _gpus_of(container: Mapping[str, Any]) -> int:
        limits = section(container, "resources", "limits")
        return sum(int(limits[key]) for key in limits if str(key).startswith("nvidia.com/"))


class KubernetesVolume(VolumeFact):
    """Volume claims, and the claim templates of stateful sets."""

    TOKENS = frozenset({"kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:apps/v1:StatefulSet"})

    @property
    def classes(self) -> list[str | None]:
        """The storage class of each claim."""
        spec = section(self.props, "spec")
        if "volumeClaimTemplates" in spec or "template" in spec:
            return [self._class_of(section(one, "spec")) for one in items(spec, "volumeClaimTemplates")]
        return [self._class_of(spec)]

    @staticmethod
    def _class_of(spec: Mapping[str, Any]) -> str | None:
        return str(spec["storageClassName"]) if "storageClassName" in spec else None


class KubernetesIngress(EntranceFact):
    """Ingresses."""

    TOKENS = frozenset({"kubernetes:networking.k8s.io/v1:Ingress"})

    @property
    def hosts(self) -> list[str]:
        """Hosts of the rules; an empty name stands for a rule without a host."""
        return [str(one["host"]) if "host" in one else "" for one in items(section(self.props, "spec"), "rules")]

    @property
    def encrypted_hosts(self) -> list[str]:
        """Hosts of the TLS entries."""
        return [str(host) for one in items(section(self.props, "spec"), "tls") for host in items(one, "hosts")]


class KubernetesNamespace(PlaceFact):
    """Namespaces."""

    TOKENS = frozenset({"kubernetes:core/v1:Namespace"})

    @property
    def labels(self) -> Mapping[str, Any]:
        """Its labels."""
        return section(self.props, "metadata", "labels")

    @property
    def notes(self) -> Mapping[str, Any]:
        """Its annotations."""
        return section(self.props, "metadata", "annotations")


class KubernetesGatewayConfig(RouteFact):
    """A config map with a LiteLLM configuration."""

    TOKENS = frozenset({"kubernetes:core/v1:ConfigMap"})

    @property
    def endpoints(self) -> list[str]:
        """The base URL of each model; empty for a config map that configures no gateway."""
        import yaml

        data = section(self.props, "data")
        if "config.yaml" not in data:
            return []
        loaded: Any = yaml.safe_load(str(data["config.yaml"]))
        models: list[dict[str, Any]] = section(loaded or {}).get("model_list") or []
        parameters: list[dict[str, Any]] = [one["litellm_params"] for one in models]
        return [str(one.get("api_base") or one["model"]) for one in parameters]


class KubernetesNetworkPolicy(WallFact):
    """Network policies."""

    TOKENS = frozenset({"kubernetes:networking.k8s.io/v1:NetworkPolicy"})

    @property
    def part(self) -> str:
        """The name label of the pods it selects."""
        labels = section(self.props, "spec", "podSelector", "matchLabels")
        return str(labels["app.kubernetes.io/name"]) if "app.kubernetes.io/name" in labels else ""

    @property
    def open_to_internet(self) -> list[int]:
        """Ports of egress rules to any address; 0 stands for every port."""
        found: list[int] = []
        for rule in items(section(self.props, "spec"), "egress"):
            blocks = [section(peer, "ipBlock") for peer in items(rule, "to")]
            if any("cidr" in block and str(block["cidr"]) in ANYWHERE for block in blocks):
                found += [int(port["port"]) for port in items(rule, "ports")] or [0]
        return found


FACTS: tuple[type[Fact], ...] = (
    KubernetesWorkload,
    KubernetesVolume,
    KubernetesIngress,
    KubernetesNamespace,
    KubernetesGatewayConfig,
    KubernetesNetworkPolicy,
)
