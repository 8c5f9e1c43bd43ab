"""The components of an Azure subscription and region, bound to its providers."""

import dataclasses

import pulumi
import pulumi_azure_native as azure
import pulumi_random as random
from pulumi import Output, ProviderResource, ResourceOptions

from components.audit.azure import AzureAudit
from components.audit.contract import AuditArgs
from components.budget.azure import AzureBudget
from components.budget.contract import BudgetArgs
from components.cache.azure import AzureCache
from components.cache.contract import CacheArgs
from components.clouds import vendors
from components.clouds.azure.group import Group
from components.cluster.azure import AzureCluster
from components.cluster.contract import ClusterArgs
from components.feature_store.azure import AzureFeatureStore
from components.feature_store.contract import FeatureStoreArgs
from components.gpu_pool.azure import AzureGpuPool
from components.gpu_pool.contract import GpuPoolArgs
from components.identity.azure import AzureIdentity
from components.identity.contract import IdentityArgs
from components.keys.azure import AzureKeys
from components.keys.contract import KeysArgs
from components.model_store.azure import AzureModelStore
from components.model_store.contract import ModelStoreArgs
from components.network.azure import AzureNetwork
from components.network.contract import NetworkArgs
from components.object_store.azure import AzureObjectStore
from components.object_store.contract import ObjectStoreArgs
from components.ownership import Ownership
from components.queue.azure import AzureQueue
from components.queue.contract import QueueArgs
from components.registry.azure import AzureRegistry
from components.registry.contract import RegistryArgs
from components.sql.azure import AzureSql
from components.sql.contract import SqlArgs
from components.state_store.azure import AzureStateStore
from components.state_store.contract import StateStoreArgs
from components.targets import AzureTarget
from components.tracking.azure import AzureTracking
from components.tracking.contract import TrackingArgs
from components.vector_store.contract import VectorStoreArgs
from components.vector_store.kubernetes import KubernetesVectorStore
from components.warehouse.azure import AzureWarehouse
from components.warehouse.contract import Warehouse, WarehouseArgs
from components.warehouse.vendors import VendorSpec


class AzureKit:
    """Makes components in one resource group of a region."""

    def __init__(self, target: AzureTarget, ownership: Ownership) -> None:
        """Create the providers."""
        self.target = target
        provider = azure.Provider(
            "azure",
            subscription_id=target.subscription,
            tenant_id=target.tenant,
            location=target.region,
        )
        self._providers: list[ProviderResource] = [provider, random.Provider("random")]
        group = azure.resources.ResourceGroup(
            "platform",
            resource_group_name=ownership.workload,
            location=target.region,
            tags=ownership.tags("platform"),
            opts=ResourceOptions(provider=provider),
        )
        self._group = Group(
            name=group.name, region=target.region, subscription=target.subscription, tenant=target.tenant
        )
        self._away: dict[str, Group] = {}
        self._vault: Output[str] = Output.from_input("")
        self._endpoints: Output[str] = Output.from_input("")
        self._stores: Output[str] = Output.from_input("")

    def options(self) -> ResourceOptions:
        """Options that put a component here."""
        providers: list[pulumi.ProviderResource] = list(self._providers)
        return ResourceOptions(providers=providers)

    def keys(self, name: str, args: KeysArgs) -> AzureKeys:
        """Make keys."""
        if args.spec.region != self.target.region:
            away = dataclasses.replace(self._group, region=args.spec.region)
            made = AzureKeys(name, args, away, self.options())
            away.identity, away.client, away.disks = made.identity, made.client, made.disks
            self._away[args.spec.region] = away
            return made
        made = AzureKeys(name, args, self._group, self.options())
        self._vault = made.vault
        self._group.identity, self._group.client, self._group.disks = made.identity, made.client, made.disks
        return made

    def network(self, name: str, args: NetworkArgs) -> AzureNetwork:
        """Make a network."""
        made = AzureNetwork(name, args, self._group, self._vault, self.options())
        self._endpoints = made.endpoints.apply(lambda found: found[0])
        self._stores = made.stores
        return made

    def audit(self, name: str, args: AuditArgs) -> AzureAudit:
        """Make an audit sink."""
        return AzureAudit(name, args, self._group, self._endpoints, self.options())

    def cluster(self, name: str, args: ClusterArgs) -> AzureCluster:
        """Make a cluster; what runs on it is made through its provider from now on."""
        made = AzureCluster(name, args, self._group, self._vault, self.options())
        self._providers.append(made.kubernetes)
        return made

    def gpu_pool(self, name: str, args: GpuPoolArgs) -> AzureGpuPool:
        """Make a GPU pool."""
        return AzureGpuPool(name, args, self._group, self.options())

    def model_store(self, name: str, args: ModelStoreArgs) -> AzureModelStore:
        """Make a model store."""
        return AzureModelStore(name, args, self._group, self.options())

    def object_store(self, name: str, args: ObjectStoreArgs) -> AzureObjectStore:
        """Make an object store."""
        groups = (self._group, self._away.get(args.spec.replica_region, self._group))
        return AzureObjectStore(name, args, groups, self._endpoints, self.options())

    def vector_store(self, name: str, args: VectorStoreArgs) -> KubernetesVectorStore:
        """Make a vector store on the cluster."""
        return KubernetesVectorStore(name, args, self.options())

    def sql(self, name: str, args: SqlArgs) -> AzureSql:
        """Make a relational store."""
        return AzureSql(name, args, self._group, self._stores, self.options())

    def cache(self, name: str, args: CacheArgs) -> AzureCache:
        """Make a cache."""
        return AzureCache(name, args, self._group, self.options())

    def warehouse(self, name: str, args: WarehouseArgs) -> AzureWarehouse:
        """Make a warehouse."""
        return AzureWarehouse(name, args, self._group, self.options())

    def vendor_warehouse(self, name: str, spec: VendorSpec) -> Warehouse:
        """Make a warehouse at a vendor."""
        return vendors.warehouse(name, spec)

    def feature_store(self, name: str, args: FeatureStoreArgs) -> AzureFeatureStore:
        """Make a feature store on the cluster."""
        return AzureFeatureStore(name, args, self.options())

    def tracking(self, name: str, args: TrackingArgs) -> AzureTracking:
        """Make a store of runs and models on the cluster."""
        return AzureTracking(name, args, self.options())

    def queue(self, name: str, args: QueueArgs) -> AzureQueue:
        """Make a queue."""
        return AzureQueue(name, args, self._group, self.options())

    def registry(self, name: str, args: RegistryArgs) -> AzureRegistry:
        """Make a registry."""
        return AzureRegistry(name, args, self._group, self._endpoints, self.options())

    def identity(self, name: str, args: IdentityArgs) -> AzureIdentity:
        """Make an identity."""
        return AzureIdentity(name, args, self._group, self.options())

    def state_store(self, name: str, args: StateStoreArgs) -> AzureStateStore:
        """Make a state store."""
        return AzureStateStore(name, args, self._group, self.options())

    def budget(self, name: str, args: BudgetArgs) -> AzureBudget:
        """Make a budget."""
        return AzureBudget(name, args, self._group, self.options())
