"""What a platform's stores are: specs from the blueprint. Pure."""

from dataclasses import dataclass

from blueprints.images import IMAGES
from blueprints.platform.model import OwnVectors, Platform
from components.cache.spec import CacheSpec
from components.model_store.spec import ModelStoreSpec
from components.object_store.spec import ObjectStoreSpec
from components.ownership import Ownership
from components.queue.spec import QueueSpec
from components.registry.spec import RegistrySpec
from components.sql.spec import SqlSpec
from components.vector_store.spec import VectorStoreSpec
from components.warehouse.spec import WarehouseSpec

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
    registry: RegistrySpec | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those that are made."""
        single = (self.sql, self.vectors, self.cache, self.queue, self.warehouse, self.registry)
        return tuple(spec.name for spec in (*self.objects, *single) if spec is not None)


def decide(blueprint: Platform, ownership: Ownership, region: str) -> Stores:
    """The stores of a platform; ``ownership`` has the class of data that everything without its own is kept as."""
    wanted, name = blueprint.stores, blueprint.name
    return Stores(
        objects=tuple(
            ObjectStoreSpec(
                name=f"{name}-{one.name}",
                ownership=ownership,
                region=region,
                old_versions_days=min(blueprint.data.retention_days, OLD_VERSIONS_DAYS),
                locked_days=one.locked_days,
                cold_after_days=one.cold_after_days,
            )
            for one in wanted.objects
        ),
        object_keys=tuple(one.data_class or ownership.data_class for one in wanted.objects),
        models=_models(blueprint, ownership, region),
        sql=_sql(blueprint, ownership, region),
        vectors=_vectors(blueprint, ownership),
        cache=_cache(blueprint, ownership, region),
        queue=_queue(blueprint, ownership, region),
        warehouse=_warehouse(blueprint, ownership, region),
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
        image=IMAGES["qdrant"],
        storage_gib=wanted.storage_gib,
        storage_class="encrypted",
        memory_gib=wanted.memory_gib,
        clients=("ingestion", "assistant"),
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
    if wanted is None:
        return None
    return WarehouseSpec(
        name=f"{blueprint.name}-warehouse",
        ownership=ownership,
        region=region,
        expire_days=wanted.expire_days,
        clients=blueprint.network.cidr,
        image=IMAGES["clickhouse"],
    )


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
