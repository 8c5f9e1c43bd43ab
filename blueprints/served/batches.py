"""The job of a workload that is worked through in windows, and the store of what it works on. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from blueprints import governed
from blueprints.images import IMAGES
from blueprints.served.batching import Batching
from blueprints.served.model import Served
from blueprints.served.roles import BATCH, WORKER, Role
from components.document_store.spec import DocumentStoreSpec
from components.ownership import Ownership
from planning.cost import HOURS_PER_MONTH
from serving.batch import BatchSpec
from serving.gateway.spec import pods_of
from serving.model_server import ModelServerSpec

#: more requests than the model takes at once, so that none of its places is empty while an answer travels
AHEAD = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchWork:
    """The job and its store."""

    documents: DocumentStoreSpec
    job: BatchSpec


def _volume_gib(blueprint: Batching) -> int:
    windows = len(blueprint.window.days) / 7 * blueprint.data.retention_days
    return math.ceil(blueprint.work.items * blueprint.work.stored_mib * max(1.0, windows) / 1024) + 10


def stored_gib(blueprint: Served) -> int:
    """The volumes of what is worked on, and of its backups; 0 where nothing is."""
    return 2 * _volume_gib(blueprint) if isinstance(blueprint, Batching) else 0


def share(blueprint: Served) -> float:
    """The share of a month in which the models run."""
    if not isinstance(blueprint, Batching):
        return 1.0
    return min(1.0, blueprint.window.hours * blueprint.window.per_month / float(HOURS_PER_MONTH))


def decide(blueprint: Served, ownership: Ownership, servers: Mapping[Role, ModelServerSpec]) -> BatchWork | None:
    """The job and the store of a workload that has windows."""
    if not isinstance(blueprint, Batching):
        return None
    work, window = blueprint.work, blueprint.window
    worker = next(one for one in servers.values() if one.name == WORKER)
    return BatchWork(
        documents=governed.documents(blueprint, _volume_gib(blueprint), (BATCH, "application")),
        job=BatchSpec(
            ownership=ownership,
            image=IMAGES["python"],
            schedule=window.cron,
            time_zone=window.time_zone,
            deadline_s=window.seconds,
            start_s=2 * worker.start_s,
            alias=worker.name,
            task=work.task,
            servers=((worker.name, worker.replicas),),
            parallel=math.ceil(AHEAD * worker.replicas * worker.max_num_seqs),
            keep_days=blueprint.data.retention_days,
            instruction=work.instruction,
            fields=work.fields,
            door=pods_of(blueprint.access.gateway),
        ),
    )
