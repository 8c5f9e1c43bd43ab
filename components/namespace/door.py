"""What stands at a namespace's door: the packs' rules, and whoever looks at images' signatures."""

from typing import Protocol

import pulumi_kubernetes as k8s

from components.core import Component, manifest
from components.namespace import admission
from components.namespace.admission import AdmissionSpec, SignaturesSpec
from components.ownership import Ownership

#: by this label Sigstore's policy controller looks at a namespace
LOOKED_AT = ("policy.sigstore.dev/include", "true")


class Guarded(Protocol):
    """What a namespace's spec says of its door; None for what is not to stand there."""

    @property
    def name(self) -> str:
        """The namespace's."""
        ...

    @property
    def ownership(self) -> Ownership:
        """Whose it is."""
        ...

    @property
    def admission(self) -> AdmissionSpec | None:
        """The packs' rules."""
        ...

    @property
    def signatures(self) -> SignaturesSpec | None:
        """The images that must be signed."""
        ...


def labels(spec: Guarded) -> dict[str, str]:
    """What the namespace itself must be labelled with."""
    return dict((LOOKED_AT,) if spec.signatures else ())


def build(owner: Component, spec: Guarded) -> None:
    """Create what is to stand there."""
    if spec.admission:
        _rules(owner, spec.admission, spec.name, spec.ownership)
    if spec.signatures:
        _signed(owner, spec.signatures, spec.name, spec.ownership)


def _rules(owner: Component, spec: AdmissionSpec, namespace: str, ownership: Ownership) -> None:
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


def _signed(owner: Component, spec: SignaturesSpec, namespace: str, ownership: Ownership) -> None:
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
