"""The packs' rules at a namespace's door: the API server refuses what the packs would, whoever brings it."""

from dataclasses import dataclass
from typing import Any

from components.ownership import Ownership
from policies.admission import policy

POLICY = "ValidatingAdmissionPolicy"
BINDING = "ValidatingAdmissionPolicyBinding"
API = "admissionregistration.k8s.io/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionSpec:
    """``action`` is what happens to what breaks a rule; ``encrypting_classes`` are storage classes that encrypt."""

    action: policy.Action
    encrypting_classes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturesSpec:
    """Images that must be signed, by pattern, and the public key (PEM) of who signs them."""

    images: tuple[str, ...]
    key: str


def objects(spec: AdmissionSpec, namespace: str, ownership: Ownership) -> list[dict[str, Any]]:
    """The policy for one namespace, and what binds it to it; neither is in a namespace itself."""
    name = f"domicile-{namespace}"
    metadata = {"name": name, "labels": ownership.labels("admission")}
    rules = policy.spec({"encryption-at-rest": {"encrypting_classes": list(spec.encrypting_classes)}})
    place = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    bound = policy.binding(name, place, spec.action)
    return [
        {"apiVersion": API, "kind": POLICY, "metadata": metadata, "spec": rules},
        {"apiVersion": API, "kind": BINDING, "metadata": metadata, "spec": bound},
    ]
