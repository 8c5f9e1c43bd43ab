"""Where pods with accelerators go: onto nodes with certain labels, past the taints that keep others away."""

from typing import Any

#: taints that clouds put on pools of spot nodes and of a compute class, beside that of the accelerator
POOL_TAINTS = ("cloud.google.com/compute-class", "kubernetes.azure.com/scalesetpriority")


def on_nodes(labels: tuple[tuple[str, str], ...], tolerated: tuple[str, ...]) -> dict[str, Any]:
    """The part of a pod's spec that says so: node labels that are needed, taints by their keys."""
    wanted = [{"key": key, "operator": "In", "values": [value]} for key, value in labels]
    terms = {"nodeSelectorTerms": [{"matchExpressions": wanted}]}
    return {
        "tolerations": [
            *({"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in tolerated),
            {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"},
            *({"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in POOL_TAINTS),
        ],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}} if wanted else {},
    }
