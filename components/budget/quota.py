"""The cluster's own budget: how many accelerators a platform's namespace may ask for."""

import pulumi_kubernetes as k8s
from pulumi import Output

from components.budget.spec import BudgetSpec
from components.core import Component, manifest
from components.namespace import door
from components.ownership import PREFIX


def build(owner: Component, spec: BudgetSpec) -> Output[str]:
    """Create the platform's namespace, its quota and the rules at its door; returns the namespace."""
    labels = spec.ownership.labels("budget")
    space = k8s.core.v1.Namespace(
        f"{owner.name}-namespace",
        metadata=manifest(
            {
                "name": spec.name,
                "labels": {
                    **labels,
                    "pod-security.kubernetes.io/enforce": "restricted",
                    **door.labels(spec),
                },
                "annotations": {
                    f"{PREFIX}/contact": spec.contact,
                    f"{PREFIX}/monthly-budget-usd": str(spec.monthly_usd),
                    f"{PREFIX}/jurisdictions": ",".join(spec.ownership.jurisdictions),
                },
            }
        ),
        opts=owner.child(),
    )
    k8s.core.v1.ResourceQuota(
        f"{owner.name}-quota",
        metadata=manifest({"name": "accelerators", "namespace": spec.name, "labels": labels}),
        spec=manifest({"hard": {"requests.nvidia.com/gpu": str(spec.gpus)}}),
        opts=owner.child(depends_on=[space]),
    )
    door.build(owner, spec)
    return space.metadata.apply(lambda found: str(found.name or spec.name))
