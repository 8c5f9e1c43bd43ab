"""What workloads need of a platform's stores: their identities, and vectors that lie elsewhere. Pure."""

from collections.abc import Iterator

from blueprints.platform.model import Pinecone, Platform
from blueprints.refusal import Reason
from catalog import places
from components.identity.spec import Access, IdentitySpec, Use
from components.ownership import Ownership

SHARED = ("queue", "warehouse", "registry")


def identities(blueprint: Platform, ownership: Ownership, region: str) -> tuple[IdentitySpec, ...]:
    """The identities of workloads, each with what it uses and nothing else."""
    kinds = _kinds(blueprint)
    return tuple(
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


def vectors_at(blueprint: Platform) -> str:
    """Where vectors are that no store of their own keeps; blank where there are none such."""
    wanted = blueprint.stores.vectors
    if isinstance(wanted, Pinecone):
        return wanted.endpoint
    return "sql" if wanted is not None and wanted.engine == "pgvector" else ""


def refused(blueprint: Platform) -> Iterator[Reason]:
    """Uses of stores that are not made, and vectors that may not be where they are."""
    kinds = _kinds(blueprint)
    for number, one in enumerate(blueprint.identities):
        for index, use in enumerate(one.uses):
            at = ("identities", number, "uses", index)
            if use.store not in kinds:
                known = ", ".join(kinds) or "none"
                yield Reason((*at, "store"), f"there is no store '{use.store}' to use; there are {known}")
            elif use.store == "registry" and use.access == "write":
                yield Reason((*at, "access"), "workloads read images: who writes them is the platform's pipeline")
    wanted = blueprint.stores.vectors
    if isinstance(wanted, Pinecone):
        yield from _pinecone(blueprint, wanted)
    elif vectors_at(blueprint) == "sql" and blueprint.stores.sql is None:
        yield Reason(("stores", "vectors", "engine"), "pgvector lives in PostgreSQL: add stores.sql")


def _pinecone(blueprint: Platform, wanted: Pinecone) -> Iterator[Reason]:
    at = ("stores", "vectors", "region")
    found = places.regions().get((wanted.cloud, wanted.region))
    if found is None:
        yield Reason(at, f"there is no region '{wanted.region}' in {wanted.cloud}")
    elif found.country not in blueprint.data.jurisdictions:
        text = f"{wanted.region} is in {found.country or 'a country not known'}, the data must stay in "
        yield Reason(at, f"{text}{', '.join(blueprint.data.jurisdictions)}: use an engine in the cluster")


def _use(found: tuple[str, str], access: str) -> Use:
    kind, name = found
    return Use(kind=kind, name=name, access=Access(access))


def _kinds(blueprint: Platform) -> dict[str, tuple[str, str]]:
    """The stores that can be used: a name in the blueprint to (kind, name of the resource)."""
    found = {one.name: ("object_store", f"{blueprint.name}-{one.name}") for one in blueprint.stores.objects}
    return found | {kind: (kind, kind) for kind in SHARED if getattr(blueprint.stores, kind) is not None}
