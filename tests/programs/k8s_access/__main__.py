"""Service account, role, binding; cluster-wide and not."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

space = k8s.core.v1.Namespace("access", opts=here)
account = k8s.core.v1.ServiceAccount("reader", metadata={"namespace": space.metadata.name}, opts=here)
rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
role = k8s.rbac.v1.Role("reader", metadata={"namespace": space.metadata.name}, rules=rules, opts=here)
k8s.rbac.v1.RoleBinding(
    "reader",
    metadata={"namespace": space.metadata.name},
    subjects=[{"kind": "ServiceAccount", "name": account.metadata.name, "namespace": space.metadata.name}],
    role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role.metadata.name},
    opts=here,
)
k8s.rbac.v1.ClusterRole("reader", rules=rules, opts=here)
