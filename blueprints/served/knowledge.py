"""What a workload looks things up in: its documents, their vectors, and the job that keeps them fresh. Pure."""

import math
from dataclasses import dataclass

from blueprints import governed
from blueprints.images import IMAGES
from blueprints.served import retrieval
from blueprints.served.model import Served
from blueprints.served.roles import ASSISTANT, CONNECTOR, EMBEDDING, INGESTION
from components.document_store.spec import PORT as DOCUMENTS_PORT
from components.document_store.spec import DocumentStoreSpec
from components.ownership import Ownership
from components.vector_store.spec import PORT as VECTORS_PORT
from components.vector_store.spec import VectorStoreSpec
from serving.gateway.spec import PORT, pods_of
from serving.ingestion import IngestionSpec
from serving.retrieval.spec import NAME as RETRIEVAL

WORDS_PER_PAGE = 400
PASSAGE_WORDS = 260
VECTOR_BYTES = 1024 * 4 * 2
DOCUMENT_MIB_PER_PAGE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """The stores and the job."""

    vectors: VectorStoreSpec
    documents: DocumentStoreSpec
    ingestion: IngestionSpec


@dataclass(frozen=True, slots=True)
class Stored:
    """Volumes in GiB; each store has a second one of the same size for its backups."""

    vectors: int
    documents: int
    vectors_in_memory: int

    @classmethod
    def of(cls, blueprint: Served) -> "Stored":
        """The volumes of what a workload knows, and of what its answers were made from."""
        documents = blueprint.knows
        if documents is None:
            return cls(0, 0, 0)
        pages = documents.count * documents.mean_pages
        vectors = math.ceil(pages * WORDS_PER_PAGE / PASSAGE_WORDS) * VECTOR_BYTES / 1024**3
        return cls(
            vectors=math.ceil(3 * vectors) + 10,
            documents=math.ceil(pages * DOCUMENT_MIB_PER_PAGE / 1024) + 10 + retrieval.kept_gib(blueprint),
            vectors_in_memory=math.ceil(vectors) + 1,
        )

    @property
    def total(self) -> int:
        """All of them, with their backups."""
        return 2 * (self.vectors + self.documents)


def stored_gib(blueprint: Served) -> int:
    """The volumes of what a workload knows; 0 where it knows nothing."""
    return Stored.of(blueprint).total


def decide(blueprint: Served, ownership: Ownership) -> Knowledge | None:
    """The stores and the job of a workload that has documents."""
    if blueprint.knows is None:
        return None
    known, stored = blueprint.knows, Stored.of(blueprint)
    # where not everybody reads everything, nothing but what asks for whom goes to the vectors
    past = (ASSISTANT,) if known.permissions == "everyone" else ()
    own = (INGESTION, RETRIEVAL, *past)
    keep = min(blueprint.data.retention_days, governed.KEEP_BACKUPS_DAYS)
    return Knowledge(
        vectors=VectorStoreSpec(
            name="vectors",
            ownership=ownership,
            image=IMAGES["qdrant"],
            storage_gib=stored.vectors,
            storage_class=blueprint.target.storage_class,
            memory_gib=stored.vectors_in_memory,
            clients=own,
            backup_image=IMAGES["curl"],
            backup_schedule="45 3 * * *",
            keep_backups=keep,
        ),
        documents=governed.documents(blueprint, stored.documents, (*own, CONNECTOR)),
        ingestion=IngestionSpec(
            ownership=ownership,
            image=IMAGES["python"],
            schedule=known.refresh,
            permissions=known.permissions,
            quality=tuple(known.quality.model_dump().items()),
            formats=tuple(dict.fromkeys(known.formats)),
            keep_days=blueprint.data.retention_days,
            collection=blueprint.name,
            alias=EMBEDDING,
            reaches=(
                ("documents", DOCUMENTS_PORT),
                ("vectors", VECTORS_PORT),
                (pods_of(blueprint.access.gateway), PORT),
            ),
        ),
    )
