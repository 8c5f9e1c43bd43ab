"""The service that asks a warehouse for a workload, and the store of what waits for approval. Pure."""

import math
from dataclasses import dataclass

from blueprints import governed
from blueprints.images import IMAGES
from blueprints.served import gateway
from blueprints.served.model import Served
from blueprints.served.roles import CHAT
from blueprints.served.warehouse import GIB, Queried
from components.document_store.spec import DocumentStoreSpec
from components.ownership import Ownership
from serving.gateway.spec import pods_of
from serving.queries.spec import NAME, Column, QueriesSpec, Table

#: of a question in the audit log: five lines; of one that waits
AUDIT_BYTES, STORE_GIB = 4000, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The service and the store."""

    service: QueriesSpec
    documents: DocumentStoreSpec


def _audit_gib(blueprint: Served, queried: Queried) -> int:
    return math.ceil(queried.daily * blueprint.data.retention_days * AUDIT_BYTES / GIB) + 1


def stored_gib(blueprint: Served) -> int:
    """The volumes of the logs, of what waits, and of its backups; 0 where no warehouse is asked."""
    queried = blueprint.queried
    return 0 if queried is None else gateway.replicas(blueprint) * _audit_gib(blueprint, queried) + 2 * STORE_GIB


def decide(blueprint: Served, ownership: Ownership) -> Asking | None:
    """The service of a workload that asks a warehouse."""
    queried = blueprint.queried
    if queried is None:
        return None
    warehouse, limits = queried.warehouse, queried.limits
    by_bytes = warehouse.engine == "bigquery"
    service = QueriesSpec(
        ownership=ownership,
        image=IMAGES["gateway"],
        replicas=gateway.replicas(blueprint),
        engine=warehouse.engine,
        address=warehouse.address,
        port=warehouse.at,
        database=warehouse.database,
        identity=warehouse.identity,
        tables=tuple(
            Table(name=one.name, about=one.about, columns=tuple(Column(**each.model_dump()) for each in one.columns))
            for one in warehouse.tables
        ),
        alias=CHAT,
        askers=queried.askers,
        issuers=gateway.issuers(blueprint.access.identities),
        rows=limits.rows,
        seconds=limits.seconds,
        unasked=round(limits.gib_unasked * GIB) if by_bytes else round(limits.million_rows_unasked * 1e6),
        most=round(limits.gib_at_most * GIB),
        approved_hours=queried.approvers.approved_hours,
        keep_days=blueprint.data.retention_days,
        log_texts=blueprint.answers.log_texts,
        audit_gib=_audit_gib(blueprint, queried),
        storage_class=blueprint.target.storage_class,
        clients=("application",),
        door=pods_of(blueprint.access.gateway),
    )
    return Asking(service=service, documents=governed.documents(blueprint, STORE_GIB, (NAME, "application")))
