"""An attached cluster: adopted by its kubeconfig."""

from pulumi import Input, Output, ProviderResource, ResourceOptions

from components.cluster.contract import ClusterArgs
from components.core import Component


class KubernetesCluster(Component):
    """See the module."""

    TOKEN = "domicile:cluster/kubernetes:Cluster"  # noqa: S105 a type token
    cluster: Output[str]
    endpoint: Output[str]
    issuer: Output[str]
    kubeconfig: Output[str]
    storage_class: Output[str]

    def __init__(
        self,
        name: str,
        args: ClusterArgs,
        provider: ProviderResource,
        kubeconfig: Input[str],
        opts: ResourceOptions | None = None,
    ) -> None:
        """Tell about the cluster; nothing is made. ``provider`` is of what runs on it."""
        super().__init__(name, args, opts)
        self._kubernetes = provider
        self.cluster = Output.from_input(args.spec.name)
        self.endpoint = Output.from_input("")
        self.issuer = Output.from_input("")
        self.kubeconfig = Output.secret(kubeconfig)
        self.storage_class = Output.from_input(args.spec.storage_class)
        self.finish()

    @property
    def kubernetes(self) -> ProviderResource:
        """The provider of what runs on it."""
        return self._kubernetes
