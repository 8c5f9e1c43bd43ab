"""What a part of a workload may ask of the cluster's API: an account of its own, a role, and their binding."""

from typing import Any

import pulumi_kubernetes as k8s

from components.core import Component, manifest


def grant(owner: Component, prefix: str, place: dict[str, Any], rules: list[dict[str, Any]]) -> k8s.rbac.v1.RoleBinding:
    """The account, which goes by ``place``'s name, and what it may; ``prefix`` begins the resources' names."""
    part = place["name"]
    account = k8s.core.v1.ServiceAccount(f"{prefix}-account", metadata=manifest(place), opts=owner.child())
    role = k8s.rbac.v1.Role(f"{prefix}-role", metadata=manifest(place), rules=manifest(rules), opts=owner.child())
    return k8s.rbac.v1.RoleBinding(
        f"{prefix}-binding",
        metadata=manifest(place),
        role_ref=manifest({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": part}),
        subjects=manifest([{"kind": "ServiceAccount", "name": part, "namespace": place["namespace"]}]),
        opts=owner.child(depends_on=[account, role]),
    )
