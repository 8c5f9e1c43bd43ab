"""An identity on an attached cluster: a service account that may read the secrets it needs and nothing else."""

from collections.abc import Mapping

import pulumi_kubernetes as k8s
from pulumi import Output, ResourceOptions

from components.core import Component, manifest
from components.identity.contract import IdentityArgs


class KubernetesIdentity(Component):
    """See the module."""

    TOKEN = "domicile:identity/kubernetes:Identity"  # noqa: S105 a type token
    principal: Output[str]
    annotations: Output[Mapping[str, str]]
    marks: Mapping[str, Output[str]]

    def __init__(self, name: str, args: IdentityArgs, opts: ResourceOptions | None = None) -> None:
        """Create the rights of the account; the workload makes the account itself."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.labels(spec.name)
        place = {"name": spec.name, "namespace": spec.namespace, "labels": labels}
        secrets = [args.resources[use.name] for use in spec.uses if use.kind == "secret"]
        if secrets:
            role = k8s.rbac.v1.Role(
                f"{name}-role",
                metadata=manifest(place),
                rules=[{"api_groups": [""], "resources": ["secrets"], "verbs": ["get"], "resource_names": secrets}],
                opts=self.child(),
            )
            k8s.rbac.v1.RoleBinding(
                f"{name}-binding",
                metadata=manifest(place),
                role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": spec.name},
                subjects=[{"kind": "ServiceAccount", "name": spec.service_account, "namespace": spec.namespace}],
                opts=self.child(depends_on=[role]),
            )
        self.principal = Output.from_input(f"system:serviceaccount:{spec.namespace}:{spec.service_account}")
        self.marks = {}
        self.annotations = Output.from_input({})
        self.finish()
