"""The components of a Google Cloud project and region, bound to its providers."""

import pulumi
import pulumi_gcp as gcp
import pulumi_random as random
from pulumi import ProviderResource, ResourceOptions

from components.audit.contract import AuditArgs
from components.audit.gcp import GcpAudit
from components.budget.contract import BudgetArgs
from components.budget.gcp import GcpBudget
from components.cache.contract import CacheArgs
from components.cache.gcp import GcpCache
from components.clouds import vendors
from components.cluster.contract import ClusterArgs
from components.cluster.gcp import GcpCluster
from components.feature_store.contract import FeatureStoreArgs
from components.feature_store.gcp import GcpFeatureStore
from components.gpu_pool.contract import GpuPoolArgs
from components.gpu_pool.gcp import GcpGpuPool
from components.identity.contract import IdentityArgs
from components.identity.gcp import GcpIdentity
from components.keys.contract import KeysArgs
from components.keys.gcp import GcpKeys
from components.model_store.contract import ModelStoreArgs
from components.model_store.gcp import GcpModelStore
from components.network.contract import NetworkArgs
from components.network.gcp import GcpNetwork
from components.object_store.contract import ObjectStoreArgs
from components.object_store.gcp import GcpObjectStore
from components.ownership import Ownership
from components.queue.contract import QueueArgs
from components.queue.gcp import GcpQueue
from components.registry.contract import RegistryArgs
from components.registry.gcp import GcpRegistry
from components.sql.contract import SqlArgs
from components.sql.gcp import GcpSql
from components.state_store.contract import StateStoreArgs
from components.state_store.gcp import GcpStateStore
from components.targets import GcpTarget
from components.tracking.contract import TrackingArgs
from components.tracking.gcp import GcpTracking
from components.vector_store.contract import VectorStoreArgs
from components.vector_store.kubernetes import KubernetesVectorStore
from components.warehouse.contract import Warehouse, WarehouseArgs
from components.warehouse.gcp import GcpWarehouse
from components.warehouse.vendors import VendorSpec


class GcpKit:
    """Makes components in one project and region."""

    def __init__(self, target: GcpTarget, ownership: Ownership) -> None:
        """Create the providers."""
        self.target = target
        self._providers: list[ProviderResource] = [
            gcp.Provider(
                "gcp",
                project=target.project,
                region=target.region,
                billing_project=target.project,
                user_project_override=True,
                default_labels=ownership.google_labels("platform"),
            ),
            random.Provider("random"),
        ]

    def options(self) -> ResourceOptions:
        """Options that put a component here."""
        providers: list[pulumi.ProviderResource] = list(self._providers)
        return ResourceOptions(providers=providers)

    def keys(self, name: str, args: KeysArgs) -> GcpKeys:
        """Make keys."""
        return GcpKeys(name, args, self.target.project_number, self.options())

    def network(self, name: str, args: NetworkArgs) -> GcpNetwork:
        """Make a network."""
        return GcpNetwork(name, args, self.options())

    def audit(self, name: str, args: AuditArgs) -> GcpAudit:
        """Make an audit sink."""
        return GcpAudit(name, args, self.target.project, self.options())

    def cluster(self, name: str, args: ClusterArgs) -> GcpCluster:
        """Make a cluster; what runs on it is made through its provider from now on."""
        made = GcpCluster(name, args, self.target.project, self.options())
        self._providers.append(made.kubernetes)
        return made

    def gpu_pool(self, name: str, args: GpuPoolArgs) -> GcpGpuPool:
        """Make a GPU pool."""
        return GcpGpuPool(name, args, self.target.region, self.options())

    def model_store(self, name: str, args: ModelStoreArgs) -> GcpModelStore:
        """Make a model store."""
        return GcpModelStore(name, args, self.options())

    def object_store(self, name: str, args: ObjectStoreArgs) -> GcpObjectStore:
        """Make an object store."""
        return GcpObjectStore(name, args, (self.target.project, self.target.project_number), self.options())

    def vector_store(self, name: str, args: VectorStoreArgs) -> KubernetesVectorStore:
        """Make a vector store on the cluster."""
        return KubernetesVectorStore(name, args, self.options())

    def sql(self, name: str, args: SqlArgs) -> GcpSql:
        """Make a relational store."""
        return GcpSql(name, args, self.options())

    def cache(self, name: str, args: CacheArgs) -> GcpCache:
        """Make a cache."""
        return GcpCache(name, args, self.options())

    def warehouse(self, name: str, args: WarehouseArgs) -> GcpWarehouse:
        """Make a warehouse."""
        return GcpWarehouse(name, args, self.options())

    def vendor_warehouse(self, name: str, spec: VendorSpec) -> Warehouse:
        """Make a warehouse at a vendor."""
        return vendors.warehouse(name, spec)

    def feature_store(self, name: str, args: FeatureStoreArgs) -> GcpFeatureStore:
        """Make a feature store on the cluster."""
        return GcpFeatureStore(name, args, self.target.project, self.options())

    def tracking(self, name: str, args: TrackingArgs) -> GcpTracking:
        """Make a store of runs and models on the cluster."""
        return GcpTracking(name, args, self.options())

    def queue(self, name: str, args: QueueArgs) -> GcpQueue:
        """Make a queue."""
        return GcpQueue(name, args, self.options())

    def registry(self, name: str, args: RegistryArgs) -> GcpRegistry:
        """Make a registry."""
        return GcpRegistry(name, args, self.target.project, self.options())

    def identity(self, name: str, args: IdentityArgs) -> GcpIdentity:
        """Make an identity."""
        return GcpIdentity(name, args, self.target.region, self.options())

    def state_store(self, name: str, args: StateStoreArgs) -> GcpStateStore:
        """Make a state store."""
        return GcpStateStore(name, args, self.target.project_number, self.options())

    def budget(self, name: str, args: BudgetArgs) -> GcpBudget:
        """Make a budget."""
        target = self.target
        return GcpBudget(name, args, target.project_number, target.billing_account, self.options())
