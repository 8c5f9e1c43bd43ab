"""The components of an AWS account and region, bound to its providers."""

import pulumi
import pulumi_aws as aws
import pulumi_random as random
from pulumi import ProviderResource, ResourceOptions

from components.audit.aws import AwsAudit
from components.audit.contract import AuditArgs
from components.budget.aws import AwsBudget
from components.budget.contract import BudgetArgs
from components.cache.aws import AwsCache
from components.cache.contract import CacheArgs
from components.clouds import vendors
from components.cluster.aws import AwsCluster
from components.cluster.contract import ClusterArgs
from components.feature_store.aws import AwsFeatureStore
from components.feature_store.contract import FeatureStoreArgs
from components.gpu_pool.aws import AwsGpuPool
from components.gpu_pool.contract import GpuPoolArgs
from components.identity.aws import AwsIdentity
from components.identity.contract import IdentityArgs
from components.keys.aws import AwsKeys
from components.keys.contract import KeysArgs
from components.model_store.aws import AwsModelStore
from components.model_store.contract import ModelStoreArgs
from components.network.aws import AwsNetwork
from components.network.contract import NetworkArgs
from components.object_store.aws import AwsObjectStore
from components.object_store.contract import ObjectStoreArgs
from components.ownership import Ownership
from components.queue.aws import AwsQueue
from components.queue.contract import QueueArgs
from components.registry.aws import AwsRegistry
from components.registry.contract import RegistryArgs
from components.sql.aws import AwsSql
from components.sql.contract import SqlArgs
from components.targets import AwsTarget
from components.tracking.aws import AwsTracking
from components.tracking.contract import TrackingArgs
from components.vector_store.contract import VectorStoreArgs
from components.vector_store.kubernetes import KubernetesVectorStore
from components.warehouse.aws import AwsWarehouse
from components.warehouse.contract import Warehouse, WarehouseArgs
from components.warehouse.vendors import VendorSpec


class AwsKit:
    """Makes components in one account and region. The provider refuses any other account."""

    def __init__(self, target: AwsTarget, ownership: Ownership) -> None:
        """Create the providers."""
        self.target = target
        self._zones = 0
        self._providers: list[ProviderResource] = [
            aws.Provider(
                "aws",
                region=target.region,
                allowed_account_ids=[target.account],
                default_tags={"tags": ownership.tags("platform")},
            ),
            random.Provider("random"),
        ]

    def options(self) -> ResourceOptions:
        """Options that put a component here."""
        providers: list[pulumi.ProviderResource] = list(self._providers)
        return ResourceOptions(providers=providers)

    def keys(self, name: str, args: KeysArgs) -> AwsKeys:
        """Make keys."""
        return AwsKeys(name, args, self.target.account, self.options())

    def network(self, name: str, args: NetworkArgs) -> AwsNetwork:
        """Make a network."""
        self._zones = len(args.spec.zones)
        return AwsNetwork(name, args, self.options())

    def audit(self, name: str, args: AuditArgs) -> AwsAudit:
        """Make an audit sink."""
        return AwsAudit(name, args, self.target.account, self.options())

    def cluster(self, name: str, args: ClusterArgs) -> AwsCluster:
        """Make a cluster; what runs on it is made through its provider from now on."""
        made = AwsCluster(name, args, self.options())
        self._providers.append(made.kubernetes)
        return made

    def gpu_pool(self, name: str, args: GpuPoolArgs) -> AwsGpuPool:
        """Make a GPU pool."""
        return AwsGpuPool(name, args, self.options())

    def model_store(self, name: str, args: ModelStoreArgs) -> AwsModelStore:
        """Make a model store."""
        return AwsModelStore(name, args, self._zones, self.options())

    def object_store(self, name: str, args: ObjectStoreArgs) -> AwsObjectStore:
        """Make an object store."""
        return AwsObjectStore(name, args, self.options())

    def vector_store(self, name: str, args: VectorStoreArgs) -> KubernetesVectorStore:
        """Make a vector store on the cluster."""
        return KubernetesVectorStore(name, args, self.options())

    def sql(self, name: str, args: SqlArgs) -> AwsSql:
        """Make a relational store."""
        return AwsSql(name, args, self.options())

    def cache(self, name: str, args: CacheArgs) -> AwsCache:
        """Make a cache."""
        return AwsCache(name, args, self.options())

    def warehouse(self, name: str, args: WarehouseArgs) -> AwsWarehouse:
        """Make a warehouse."""
        return AwsWarehouse(name, args, self.target.account, self.options())

    def vendor_warehouse(self, name: str, spec: VendorSpec) -> Warehouse:
        """Make a warehouse at a vendor."""
        return vendors.warehouse(name, spec)

    def feature_store(self, name: str, args: FeatureStoreArgs) -> AwsFeatureStore:
        """Make a feature store on the cluster."""
        return AwsFeatureStore(name, args, self.options())

    def tracking(self, name: str, args: TrackingArgs) -> AwsTracking:
        """Make a store of runs and models on the cluster."""
        return AwsTracking(name, args, self.options())

    def queue(self, name: str, args: QueueArgs) -> AwsQueue:
        """Make a queue."""
        return AwsQueue(name, args, self.options())

    def registry(self, name: str, args: RegistryArgs) -> AwsRegistry:
        """Make a registry."""
        return AwsRegistry(name, args, self.target.account, self.options())

    def identity(self, name: str, args: IdentityArgs) -> AwsIdentity:
        """Make an identity."""
        return AwsIdentity(name, args, self.options())

    def budget(self, name: str, args: BudgetArgs) -> AwsBudget:
        """Make a budget."""
        return AwsBudget(name, args, self.options())
