"""How many pods of a part may be away at once while nodes are emptied."""

from typing import Any

import pulumi_kubernetes as k8s

from components.core import Component, manifest


def one_at_a_time(owner: Component, name: str, place: dict[str, Any], selector: dict[str, str]) -> None:
    """One; ``place`` is the metadata that the part's objects share."""
    k8s.policy.v1.PodDisruptionBudget(
        f"{owner.name}-budget",
        metadata=manifest({"name": name, **place}),
        spec=manifest({"maxUnavailable": 1, "selector": {"matchLabels": selector}}),
        opts=owner.child(),
    )
