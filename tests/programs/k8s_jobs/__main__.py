"""A job that completes, a cron job, config and secrets."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

space = k8s.core.v1.Namespace("jobs", opts=here)
config = k8s.core.v1.ConfigMap("settings", metadata={"namespace": space.metadata.name}, data={"a": "1"}, opts=here)
secret = k8s.core.v1.Secret(
    "keys", metadata={"namespace": space.metadata.name}, string_data={"key": "canary-in-a-secret"}, opts=here
)
pod = {
    "restartPolicy": "Never",
    "containers": [
        {
            "name": "work",
            "image": "busybox:1.37",
            "envFrom": [
                {"configMapRef": {"name": config.metadata.name}},
                {"secretRef": {"name": secret.metadata.name}},
            ],
        }
    ],
}
k8s.batch.v1.Job("once", metadata={"namespace": space.metadata.name}, spec={"template": {"spec": pod}}, opts=here)
k8s.batch.v1.CronJob(
    "often",
    metadata={"namespace": space.metadata.name},
    spec={"schedule": "0 4 * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}},
    opts=here,
)
