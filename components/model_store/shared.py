"""The storage class of shared volumes."""

from collections.abc import Mapping

import pulumi_kubernetes as k8s
from pulumi import Input, Output

from components.core import Component, manifest
from components.model_store.spec import ModelStoreSpec


def build(
    owner: Component, spec: ModelStoreSpec, provisioner: str, parameters: Mapping[str, Input[str]]
) -> Output[str]:
    """Create the class; returns its name."""
    made = k8s.storage.v1.StorageClass(
        f"{owner.name}-class",
        metadata=manifest({"name": spec.storage_class, "labels": spec.ownership.labels("models")}),
        provisioner=provisioner,
        parameters=parameters,
        reclaim_policy="Retain",
        volume_binding_mode="Immediate",
        allow_volume_expansion=True,
        opts=owner.child(),
    )
    return made.metadata.apply(lambda found: str(found.name or spec.storage_class))
