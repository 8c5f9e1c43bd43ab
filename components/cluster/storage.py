"""The storage class every cluster has: volumes encrypted with our key, bound where the pod is."""

from collections.abc import Mapping

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ProviderResource

from components.cluster.spec import ClusterSpec
from components.core import Component, manifest


def build(
    owner: Component,
    spec: ClusterSpec,
    kubernetes: ProviderResource,
    provisioner: str,
    parameters: Mapping[str, Input[str]],
) -> Output[str]:
    """Create the class on the owner's cluster; returns its name."""
    k8s.storage.v1.StorageClass(
        f"{owner.name}-storage",
        metadata=manifest(
            {
                "name": spec.storage_class,
                "labels": spec.ownership.labels("storage"),
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            }
        ),
        provisioner=provisioner,
        parameters=parameters,
        reclaim_policy="Delete",
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=owner.child(provider=kubernetes),
    )
    return Output.from_input(spec.storage_class)
