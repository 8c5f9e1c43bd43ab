"""What answers from documents: who may ask, for whom they speak, and how many passages an answer is made from."""

from dataclasses import dataclass

from components.ownership import Ownership
from serving.gateway.spec import NAME as GATEWAY
from serving.gateway.spec import Issuer

PORT = 8080
NAME = "retrieval"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSpec:
    """The service. ``collection`` is searched with vectors of the model behind ``embeds``; ``alias`` answers.

    ``askers`` are teams with keys; of them ``vouched`` say which groups a user is in, for others a token does. An
    answer is made from ``passages`` at most, each scored ``least_score`` at least, and written in ``attempts`` at most:
    the nearest, or the best of those ``considered`` by what the ``reranker`` makes of them. A document that was last
    changed more than ``stale_days`` ago is said to be old (0: none is). ``models`` are what the gateway calls models,
    and what they are: name, digest of the files where one was approved, country outside. The audit log is kept for
    ``keep_days``; ``log_texts`` writes questions to it, not only their digests. ``door`` is the name that the gateway's
    pods carry.
    """

    ownership: Ownership
    image: str
    replicas: int
    collection: str
    embeds: str
    alias: str
    askers: tuple[str, ...]
    vouched: tuple[str, ...]
    issuers: tuple[Issuer, ...] = ()
    passages: int
    considered: int
    reranker: str = ""
    least_score: float = 0.0
    stale_days: int = 0
    attempts: int = 2
    models: tuple[tuple[str, str], ...] = ()
    keep_days: int
    log_texts: bool = False
    audit_gib: int
    storage_class: str = ""
    clients: tuple[str, ...] = ()
    door: str = GATEWAY
