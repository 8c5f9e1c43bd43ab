"""From a platform's plan to components: straight-line calls, no decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi import Output

from blueprints.platform.needs import SQL_SECRET
from blueprints.platform.resolve import PlatformPlan
from components.audit.contract import AuditArgs, HasAudit
from components.budget.contract import BudgetArgs, HasBudget
from components.cache.contract import CacheArgs, HasCache
from components.cluster.contract import ClusterArgs, HasCluster
from components.feature_store.contract import FeatureStoreArgs, HasFeatureStore
from components.gpu_pool.contract import GpuPoolArgs, HasGpuPool
from components.identity.contract import HasIdentity, IdentityArgs
from components.keys.contract import HasKeys, KeysArgs
from components.model_store.contract import HasModelStore, ModelStoreArgs
from components.network.contract import HasNetwork, NetworkArgs
from components.object_store.contract import HasObjectStore, ObjectStore, ObjectStoreArgs
from components.queue.contract import HasQueue, QueueArgs
from components.registry.contract import HasRegistry, RegistryArgs
from components.sql.contract import HasSql, Sql, SqlArgs
from components.tracking.contract import HasTracking, TrackingArgs
from components.vector_store.contract import HasVectorStore, VectorStoreArgs
from components.warehouse.contract import HasVendorWarehouse, HasWarehouse, Warehouse, WarehouseArgs


class PlatformKit(
    HasKeys,
    HasNetwork,
    HasAudit,
    HasCluster,
    HasBudget,
    HasGpuPool,
    HasObjectStore,
    HasModelStore,
    HasSql,
    HasVectorStore,
    HasIdentity,
    HasCache,
    HasQueue,
    HasWarehouse,
    HasVendorWarehouse,
    HasFeatureStore,
    HasTracking,
    HasRegistry,
    Protocol,
):
    """What a platform needs of a cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformOutputs:
    """What workload stacks refer to. ``endpoints`` and ``resources`` are of the stores, by name."""

    cluster: Output[str]
    kubeconfig: Output[str]
    issuer: Output[str]
    namespace: Output[str]
    storage_class: Output[str]
    keys: Output[Mapping[str, str]]
    network: Output[str]
    audit: Output[str]
    pools: Output[Mapping[str, Mapping[str, str]]]
    endpoints: Output[Mapping[str, str]]
    resources: Output[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Inside:
    """What stores are made in: keys by class of data, here and away, the key of most, network, namespace."""

    keys: Mapping[str, Output[str]]
    away: Mapping[str, Output[Mapping[str, str]]]
    key: Output[str]
    network: Output[str]
    subnets: Output[Sequence[str]]
    namespace: Output[str]


@dataclass(frozen=True, slots=True)
class _Made:
    endpoints: dict[str, Output[str]]
    resources: dict[str, Output[str]]
    objects: dict[str, ObjectStore]
    warehouse: Warehouse | None
    sql: Sql | None


def wire(plan: PlatformPlan, kit: PlatformKit) -> PlatformOutputs:
    """Create the platform."""
    keys = kit.keys("keys", KeysArgs(spec=plan.keys)).keys
    by_class = {kind: keys.apply(lambda found, kind=kind: found[kind]) for kind in plan.keys.data_classes}
    key = by_class[plan.key]
    network = kit.network("network", NetworkArgs(spec=plan.network, key=key))
    audit = kit.audit("audit", AuditArgs(spec=plan.audit, key=key))
    cluster = kit.cluster(
        "cluster",
        ClusterArgs(
            spec=plan.cluster,
            network=network.network,
            nodes=network.nodes,
            pods=network.pods,
            key=key,
            audit=audit.sink,
        ),
    )
    budget = kit.budget("budget", BudgetArgs(spec=plan.budget))
    pools = {
        spec.name: kit.gpu_pool(
            f"pool-{spec.name}", GpuPoolArgs(spec=spec, cluster=cluster.cluster, nodes=network.nodes, key=key)
        ).labels
        for spec in plan.pools
    }
    away = {spec.region: kit.keys(f"keys-{spec.region}", KeysArgs(spec=spec)).keys for spec in plan.replica_keys}
    inside = _Inside(by_class, away, key, network.network, network.endpoints, budget.namespace)
    stores = _stores(plan, kit, inside)
    resources = {**stores.resources, **({SQL_SECRET: stores.sql.secret} if stores.sql is not None else {})}
    accounts: dict[str, Mapping[str, Output[str]]] = {}
    for spec in plan.identities:
        accounts[spec.service_account] = kit.identity(
            f"identity-{spec.name}",
            IdentityArgs(
                spec=spec,
                cluster=cluster.cluster,
                issuer=cluster.issuer,
                resources={use.name: resources[use.name] for use in spec.uses},
                key=key,
            ),
        ).marks
    _features(plan, kit, stores, accounts, inside)
    _tracking(plan, kit, stores, accounts, inside)
    return PlatformOutputs(
        cluster=cluster.cluster,
        kubeconfig=cluster.kubeconfig,
        issuer=cluster.issuer,
        namespace=budget.namespace,
        storage_class=cluster.storage_class,
        keys=keys,
        network=network.network,
        audit=audit.sink,
        pools=Output.all(**pools),
        endpoints=Output.all(**stores.endpoints),
        resources=Output.all(**stores.resources),
    )


def _stores(plan: PlatformPlan, kit: PlatformKit, inside: _Inside) -> _Made:
    stores, key, net, subnets = plan.stores, inside.key, inside.network, inside.subnets
    args = SqlArgs(spec=stores.sql, key=key, network=net, subnets=subnets) if stores.sql is not None else None
    sql = kit.sql("sql", args) if args is not None else None
    made = _Made({}, {}, {}, _warehouse(plan, kit, inside), sql)
    endpoints, resources = made.endpoints, made.resources
    _objects(plan, kit, inside, made)
    if stores.models is not None:
        models = kit.model_store("models", ModelStoreArgs(spec=stores.models, key=key, network=net, subnets=subnets))
        endpoints["models"], resources["models"] = models.storage_class, models.resource
    if sql is not None:
        endpoints["sql"], resources["sql"] = sql.endpoint, sql.resource
    if stores.vectors is not None:
        vectors = kit.vector_store("vectors", VectorStoreArgs(spec=stores.vectors, namespace=inside.namespace))
        endpoints["vectors"] = vectors.endpoint
    elif plan.vectors_at:
        endpoints["vectors"] = endpoints["sql"] if plan.vectors_at == "sql" else Output.from_input(plan.vectors_at)
    if stores.cache is not None:
        cache = kit.cache("cache", CacheArgs(spec=stores.cache, key=key, network=net, subnets=subnets))
        endpoints["cache"], resources["cache"] = cache.endpoint, cache.resource
    if stores.queue is not None:
        queue = kit.queue("queue", QueueArgs(spec=stores.queue, key=key, network=net, subnets=subnets))
        endpoints["queue"], resources["queue"] = queue.endpoint, queue.resource
    if made.warehouse is not None:
        endpoints["warehouse"], resources["warehouse"] = made.warehouse.endpoint, made.warehouse.resource
    if stores.registry is not None:
        registry = kit.registry("registry", RegistryArgs(spec=stores.registry, key=key))
        endpoints["registry"], resources["registry"] = registry.host, registry.resource
    return made


def _objects(plan: PlatformPlan, kit: PlatformKit, inside: _Inside, made: _Made) -> None:
    for spec, kind in zip(plan.stores.objects, plan.stores.object_keys, strict=True):
        away = inside.away.get(spec.replica_region)
        copy = away.apply(lambda found, kind=kind: found[kind]) if away is not None else None
        store = kit.object_store(spec.name, ObjectStoreArgs(spec=spec, key=inside.keys[kind], replica_key=copy))
        made.objects[spec.name] = store
        made.endpoints[spec.name], made.resources[spec.name] = store.endpoint, store.resource


def _warehouse(plan: PlatformPlan, kit: PlatformKit, inside: _Inside) -> Warehouse | None:
    stores = plan.stores
    if stores.vendor_warehouse is not None:
        return kit.vendor_warehouse("warehouse", stores.vendor_warehouse)
    if stores.warehouse is None:
        return None
    args = WarehouseArgs(spec=stores.warehouse, key=inside.key, network=inside.network, subnets=inside.subnets)
    return kit.warehouse("warehouse", args)


def _features(
    plan: PlatformPlan,
    kit: PlatformKit,
    stores: _Made,
    accounts: Mapping[str, Mapping[str, Output[str]]],
    inside: _Inside,
) -> None:
    spec, warehouse = plan.stores.features, stores.warehouse
    if spec is None or warehouse is None:
        return
    bucket = stores.objects[spec.name]
    features = kit.feature_store(
        "features",
        FeatureStoreArgs(
            spec=spec,
            namespace=inside.namespace,
            annotations=accounts[spec.service_account],
            bucket=bucket.bucket,
            bucket_endpoint=bucket.endpoint,
            bucket_resource=bucket.resource,
            warehouse=warehouse.endpoint,
            database=warehouse.database,
            access=warehouse.access,
            key=inside.key,
        ),
    )
    stores.endpoints["features"] = features.endpoint


def _tracking(
    plan: PlatformPlan,
    kit: PlatformKit,
    stores: _Made,
    accounts: Mapping[str, Mapping[str, Output[str]]],
    inside: _Inside,
) -> None:
    spec, sql = plan.stores.tracking, stores.sql
    if spec is None or sql is None:
        return
    bucket = stores.objects[spec.name]
    tracking = kit.tracking(
        "tracking",
        TrackingArgs(
            spec=spec,
            namespace=inside.namespace,
            annotations=accounts[spec.service_account],
            bucket=bucket.bucket,
            bucket_endpoint=bucket.endpoint,
            host=sql.endpoint,
            port=sql.port,
            database=sql.database,
            secret=sql.secret,
        ),
    )
    stores.endpoints["tracking"] = tracking.endpoint
