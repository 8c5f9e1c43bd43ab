"""Where a workload can go. A target holds what only its own kind needs."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Capabilities(BaseModel):
    """What is installed in a cluster beside Kubernetes itself; what is absent has a built-in fallback."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    keda: bool = False
    prometheus_operator: bool = False
    gateway_api: bool = False


class KubernetesTarget(BaseModel):
    """An attached Kubernetes cluster: on-prem, edge, a GPU cloud, or the local one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    cloud: Literal["kubernetes"] = "kubernetes"
    cluster: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$", description="A name for the cluster.")]
    kubeconfig: str | None = Field(None, description="Path of the kubeconfig; the local cluster's own when left out.")
    context: str | None = Field(None, description="Context in the kubeconfig.")
    inventory: str | None = Field(None, description="File with the cluster's node pools, relative to the blueprint.")
    storage_class: str = Field("encrypted", description="Storage class for volumes of one pod; it must encrypt.")
    shared_storage_class: str = Field("encrypted-shared", description="Storage class for volumes many pods read.")
    ingress_class: str = "nginx"
    capabilities: Capabilities = Capabilities()
