"""The guestbook: deployments and services, autonamed."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

space = k8s.core.v1.Namespace("guestbook", opts=here)
inside = pulumi.ResourceOptions(provider=provider, parent=space)


def tier(name, image, port, replicas):
    labels = {"app": name}
    deployment = k8s.apps.v1.Deployment(
        name,
        metadata={"namespace": space.metadata.name},
        spec=k8s.apps.v1.DeploymentSpecArgs(
            replicas=replicas,
            selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
            template=k8s.core.v1.PodTemplateSpecArgs(
                metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels),
                spec=k8s.core.v1.PodSpecArgs(
                    containers=[
                        k8s.core.v1.ContainerArgs(
                            name=name,
                            image=image,
                            ports=[k8s.core.v1.ContainerPortArgs(container_port=port)],
                            resources=k8s.core.v1.ResourceRequirementsArgs(requests={"cpu": "100m", "memory": "100Mi"}),
                        )
                    ]
                ),
            ),
        ),
        opts=inside,
    )
    return k8s.core.v1.Service(
        name,
        metadata={"namespace": space.metadata.name, "labels": labels},
        spec={"ports": [{"port": port}], "selector": labels},
        opts=pulumi.ResourceOptions(provider=provider, parent=space, depends_on=[deployment]),
    )


leader = tier("leader", "redis:7", 6379, 1)
frontend = tier("frontend", "nginx:1.27", 80, 3)
pulumi.export("frontend_ip", frontend.spec.cluster_ip)
