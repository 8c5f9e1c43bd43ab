"""The components of a platform on an attached cluster, bound to its providers."""

from collections.abc import Sequence
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import Output, ProviderResource, ResourceOptions

from components.audit.contract import AuditArgs
from components.audit.kubernetes import KubernetesAudit
from components.budget.contract import BudgetArgs
from components.budget.kubernetes import KubernetesBudget
from components.cache.contract import CacheArgs
from components.cache.kubernetes import KubernetesCache
from components.clouds import vendors
from components.cluster.contract import ClusterArgs
from components.cluster.kubernetes import KubernetesCluster
from components.feature_store.contract import FeatureStoreArgs
from components.feature_store.kubernetes import KubernetesFeatureStore
from components.gpu_pool.contract import GpuPoolArgs
from components.gpu_pool.kubernetes import KubernetesGpuPool
from components.identity.contract import IdentityArgs
from components.identity.kubernetes import KubernetesIdentity
from components.keys.contract import KeysArgs
from components.keys.kubernetes import KubernetesKeys
from components.model_store.contract import ModelStoreArgs
from components.model_store.kubernetes import KubernetesModelStore
from components.network.contract import NetworkArgs
from components.network.kubernetes import KubernetesNetwork
from components.object_store.contract import ObjectStoreArgs
from components.object_store.kubernetes import KubernetesObjectStore
from components.queue.contract import QueueArgs
from components.queue.kubernetes import KubernetesQueue
from components.registry.contract import RegistryArgs
from components.registry.kubernetes import KubernetesRegistry
from components.sql.contract import SqlArgs
from components.sql.kubernetes import KubernetesSql
from components.targets import KubernetesTarget
from components.tracking.contract import TrackingArgs
from components.tracking.kubernetes import KubernetesTracking
from components.vector_store.contract import VectorStoreArgs
from components.vector_store.kubernetes import KubernetesVectorStore
from components.warehouse.contract import Warehouse, WarehouseArgs
from components.warehouse.kubernetes import KubernetesWarehouse
from components.warehouse.vendors import VendorSpec


class KubernetesPlatformKit:
    """Makes a platform's components on one cluster, and buckets in the S3-compatible service beside it."""

    def __init__(self, target: KubernetesTarget, kubeconfig: str | None, context: str | None) -> None:
        """Create the providers."""
        self.target = target
        self._kubeconfig = kubeconfig
        self._cluster = k8s.Provider(target.cluster, kubeconfig=kubeconfig, context=context)
        self._providers: list[ProviderResource] = [self._cluster, random.Provider("random")]
        self._namespace: Output[str] = Output.from_input(target.cluster)
        if target.objects is not None:
            self._providers.append(
                aws.Provider(
                    "objects",
                    region=target.objects.region,
                    endpoints=[{"s3": target.objects.endpoint}],
                    s3_use_path_style=True,
                    skip_credentials_validation=True,
                    skip_metadata_api_check=True,
                    skip_region_validation=True,
                    skip_requesting_account_id=True,
                )
            )

    def options(self) -> ResourceOptions:
        """Options that put a component here."""
        providers: Sequence[pulumi.ProviderResource] = list(self._providers)
        return ResourceOptions(providers=providers)

    def keys(self, name: str, args: KeysArgs) -> KubernetesKeys:
        """Name keys."""
        return KubernetesKeys(name, args, self.options())

    def network(self, name: str, args: NetworkArgs) -> KubernetesNetwork:
        """Adopt the network."""
        return KubernetesNetwork(name, args, self.options())

    def audit(self, name: str, args: AuditArgs) -> KubernetesAudit:
        """Make an audit sink."""
        return KubernetesAudit(name, args, self.options())

    def cluster(self, name: str, args: ClusterArgs) -> KubernetesCluster:
        """Adopt the cluster."""
        file = Path(self._kubeconfig) if self._kubeconfig else None
        content = file.read_text(encoding="utf-8") if file is not None and file.is_file() else ""
        return KubernetesCluster(name, args, self._cluster, content, self.options())

    def gpu_pool(self, name: str, args: GpuPoolArgs) -> KubernetesGpuPool:
        """Adopt a GPU pool."""
        return KubernetesGpuPool(name, args, self.options())

    def model_store(self, name: str, args: ModelStoreArgs) -> KubernetesModelStore:
        """Adopt the shared storage class."""
        return KubernetesModelStore(name, args, self.options())

    def object_store(self, name: str, args: ObjectStoreArgs) -> KubernetesObjectStore:
        """Make an object store."""
        endpoint = self.target.objects.endpoint if self.target.objects else ""
        return KubernetesObjectStore(name, args, endpoint, self.options())

    def vector_store(self, name: str, args: VectorStoreArgs) -> KubernetesVectorStore:
        """Make a vector store on the cluster."""
        return KubernetesVectorStore(name, args, self.options())

    def sql(self, name: str, args: SqlArgs) -> KubernetesSql:
        """Make a relational store."""
        return KubernetesSql(name, args, self._namespace, self.options())

    def cache(self, name: str, args: CacheArgs) -> KubernetesCache:
        """Make a cache."""
        return KubernetesCache(name, args, self._namespace, self.options())

    def warehouse(self, name: str, args: WarehouseArgs) -> KubernetesWarehouse:
        """Make a warehouse."""
        return KubernetesWarehouse(name, args, self._namespace, self.options())

    def vendor_warehouse(self, name: str, spec: VendorSpec) -> Warehouse:
        """Make a warehouse at a vendor."""
        return vendors.warehouse(name, spec)

    def feature_store(self, name: str, args: FeatureStoreArgs) -> KubernetesFeatureStore:
        """Make a feature store on the cluster."""
        secret = self.target.objects.secret if self.target.objects else ""
        return KubernetesFeatureStore(name, args, secret, self.options())

    def tracking(self, name: str, args: TrackingArgs) -> KubernetesTracking:
        """Make a store of runs and models on the cluster."""
        secret = self.target.objects.secret if self.target.objects else ""
        return KubernetesTracking(name, args, secret, self.options())

    def queue(self, name: str, args: QueueArgs) -> KubernetesQueue:
        """Make a queue."""
        return KubernetesQueue(name, args, self._namespace, self.options())

    def registry(self, name: str, args: RegistryArgs) -> KubernetesRegistry:
        """Make a registry."""
        return KubernetesRegistry(name, args, self._namespace, self.options())

    def identity(self, name: str, args: IdentityArgs) -> KubernetesIdentity:
        """Make an identity."""
        return KubernetesIdentity(name, args, self.options())

    def budget(self, name: str, args: BudgetArgs) -> KubernetesBudget:
        """Make the platform's namespace and its quota; what follows goes there."""
        made = KubernetesBudget(name, args, self.options())
        self._namespace = made.namespace
        return made
