"""Workloads in which people talk to a model: one chat model, what stands in for it, what may follow it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from blueprints.served.hours import Scaling
from blueprints.served.model import Endpoint, Outside, Served
from blueprints.served.roles import CHAT, EMBEDDING, FALLBACK, NEXT, OUTSIDE, RERANKER, Part, Role
from blueprints.written import Written
from planning.sizing import Load

DAYS_PER_MONTH = 30.4
#: of a passage in a question, and of what stands around passages there
PASSAGE_TOKENS, AROUND_TOKENS, USUAL_PASSAGES = 400, 500, 6
#: of a passage as a model reads it, with a question where it is ranked
EMBEDDED_TOKENS, RANKED_TOKENS = 512, 512
#: so many passages are ranked for each that an answer is made from
CONSIDERED, MOST_CONSIDERED = 5, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What people ask: questions on a day, the share of them in the busiest hour, and their tokens."""

    people: int
    daily: float
    busiest_hour_share: float
    prompt_tokens: int
    answer_tokens: int

    @property
    def busiest_per_s(self) -> float:
        """Questions a second in the busiest hour."""
        return self.daily * self.busiest_hour_share / 3600


class Users(Written):
    """Who asks, and how much."""

    active: Annotated[int, Field(gt=0, le=1_000_000, description="People who use it on a working day.")]
    questions_per_day: Annotated[float, Field(gt=0, le=1000, description="Per person.")] = 8.0
    busiest_hour_share: Annotated[float, Field(gt=0, le=1, description="Share of a day's questions.")] = 0.2
    prompt_tokens: Annotated[int, Field(gt=0, le=200_000, description="A question with its passages.")] = 4000
    answer_tokens: Annotated[int, Field(gt=0, le=32_000)] = 400

    @property
    def asked(self) -> Asked:
        """What they ask."""
        return Asked(
            people=self.active,
            daily=self.active * self.questions_per_day,
            busiest_hour_share=self.busiest_hour_share,
            prompt_tokens=self.prompt_tokens,
            answer_tokens=self.answer_tokens,
        )


class Candidate(Written):
    """A model, or the same one in another way, that shall take the chat model's place if it proves itself."""

    model: str
    precision: Literal["bf16", "fp8"] = "bf16"
    engine: Literal["vllm", "sglang", "trtllm"] = "vllm"


class Models(Written):
    """Which models answer, by Hugging Face id; the catalog must know them."""

    chat: str = "Qwen/Qwen3-8B"
    embedding: str = "BAAI/bge-m3"
    precision: Literal["bf16", "fp8"] = "bf16"
    engine: Annotated[Literal["vllm", "sglang", "trtllm"], Field(description="What runs the chat model.")] = "vllm"
    candidate: Candidate | None = None


class Refuse(Written):
    """An overloaded or failed chat model is an error to the caller, after retries."""

    kind: Literal["refuse"]


class SmallerModel(Written):
    """Another model answers when the chat model cannot."""

    kind: Literal["smaller-model"]
    model: str


class Chatting(Served, ABC):
    """A workload with a chat model, and a model that embeds what it looks up."""

    models: Models = Models()
    fallback: Annotated[Refuse | SmallerModel | Endpoint, Field(discriminator="kind")] = Refuse(kind="refuse")
    scaling: Scaling = Scaling()

    @property
    def scales(self) -> Scaling:
        """What the number of the chat model's replicas follows beside the load."""
        return self.scaling

    @property
    def talks(self) -> bool:
        """People ask, it answers."""
        return True

    @property
    @abstractmethod
    def asked(self) -> Asked:
        """What people ask."""

    @property
    def outside(self) -> Outside | None:
        """The endpoint that stands in, if one does."""
        if not isinstance(self.fallback, Endpoint):
            return None
        tokens = self.asked.answer_tokens
        return Outside(alias=OUTSIDE, endpoint=self.fallback, answer_tokens=tokens, path=("fallback",))

    def roles(self) -> tuple[Role, ...]:
        """The model that embeds, the one that answers, and who stands in for it or may follow it."""
        asked, models = self.asked, self.models
        rate, monthly = asked.busiest_per_s, asked.daily * DAYS_PER_MONTH
        embedding = Role(
            name=EMBEDDING,
            model=models.embedding,
            precision="bf16",
            engine="vllm",
            task="embed",
            load=Load(rate + 1, EMBEDDED_TOKENS, 1),
            monthly_tokens=monthly * asked.prompt_tokens,
            answer_s=5,
            path=("models", "embedding"),
        )
        found = [embedding, self._answering(CHAT, models.chat, models.precision, ("models", "chat"))]
        if self.knows is not None and self.knows.reranker:
            found.append(self._ranking(self.knows.reranker))
        if isinstance(self.fallback, SmallerModel):
            path = ("fallback", "model")
            found.append(self._answering(FALLBACK, self.fallback.model, models.precision, path, Part.FALLBACK))
        if models.candidate:
            path = ("models", "candidate")
            next_ = models.candidate
            found.append(self._answering(NEXT, next_.model, next_.precision, path, Part.CANDIDATE, engine=next_.engine))
        return tuple(found)

    @property
    def room(self) -> int:
        """How many passages fit into a question."""
        return (self.asked.prompt_tokens - AROUND_TOKENS) // PASSAGE_TOKENS

    @property
    def passages(self) -> int:
        """How many an answer is made from."""
        said = self.knows.passages if self.knows is not None else None
        return said or max(1, min(USUAL_PASSAGES, self.room))

    @property
    def considered(self) -> int:
        """How many are looked up for it; those that are not the best are left out."""
        ranks = self.knows is not None and bool(self.knows.reranker)
        return max(self.passages, min(MOST_CONSIDERED, CONSIDERED * self.passages)) if ranks else self.passages

    def _ranking(self, model: str) -> Role:
        asked = self.asked
        return Role(
            name=RERANKER,
            model=model,
            precision="bf16",
            engine="vllm",
            task="rerank",
            load=Load(asked.busiest_per_s * self.considered, RANKED_TOKENS, 1),
            monthly_tokens=asked.daily * DAYS_PER_MONTH * self.considered * RANKED_TOKENS,
            answer_s=5,
            path=("documents", "reranker"),
        )

    def _answering(
        self,
        name: str,
        model: str,
        precision: str,
        path: tuple[str, ...],
        part: Part = Part.MAIN,
        *,
        engine: str = "",
    ) -> Role:
        asked = self.asked
        return Role(
            name=name,
            model=model,
            precision=precision,
            engine=engine or self.models.engine,
            task="generate",
            load=Load(asked.busiest_per_s, asked.prompt_tokens, asked.answer_tokens),
            monthly_tokens=asked.daily * DAYS_PER_MONTH * (asked.prompt_tokens + asked.answer_tokens),
            answer_s=self.latency.answer_s(asked.answer_tokens),
            path=path,
            part=part,
            stands_in_for="" if part is Part.MAIN else CHAT,
            fallbacks=(FALLBACK,) if part is Part.MAIN and isinstance(self.fallback, SmallerModel) else (),
        )
