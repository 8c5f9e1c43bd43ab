"""Quota, limits, priority and autoscaling."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

space = k8s.core.v1.Namespace("quota", opts=here)
place = {"namespace": space.metadata.name}
k8s.core.v1.ResourceQuota("quota", metadata=place, spec={"hard": {"pods": "5", "requests.cpu": "4"}}, opts=here)
k8s.core.v1.LimitRange(
    "limits",
    metadata=place,
    spec={"limits": [{"type": "Container", "defaultRequest": {"cpu": "100m"}, "default": {"memory": "64Mi"}}]},
    opts=here,
)
k8s.scheduling.v1.PriorityClass("high", value=1000, global_default=False, description="for tests", opts=here)
labels = {"app": "web"}
web = k8s.apps.v1.Deployment(
    "web",
    metadata=place,
    spec={
        "replicas": 2,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]}},
    },
    opts=here,
)
k8s.autoscaling.v2.HorizontalPodAutoscaler(
    "web",
    metadata=place,
    spec={
        "minReplicas": 1,
        "maxReplicas": 4,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": web.metadata.name},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}],
    },
    opts=here,
)
