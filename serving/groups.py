"""Replicas on several nodes: groups of pods, of which the first is asked (lws.sigs.k8s.io, v1).

A group is made anew when one of its pods ends: what is left of it could not answer.
"""

from typing import Any, Protocol

import pulumi_kubernetes as k8s
from pulumi import Input

from components.core import Component, manifest
from components.ownership import PREFIX, Ownership

#: a pod's place in its group
PLACE, LEADS, FOLLOWS = f"{PREFIX}/place", "leader", "worker"
ZONE = "topology.kubernetes.io/zone"
#: the label by which the operator tells groups apart
GROUP = "leaderworkerset.sigs.k8s.io/group-key"


class Grouped(Protocol):
    """What a group needs to know of a server."""

    @property
    def name(self) -> str:
        """The server's name; the operator makes a service of its own, so that the set goes by another."""
        ...

    @property
    def ownership(self) -> Ownership:
        """Whose it is."""
        ...

    @property
    def replicas(self) -> int:
        """How many groups."""
        ...

    @property
    def nodes(self) -> int:
        """How many pods in each."""
        ...


def build(
    owner: Component,
    spec: Grouped,
    namespace: Input[str],
    pods: tuple[dict[str, Any], dict[str, Any]],
    card: dict[str, str],
) -> k8s.apiextensions.CustomResource:
    """Create the set; ``pods`` are the templates of who leads and who follows."""
    metadata = {"name": f"{spec.name}-group", "namespace": namespace, "labels": spec.ownership.labels(spec.name)}
    return k8s.apiextensions.CustomResource(
        f"{owner.name}-groups",
        api_version="leaderworkerset.x-k8s.io/v1",
        kind="LeaderWorkerSet",
        metadata=manifest({**metadata, "annotations": card}),
        spec=manifest(
            {
                "replicas": spec.replicas,
                "startupPolicy": "LeaderCreated",
                "rolloutStrategy": {
                    "type": "RollingUpdate",
                    "rollingUpdateConfiguration": {"maxSurge": 0, "maxUnavailable": 1},
                },
                "leaderWorkerTemplate": {
                    "size": spec.nodes,
                    "restartPolicy": "RecreateGroupOnPodRestart",
                    "leaderTemplate": pods[0],
                    "workerTemplate": pods[1],
                },
            }
        ),
        opts=owner.child(),
    )


def together(pod: dict[str, Any], spec: Grouped) -> dict[str, Any]:
    """A pod that stands in the zone of the others of its group."""
    selector = {"matchLabels": spec.ownership.selector(spec.name)}
    term = {"labelSelector": selector, "matchLabelKeys": [GROUP], "topologyKey": ZONE}
    affinity = {**pod.get("affinity", {}), "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    return {**{key: part for key, part in pod.items() if key != "topologySpreadConstraints"}, "affinity": affinity}


def behind(container: dict[str, Any], arguments: list[str]) -> None:
    """Make it the container of a pod that follows: nobody asks it, and its group ends when it does."""
    for key in ("ports", "startupProbe", "readinessProbe", "livenessProbe", "lifecycle"):
        container.pop(key, None)
    container["args"] = arguments


def walls(spec: Grouped, namespace: Input[str]) -> dict[str, Any]:
    """Lets the pods of a server's groups speak to one another on every port: engines choose them as they please."""
    labels, selector = spec.ownership.labels(spec.name), spec.ownership.selector(spec.name)
    peers = [{"podSelector": {"matchLabels": selector}}]
    return {
        "metadata": manifest({"name": f"{spec.name}-group", "namespace": namespace, "labels": labels}),
        "spec": manifest(
            {
                "podSelector": {"matchLabels": selector},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": peers}],
                "egress": [{"to": peers}],
            }
        ),
    }
