"""The resources of the rules at a namespace's door."""

import pulumi_kubernetes as k8s

from components.core import Component, manifest
from components.namespace import admission
from components.namespace.admission import AdmissionSpec
from components.ownership import Ownership


def build(owner: Component, spec: AdmissionSpec | None, namespace: str, ownership: Ownership) -> None:
    """Create them, if there are to be any."""
    if spec is None:
        return
    rules, binding = admission.objects(spec, namespace, ownership)
    made = k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
        f"{owner.name}-rules",
        metadata=manifest(rules["metadata"]),
        spec=manifest(rules["spec"]),
        opts=owner.child(),
    )
    k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
        f"{owner.name}-door",
        metadata=manifest(binding["metadata"]),
        spec=manifest(binding["spec"]),
        opts=owner.child(depends_on=[made]),
    )
