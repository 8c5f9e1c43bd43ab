"""The service that answers from a workload's documents. Pure."""

import math
from collections.abc import Iterator, Mapping

from blueprints.images import IMAGES
from blueprints.refusal import Reason
from blueprints.served import gateway
from blueprints.served.chatting import Chatting
from blueprints.served.model import Served
from blueprints.served.roles import ASSISTANT, CHAT, EMBEDDING, RERANKER, Role
from blueprints.served.warehouse import GIB
from components.ownership import Ownership
from serving.gateway.spec import GatewaySpec, pods_of
from serving.model_server import ModelServerSpec
from serving.retrieval.spec import RetrievalSpec

#: of an answer in the audit log, and in the store of what answers were made from
AUDIT_BYTES, KEPT_BYTES = 6000, 3000


def _kept(blueprint: Served, each: int) -> float:
    """GiB of so many bytes a question, for as long as they are kept."""
    daily = blueprint.asked.daily if isinstance(blueprint, Chatting) else 0.0
    return daily * blueprint.data.retention_days * each / GIB


def audit_gib(blueprint: Served) -> int:
    """A pod's log."""
    return math.ceil(_kept(blueprint, AUDIT_BYTES)) + 1


def kept_gib(blueprint: Served) -> int:
    """What answers were made from, in the document store."""
    return math.ceil(_kept(blueprint, KEPT_BYTES))


def stored_gib(blueprint: Served) -> int:
    """The volumes of the logs; 0 where nothing is looked up."""
    return 0 if blueprint.knows is None else gateway.replicas(blueprint) * audit_gib(blueprint)


def refused(blueprint: Served) -> Iterator[Reason]:
    """More passages than fit, teams that are none, or documents that nobody could be shown."""
    known = blueprint.knows
    if known is None or not isinstance(blueprint, Chatting):
        return
    room = blueprint.room
    if known.passages is not None and known.passages > room:
        text = f"a question of {blueprint.asked.prompt_tokens} tokens has room for {max(0, room)} passages"
        yield Reason(("documents", "passages"), f"{text}: use fewer, or allow more `prompt_tokens`")
    teams = [one.name for one in blueprint.access.teams]
    for index, name in enumerate(known.vouched_by or ()):
        if name not in teams:
            text = f"'{name}' is no team of this blueprint; it has {', '.join(teams)}"
            yield Reason(("documents", "vouched_by", index), text)
    if known.permissions == "source" and known.vouched_by == [] and not blueprint.access.identities:
        text = "nobody says which groups a user is in: name teams that do, or `access.identities` whose tokens do"
        yield Reason(("documents", "vouched_by"), text)


def decide(
    blueprint: Served, ownership: Ownership, servers: Mapping[Role, ModelServerSpec], door: GatewaySpec
) -> RetrievalSpec | None:
    """The service of a workload that has documents."""
    known = blueprint.knows
    if known is None or not isinstance(blueprint, Chatting):
        return None
    teams = tuple(one.name for one in blueprint.access.teams)
    by_name = {role.name: server for role, server in servers.items()}
    return RetrievalSpec(
        ownership=ownership,
        image=IMAGES["gateway"],
        replicas=gateway.replicas(blueprint),
        collection=blueprint.name,
        embeds=EMBEDDING,
        alias=CHAT,
        askers=teams,
        vouched=teams if known.vouched_by is None else tuple(known.vouched_by),
        issuers=gateway.issuers(blueprint.access.identities),
        passages=blueprint.passages,
        considered=blueprint.considered,
        reranker=RERANKER if known.reranker else "",
        least_score=known.least_score,
        stale_days=known.stale_days,
        models=tuple(_models(door, by_name)),
        keep_days=blueprint.data.retention_days,
        log_texts=blueprint.answers.log_texts,
        audit_gib=audit_gib(blueprint),
        storage_class=blueprint.target.storage_class,
        clients=(ASSISTANT, "application"),
        door=pods_of(blueprint.access.gateway),
    )


def _models(door: GatewaySpec, servers: Mapping[str, ModelServerSpec]) -> Iterator[tuple[str, str]]:
    """What the gateway calls each model, and what it is; what ranks passages by its own name."""
    if ranks := servers.get(RERANKER):
        yield RERANKER, _what(ranks)
    for alias in door.aliases:
        for one in alias.backends:
            server = servers.get(one.name)
            said = _what(server) if server else f"{one.called} in {one.country}"
            yield from dict.fromkeys(((one.name, said), (one.called, said)))


def _what(server: ModelServerSpec) -> str:
    """A model, and the digest of its files where one was approved."""
    return f"{server.model} {server.digest}".strip()
