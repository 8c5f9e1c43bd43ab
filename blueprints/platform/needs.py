"""What workloads need of a platform's stores: their identities, and vectors that lie elsewhere. Pure."""

from collections.abc import Iterator

from blueprints.platform.model import Databricks, Pinecone, Platform, Snowflake, Warehouse
from blueprints.refusal import Reason
from catalog import places
from components.identity.spec import Access, IdentitySpec, Use
from components.ownership import Ownership
from components.targets import KubernetesTarget

SQL_SECRET = "sql-secret"  # noqa: S105 a name
SHARED = ("queue", "warehouse", "registry")
FEATURES, TRACKING = "features", "tracking"


def identities(blueprint: Platform, ownership: Ownership, region: str) -> tuple[IdentitySpec, ...]:
    """The identities of workloads, each with what it uses and nothing else."""
    kinds = _kinds(blueprint)
    stores = (
        IdentitySpec(
            name=f"{blueprint.name}-{name}",
            ownership=ownership,
            region=region,
            namespace=blueprint.name,
            service_account=name,
            uses=(Use(kind="object_store", name=f"{blueprint.name}-{name}", access=Access.WRITE), *uses),
        )
        for name, uses in own(blueprint).items()
    )
    workloads = (
        IdentitySpec(
            name=f"{blueprint.name}-{one.name}",
            ownership=ownership,
            region=region,
            namespace=one.namespace,
            service_account=one.service_account,
            uses=tuple(_use(kinds[use.store], use.access) for use in one.uses if use.store in kinds),
        )
        for one in blueprint.identities
    )
    return (*stores, *workloads)


def own(blueprint: Platform) -> dict[str, tuple[Use, ...]]:
    """Stores of ours that run in the cluster: a bucket each, and what else they open."""
    stores = blueprint.stores
    warehouse = Use(kind="warehouse", name="warehouse", access=Access.READ)
    # on an attached cluster the Secret is mounted: nothing else may read it
    mounted = isinstance(blueprint.target, KubernetesTarget)
    password = () if mounted else (Use(kind="secret", name=SQL_SECRET, access=Access.READ),)
    return {
        **({FEATURES: (warehouse,)} if stores.features is not None else {}),
        **({TRACKING: password} if stores.tracking is not None else {}),
    }


def vectors_at(blueprint: Platform) -> str:
    """Where vectors are that no store of their own keeps; blank where there are none such."""
    wanted = blueprint.stores.vectors
    if isinstance(wanted, Pinecone):
        return wanted.endpoint
    return "sql" if wanted is not None and wanted.engine == "pgvector" else ""


def refused(blueprint: Platform) -> Iterator[Reason]:
    """Uses of stores that are not made, stores without what they stand on, and data that may not be where they are."""
    yield from _uses(blueprint)
    yield from _places(blueprint)
    stores, taken = blueprint.stores, own(blueprint)
    for index, one in enumerate(stores.objects):
        if one.name in taken:
            text = f"'{one.name}' is the bucket of stores.{one.name}: give this one another name"
            yield Reason(("stores", "objects", index, "name"), text)
    if stores.features is not None and not isinstance(stores.warehouse, Warehouse):
        yield Reason(("stores", "features"), "a feature store keeps its history in the target's own warehouse: add it")
    if stores.tracking is not None and stores.sql is None:
        yield Reason(("stores", "tracking"), "its records are in PostgreSQL: add stores.sql")
    if vectors_at(blueprint) == "sql" and stores.sql is None:
        yield Reason(("stores", "vectors", "engine"), "pgvector lives in PostgreSQL: add stores.sql")


def _uses(blueprint: Platform) -> Iterator[Reason]:
    kinds = _kinds(blueprint)
    for number, one in enumerate(blueprint.identities):
        for index, use in enumerate(one.uses):
            at = ("identities", number, "uses", index)
            if use.store not in kinds:
                known = ", ".join(kinds) or "none"
                yield Reason((*at, "store"), f"there is no store '{use.store}' to use; there are {known}")
            elif use.store == "registry" and use.access == "write":
                yield Reason((*at, "access"), "workloads read images: who writes them is the platform's pipeline")


def _places(blueprint: Platform) -> Iterator[Reason]:
    vectors, warehouse = blueprint.stores.vectors, blueprint.stores.warehouse
    if isinstance(vectors, Pinecone):
        yield from _elsewhere(blueprint, vectors, ("stores", "vectors", "region"), "use an engine in the cluster")
    if isinstance(warehouse, Snowflake | Databricks):
        yield from _elsewhere(blueprint, warehouse, ("stores", "warehouse", "region"), "use the target's own")


def _elsewhere(
    blueprint: Platform, wanted: Pinecone | Snowflake | Databricks, at: tuple[str, ...], remedy: str
) -> Iterator[Reason]:
    """What a vendor keeps where there is no such region, or where the data may not be."""
    found = places.regions().get((wanted.cloud, wanted.region))
    if found is None:
        yield Reason(at, f"there is no region '{wanted.region}' in {wanted.cloud}")
    elif found.country not in blueprint.data.jurisdictions:
        text = f"{wanted.region} is in {found.country or 'a country not known'}, the data must stay in "
        yield Reason(at, f"{text}{', '.join(blueprint.data.jurisdictions)}: {remedy}")


def _use(found: tuple[str, str], access: str) -> Use:
    kind, name = found
    return Use(kind=kind, name=name, access=Access(access))


def _kinds(blueprint: Platform) -> dict[str, tuple[str, str]]:
    """The stores that can be used: a name in the blueprint to (kind, name of the resource)."""
    found = {one.name: ("object_store", f"{blueprint.name}-{one.name}") for one in blueprint.stores.objects}
    made = [kind for kind in SHARED if getattr(blueprint.stores, kind) is not None]
    if isinstance(blueprint.stores.warehouse, Snowflake | Databricks):
        # it knows its own users, not the cloud's
        made.remove("warehouse")
    return found | {kind: (kind, kind) for kind in made}
