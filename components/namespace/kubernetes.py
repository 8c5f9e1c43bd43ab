"""A namespace on Kubernetes: restricted pods, a quota, default limits, closed walls, rules at its door."""

import pulumi_kubernetes as k8s
from pulumi import Output, ResourceOptions

from components.core import Component, manifest
from components.namespace import door
from components.namespace.contract import NamespaceArgs


class KubernetesNamespace(Component):
    """See the module."""

    TOKEN = "domicile:namespace/kubernetes:Namespace"  # noqa: S105 a type token
    namespace: Output[str]

    def __init__(self, name: str, args: NamespaceArgs, opts: ResourceOptions | None = None) -> None:
        """Create the namespace and what guards it."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.labels("namespace")
        guarded = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
        made = k8s.core.v1.Namespace(
            f"{name}-namespace",
            metadata=manifest(
                {
                    "name": spec.name,
                    "labels": {**labels, **guarded, **door.labels(spec)},
                    "annotations": dict(spec.annotations) or None,
                }
            ),
            opts=self.child(),
        )
        self.namespace = made.metadata.apply(lambda found: found.name or spec.name)
        place = {"namespace": self.namespace, "labels": labels}
        k8s.core.v1.ResourceQuota(
            f"{name}-quota",
            metadata=manifest({"name": "quota", **place}),
            spec=manifest({"hard": spec.quota}),
            opts=self.child(),
        )
        k8s.core.v1.LimitRange(
            f"{name}-limits",
            metadata=manifest({"name": "limits", **place}),
            spec=manifest(
                {
                    "limits": [
                        {
                            "type": "Container",
                            "defaultRequest": {"cpu": spec.default_cpu, "memory": spec.default_memory},
                            "default": {"memory": spec.default_memory},
                        }
                    ]
                }
            ),
            opts=self.child(),
        )
        k8s.networking.v1.NetworkPolicy(
            f"{name}-deny",
            metadata=manifest({"name": "default-deny", **place}),
            spec=manifest({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
            opts=self.child(),
        )
        k8s.networking.v1.NetworkPolicy(
            f"{name}-dns",
            metadata=manifest({"name": "allow-dns", **place}),
            spec=manifest(
                {
                    "podSelector": {},
                    "policyTypes": ["Egress"],
                    "egress": [
                        {
                            "to": [
                                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
                            ],
                            "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
                        }
                    ],
                }
            ),
            opts=self.child(),
        )
        door.build(self, spec)
        self.finish()
