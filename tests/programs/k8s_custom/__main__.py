"""A definition and its resources in one program."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

space = k8s.core.v1.Namespace("custom", opts=here)
definition = k8s.apiextensions.v1.CustomResourceDefinition(
    "widgets",
    metadata={"name": "widgets.example.com"},
    spec={
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                    }
                },
            }
        ],
    },
    opts=here,
)
k8s.apiextensions.CustomResource(
    "widget",
    api_version="example.com/v1",
    kind="Widget",
    metadata={"namespace": space.metadata.name},
    spec={"size": 3},
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[definition]),
)
