"""What a workload's models do: each role is a model server, and what is asked of it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from planning.sizing import Load
from serving.engines.contract import Task
from serving.queries.spec import NAME as QUERIES
from serving.retrieval.spec import NAME as RETRIEVAL

#: names that mean the same in every kind; ingestion is the job that reads documents
INGESTION, BATCH = "ingestion", "batch"
#: pods of teams' own: what people talk to, and what brings documents
ASSISTANT, CONNECTOR = "assistant", "connector"
#: parts of a workload that ask its gateway, each with a key of its own: no team goes by such a name
JOBS = (INGESTION, BATCH, QUERIES, RETRIEVAL)
CHAT, EMBEDDING, RERANKER = "chat", "embedding", "reranker"
FALLBACK, NEXT, OUTSIDE = "chat-small", "chat-next", "chat-outside"
WORKER = "worker"


class Part(StrEnum):
    """How a role serves. It is no task: a main role may generate or embed."""

    MAIN = "main"
    FALLBACK = "fallback"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A model server to be. ``path`` is where the blueprint asks for it; ``monthly_tokens`` share its price.

    ``fallbacks`` answer when it cannot, in their order; ``stands_in_for`` names the role that a fallback answers for,
    or that a candidate would follow. ``answer_s`` is the longest an answer may take by the objectives. One that
    ``sees`` is shown images.
    """

    name: str
    model: str
    precision: str
    engine: str
    task: Task
    load: Load
    monthly_tokens: float
    answer_s: int
    path: tuple[str | int, ...]
    part: Part = Part.MAIN
    stands_in_for: str = ""
    fallbacks: tuple[str, ...] = ()
    sees: bool = False

    @property
    def generates(self) -> bool:
        """Whether it writes answers; otherwise it embeds, or ranks."""
        return self.task == "generate"

    @property
    def aliased(self) -> bool:
        """Whether the gateway has it: what ranks passages is asked by the service that looks them up."""
        return self.task != "rerank"
