"""What a platform's stores are: specs from the blueprint. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from blueprints.images import IMAGES
from blueprints.platform import needs
from blueprints.platform.model import Databricks, Objects, OwnVectors, Platform, Snowflake, Warehouse
from blueprints.platform.needs import FEATURES, TRACKING
from blueprints.refusal import Reason
from catalog import places
from components.cache.spec import CacheSpec
from components.feature_store.spec import FeatureStoreSpec
from components.keys.spec import KeysSpec
from components.model_store.spec import ModelStoreSpec
from components.object_store.spec import ObjectStoreSpec
from components.ownership import Ownership
from components.queue.spec import QueueSpec
from components.registry.spec import RegistrySpec
from components.sql.spec import SqlSpec
from components.tracking.spec import TrackingSpec
from components.vector_store.spec import VectorStoreSpec
from components.warehouse.spec import WarehouseSpec
from components.warehouse.vendors import DatabricksSpec, SnowflakeSpec, VendorSpec

OLD_VERSIONS_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What keeps data; None is not made. ``object_keys`` are the classes of the buckets' data."""

    objects: tuple[ObjectStoreSpec, ...]
    object_keys: tuple[str, ...]
    models: ModelStoreSpec | None
    sql: SqlSpec | None
    vectors: VectorStoreSpec | None
    cache: CacheSpec | None
    queue: QueueSpec | None
    warehouse: WarehouseSpec | None
    vendor_warehouse: VendorSpec | None
    features: FeatureStoreSpec | None
    tracking: TrackingSpec | None
    registry: RegistrySpec | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those that are made."""
        single = (
            self.sql,
            self.vectors,
            self.cache,
            self.queue,
            self.warehouse,
            self.vendor_warehouse,
            self.features,
            self.tracking,
            self.registry,
        )
        return tuple(dict.fromkeys(spec.name for spec in (*self.objects, *single) if spec is not None))


def replicas_refused(blueprint: Platform, cloud: str, region: str) -> Iterator[Reason]:
    """Copies where there is no region, or where the data may not be."""
    allowed = blueprint.data.jurisdictions
    for index, one in enumerate(blueprint.stores.objects):
        if not one.replica_region or not cloud:
            continue
        at = ("stores", "objects", index, "replica_region")
        found = places.regions().get((cloud, one.replica_region))
        if found is None:
            yield Reason(at, f"there is no region '{one.replica_region}' in {cloud}")
        elif one.replica_region == region:
            yield Reason(at, f"{region} is where the bucket is: a copy there does not outlive it")
        elif found.country not in allowed:
            lawful = sorted(
                name
                for (its, name), place in places.regions().items()
                if its == cloud and place.country in allowed and name != region
            )
            near = f"{', '.join(lawful)} may have one" if lawful else "no other region of this cloud may have one"
            text = f"{one.replica_region} is in {found.country or 'a country not known'}, the data must stay in "
            yield Reason(at, f"{text}{', '.join(allowed)}: {near}")


def replica_keys(blueprint: Platform, stores: Stores, ownership: Ownership) -> tuple[KeysSpec, ...]:
    """The keys of copies: one for each class of data in each of the second regions."""
    wanted: dict[str, dict[str, None]] = {}
    for spec, kind in zip(stores.objects, stores.object_keys, strict=True):
        if spec.replica_region:
            wanted.setdefault(spec.replica_region, {})[kind] = None
    return tuple(
        KeysSpec(
            name=f"{blueprint.name}-{region}",
            ownership=ownership,
            region=region,
            data_classes=tuple(kinds),
            disks=False,
        )
        for region, kinds in wanted.items()
    )


def decide(blueprint: Platform, ownership: Ownership, region: str) -> Stores:
    """The stores of a platform; ``ownership`` has the class of data that everything without its own is kept as."""
    wanted, name = blueprint.stores, blueprint.name
    buckets = [*wanted.objects, *(Objects(name=one) for one in needs.own(blueprint))]
    return Stores(
        objects=tuple(
            ObjectStoreSpec(
                name=f"{name}-{one.name}",
                ownership=ownership,
                region=region,
                old_versions_days=min(blueprint.data.retention_days, OLD_VERSIONS_DAYS),
                locked_days=one.locked_days,
                cold_after_days=one.cold_after_days,
                replica_region=one.replica_region,
            )
            for one in buckets
        ),
        object_keys=tuple(one.data_class or ownership.data_class for one in buckets),
        models=_models(blueprint, ownership, region),
        sql=_sql(blueprint, ownership, region),
        vectors=_vectors(blueprint, ownership),
        cache=_cache(blueprint, ownership, region),
        queue=_queue(blueprint, ownership, region),
        warehouse=_warehouse(blueprint, ownership, region),
        vendor_warehouse=_vendor_warehouse(blueprint, ownership),
        features=_features(blueprint, ownership, region),
        tracking=_tracking(blueprint, ownership, region),
        registry=_registry(blueprint, ownership, region),
    )


def _models(blueprint: Platform, ownership: Ownership, region: str) -> ModelStoreSpec | None:
    wanted = blueprint.stores.models
    if wanted is None:
        return None
    return ModelStoreSpec(
        name=blueprint.name, ownership=ownership, region=region, size_gib=wanted.size_gib, parallel=wanted.parallel
    )


def _sql(blueprint: Platform, ownership: Ownership, region: str) -> SqlSpec | None:
    wanted = blueprint.stores.sql
    if wanted is None:
        return None
    return SqlSpec(
        name=f"{blueprint.name}-sql",
        ownership=ownership,
        region=region,
        cpus=wanted.cpus,
        memory_gib=wanted.memory_gib,
        storage_gib=wanted.storage_gib,
        standbys=wanted.standbys,
        backup_days=wanted.backup_days,
        clients=blueprint.network.cidr,
        image=IMAGES["postgres"],
    )


def _vectors(blueprint: Platform, ownership: Ownership) -> VectorStoreSpec | None:
    """The store in the cluster; vectors in the relational store or outside need none."""
    wanted = blueprint.stores.vectors
    if not isinstance(wanted, OwnVectors) or wanted.engine == "pgvector":
        return None
    return VectorStoreSpec(
        name=f"{blueprint.name}-vectors",
        ownership=ownership,
        image=IMAGES[wanted.engine],
        engine=wanted.engine,
        storage_gib=wanted.storage_gib,
        storage_class="encrypted",
        memory_gib=wanted.memory_gib,
        clients=(),
        namespaces=namespaces_of(blueprint),
        backup_image=IMAGES["curl"],
        backup_schedule="45 3 * * *",
        keep_backups=14,
    )


def _cache(blueprint: Platform, ownership: Ownership, region: str) -> CacheSpec | None:
    wanted = blueprint.stores.cache
    if wanted is None:
        return None
    return CacheSpec(
        name=f"{blueprint.name}-cache",
        ownership=ownership,
        region=region,
        memory_gib=wanted.memory_gib,
        replicas=wanted.replicas,
        clients=blueprint.network.cidr,
        image=IMAGES["valkey"],
    )


def _queue(blueprint: Platform, ownership: Ownership, region: str) -> QueueSpec | None:
    wanted = blueprint.stores.queue
    if wanted is None:
        return None
    return QueueSpec(
        name=f"{blueprint.name}-events",
        ownership=ownership,
        region=region,
        retention_hours=wanted.retention_hours,
        partitions=wanted.partitions,
    )


def _warehouse(blueprint: Platform, ownership: Ownership, region: str) -> WarehouseSpec | None:
    wanted = blueprint.stores.warehouse
    if not isinstance(wanted, Warehouse):
        return None
    return WarehouseSpec(
        name=f"{blueprint.name}-warehouse",
        ownership=ownership,
        region=region,
        expire_days=wanted.expire_days,
        clients=blueprint.network.cidr,
        image=IMAGES["clickhouse"],
    )


def _vendor_warehouse(blueprint: Platform, ownership: Ownership) -> VendorSpec | None:
    wanted = blueprint.stores.warehouse
    name = f"{blueprint.name}-warehouse"
    if isinstance(wanted, Snowflake):
        return SnowflakeSpec(
            name=name,
            ownership=ownership,
            organization=wanted.organization,
            account=wanted.account,
            region=wanted.region,
            size=wanted.size,
            monthly_credits=wanted.monthly_credits,
            clients=tuple(wanted.clients),
            public_key=wanted.public_key,
            history_days=wanted.history_days,
        )
    if isinstance(wanted, Databricks):
        return DatabricksSpec(
            name=name,
            ownership=ownership,
            host=wanted.host,
            region=wanted.region,
            size=wanted.size,
            clients=tuple(wanted.clients),
            group=wanted.group,
            storage=wanted.storage,
        )
    return None


def _features(blueprint: Platform, ownership: Ownership, region: str) -> FeatureStoreSpec | None:
    wanted = blueprint.stores.features
    if wanted is None:
        return None
    return FeatureStoreSpec(
        name=f"{blueprint.name}-{FEATURES}",
        ownership=ownership,
        region=region,
        service_account=FEATURES,
        image=IMAGES["feast"],
        replicas=wanted.replicas,
        materialize=wanted.materialize,
        online=CacheSpec(
            name=f"{blueprint.name}-{FEATURES}-online",
            ownership=ownership,
            region=region,
            memory_gib=wanted.memory_gib,
            replicas=0,
            clients=blueprint.network.cidr,
            image=IMAGES["valkey"],
        ),
        namespaces=namespaces_of(blueprint),
    )


def _tracking(blueprint: Platform, ownership: Ownership, region: str) -> TrackingSpec | None:
    wanted = blueprint.stores.tracking
    if wanted is None:
        return None
    return TrackingSpec(
        name=f"{blueprint.name}-{TRACKING}",
        ownership=ownership,
        region=region,
        service_account=TRACKING,
        image=wanted.image or IMAGES["mlflow"],
        replicas=wanted.replicas,
        backup_image=IMAGES["postgres"],
        backup_schedule="15 3 * * *",
        keep_backups=wanted.keep_backups,
        storage_class="encrypted",
        storage_gib=wanted.backup_gib,
        namespaces=namespaces_of(blueprint),
    )


def namespaces_of(blueprint: Platform) -> tuple[str, ...]:
    """The namespaces of workloads that have an identity here: what is in the cluster is open to them."""
    return tuple(dict.fromkeys(one.namespace for one in blueprint.identities))


def _registry(blueprint: Platform, ownership: Ownership, region: str) -> RegistrySpec | None:
    wanted = blueprint.stores.registry
    if wanted is None:
        return None
    return RegistrySpec(
        name=f"{blueprint.name}-images",
        ownership=ownership,
        region=region,
        mirrors=tuple(wanted.mirrors),
        image=IMAGES["zot"],
    )
