"""Fields on an object the program does not own."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

space = k8s.core.v1.Namespace("patched", opts=here)
k8s.core.v1.ServiceAccountPatch(
    "default-account",
    metadata={"namespace": space.metadata.name, "name": "default", "annotations": {"example.com/owner": "team"}},
    automount_service_account_token=False,
    opts=here,
)
