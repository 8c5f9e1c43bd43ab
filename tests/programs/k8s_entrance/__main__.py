"""A load balancer, an ingress and a network policy."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

space = k8s.core.v1.Namespace("entrance", opts=here)
labels = {"app": "web"}
web = k8s.apps.v1.Deployment(
    "web",
    metadata={"namespace": space.metadata.name},
    spec={
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]}},
    },
    opts=here,
)
service = k8s.core.v1.Service(
    "web",
    metadata={"namespace": space.metadata.name, "name": "web"},
    spec={"type": "LoadBalancer", "selector": labels, "ports": [{"port": 80}]},
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[web]),
)
k8s.networking.v1.Ingress(
    "web",
    metadata={"namespace": space.metadata.name},
    spec={
        "rules": [
            {
                "host": "web.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": service.metadata.name, "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ]
    },
    opts=here,
)
k8s.networking.v1.NetworkPolicy(
    "deny",
    metadata={"namespace": space.metadata.name},
    spec={"podSelector": {}, "policyTypes": ["Ingress"]},
    opts=here,
)
pulumi.export("address", service.status.load_balancer.ingress[0].ip)
