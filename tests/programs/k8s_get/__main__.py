"""An object that is read, not owned."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

system = k8s.core.v1.Namespace.get("system", "kube-system", opts=here)
pulumi.export("phase", system.status.phase)
k8s.core.v1.ConfigMap("note", data={"system": system.metadata.name}, opts=here)
