"""What stands at a namespace's door: the packs' rules, and whoever looks at images' signatures."""

import pulumi_kubernetes as k8s

from components.core import Component, manifest
from components.namespace import admission
from components.namespace.admission import AdmissionSpec, SignaturesSpec
from components.ownership import Ownership

#: by this label Sigstore's policy controller looks at a namespace
LOOKED_AT = ("policy.sigstore.dev/include", "true")


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


def signed(owner: Component, spec: SignaturesSpec, namespace: str, ownership: Ownership) -> None:
    """Create the policy on images; it is of the cluster, its images are looked at wherever the controller looks."""
    k8s.apiextensions.CustomResource(
        f"{owner.name}-signatures",
        api_version="policy.sigstore.dev/v1beta1",
        kind="ClusterImagePolicy",
        metadata=manifest({"name": f"domicile-{namespace}", "labels": ownership.labels("signatures")}),
        spec=manifest(
            {
                "mode": "enforce",
                "images": [{"glob": pattern} for pattern in spec.images],
                "authorities": [{"name": "key", "key": {"data": spec.key, "hashAlgorithm": "sha256"}}],
            }
        ),
        opts=owner.child(),
    )
