"""Secure defaults of every pod: not root, nothing to escalate to, a root file system that cannot be written."""

from typing import Any

from components.ownership import PREFIX

USER = 10001
#: Azure's webhook gives pods with this label their identity's token
USES_IDENTITY = {"azure.workload.identity/use": "true"}
#: the pods of Prometheus, as its operator and its chart label them
PROMETHEUS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
}
TMP, ZONE = "tmp", "topology.kubernetes.io/zone"


def pod_security() -> dict[str, Any]:
    """The pod's security context; it satisfies the `restricted` Pod Security standard."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """A container's security context."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def resources(cpu: str, memory: str, gpus: int = 0, resource: str = "nvidia.com/gpu") -> dict[str, Any]:
    """Requests and limits; memory and accelerators are guaranteed, CPU may burst."""
    gpu = {resource: str(gpus)} if gpus and resource else {}
    return {"requests": {"cpu": cpu, "memory": memory, **gpu}, "limits": {"memory": memory, **gpu}}


def scratch(size: str = "1Gi") -> dict[str, Any]:
    """A volume for temporary files."""
    return {"name": TMP, "emptyDir": {"sizeLimit": size}}


def scratch_mount(path: str = "/tmp") -> dict[str, Any]:
    """Where the scratch volume is mounted."""
    return {"name": TMP, "mountPath": path}


def scraped(port: int, path: str) -> dict[str, str]:
    """Annotations by which Prometheus finds a pod's metrics."""
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(port), "prometheus.io/path": path}


def spread(selector: dict[str, str], over: str = "kubernetes.io/hostname") -> list[dict[str, Any]]:
    """Constraints that keep pods apart where they can be: on nodes, or ``over`` another part of a place."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": over,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector},
        }
    ]


def tcp(*ports: int) -> list[dict[str, Any]]:
    """Ports, as rules of a NetworkPolicy name them."""
    return [{"port": port, "protocol": "TCP"} for port in ports]


def to_api() -> dict[str, Any]:
    """The way to the cluster's API server, whose address no label tells."""
    return {"ports": tcp(443, 6443)}


def scraping(*ports: int) -> dict[str, Any]:
    """Prometheus' way in."""
    return {"from": [PROMETHEUS], "ports": tcp(*ports)}


def allow(  # noqa: PLR0917 the parts of one sentence
    name: str,
    namespace: Any,
    labels: dict[str, str],
    to: dict[str, str],
    sources: tuple[dict[str, str], ...],
    port: int,
    namespaces: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A NetworkPolicy that lets pods with the labels ``sources`` reach the pods ``to`` on one port.

    So may every pod of ``namespaces``.
    """
    others = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": one}}} for one in namespaces]
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "podSelector": {"matchLabels": to},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [*({"podSelector": {"matchLabels": source}} for source in sources), *others],
                    "ports": [{"port": port, "protocol": "TCP"}],
                }
            ],
        },
    }


def allow_door(  # noqa: PLR0917 as above
    name: str,
    namespace: Any,
    labels: dict[str, str],
    to: dict[str, str],
    sources: tuple[dict[str, str], ...],
    port: int,
) -> dict[str, Any]:
    """The same for a part that clients in other namespaces ask: those whose label says so, and Prometheus."""
    found = allow(name, namespace, labels, to, sources, port)
    clients = {"namespaceSelector": {"matchLabels": {f"{PREFIX}/gateway-client": "true"}}}
    found["spec"]["ingress"][0]["from"] += [clients, PROMETHEUS]
    return found


def reach(
    name: str,
    namespace: Any,
    labels: dict[str, str],
    source: dict[str, str],
    targets: tuple[tuple[dict[str, str], int], ...],
) -> dict[str, Any]:
    """A NetworkPolicy that lets the pods ``source`` reach pods with the given labels and ports."""
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "podSelector": {"matchLabels": source},
            "policyTypes": ["Egress"],
            "egress": [
                {"to": [{"podSelector": {"matchLabels": target}}], "ports": [{"port": port, "protocol": "TCP"}]}
                for target, port in targets
            ],
        },
    }
