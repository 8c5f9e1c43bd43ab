"""The components of an attached Kubernetes cluster, bound to one provider."""

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import Input, Resource, ResourceOptions

from components.document_store.contract import DocumentStoreArgs
from components.document_store.kubernetes import KubernetesDocumentStore
from components.namespace.contract import NamespaceArgs
from components.namespace.kubernetes import KubernetesNamespace
from components.vector_store.contract import VectorStoreArgs
from components.vector_store.kubernetes import KubernetesVectorStore


class KubernetesKit:
    """Makes components on one cluster. Providers are explicit: nothing runs against whoever is logged in."""

    def __init__(
        self, cluster: str, kubeconfig: Input[str] | None, context: str | None, parent: Resource | None = None
    ) -> None:
        """Create the providers; ``cluster`` is the name of its own. What it makes stands below ``parent``."""
        self.parent = parent
        self.cluster = k8s.Provider(
            cluster,
            kubeconfig=kubeconfig,
            context=context,
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
            opts=ResourceOptions(parent=parent),
        )
        self.random = random.Provider("random", opts=ResourceOptions(parent=parent))

    def options(self) -> ResourceOptions:
        """Options that put a component on this cluster."""
        providers: list[pulumi.ProviderResource] = [self.cluster, self.random]
        return ResourceOptions(parent=self.parent, providers=providers)

    def namespace(self, name: str, args: NamespaceArgs) -> KubernetesNamespace:
        """Make a namespace."""
        return KubernetesNamespace(name, args, self.options())

    def vector_store(self, name: str, args: VectorStoreArgs) -> KubernetesVectorStore:
        """Make a vector store."""
        return KubernetesVectorStore(name, args, self.options())

    def document_store(self, name: str, args: DocumentStoreArgs) -> KubernetesDocumentStore:
        """Make a document store."""
        return KubernetesDocumentStore(name, args, self.options())
