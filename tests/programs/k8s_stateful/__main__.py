"""A stateful set with storage, a headless service and a disruption budget."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

space = k8s.core.v1.Namespace("stateful", opts=here)
labels = {"app": "db"}
service = k8s.core.v1.Service(
    "db",
    metadata={"namespace": space.metadata.name, "name": "db"},
    spec={"clusterIP": "None", "selector": labels, "ports": [{"port": 5432}]},
    opts=here,
)
k8s.apps.v1.StatefulSet(
    "db",
    metadata={"namespace": space.metadata.name},
    spec={
        "serviceName": "db",
        "replicas": 2,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "db", "image": "postgres:17"}]}},
        "volumeClaimTemplates": [
            {
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }
        ],
    },
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[service]),
)
k8s.policy.v1.PodDisruptionBudget(
    "db",
    metadata={"namespace": space.metadata.name},
    spec={"maxUnavailable": 1, "selector": {"matchLabels": labels}},
    opts=here,
)
