"""What every blueprint of a served workload says: its data, objectives, users' rights, answers, money, target."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from blueprints.governed import Governed
from blueprints.pinned import Pinned, Registries, pinned_from
from blueprints.served.adapters import Adapter
from blueprints.served.hours import Scaling
from blueprints.served.roles import CHAT, EMBEDDING, INGESTION, JOBS, Role
from blueprints.served.warehouse import Queried
from blueprints.written import Country, Name, Written
from planning.cost import CostLine
from serving.queries.spec import NAME as QUERIES
from serving.retrieval.spec import NAME as RETRIEVAL


class Quality(Written):
    """What a document must be like to be answered from, and when a source is away rather than emptied."""

    least_words: Annotated[int, Field(ge=1, le=10_000)] = 5
    most_unreadable_percent: Annotated[float, Field(ge=0, le=100, description="Characters that are none.")] = 1.0
    most_gone_percent: Annotated[float, Field(gt=0, le=100, description="More at once, and none is forgotten.")] = 50.0


class Documents(Written):
    """What it knows."""

    count: Annotated[int, Field(gt=0, le=100_000_000)]
    mean_pages: Annotated[float, Field(gt=0, le=10_000)] = 5.0
    formats: Annotated[
        list[Literal["pdf"]], Field(description="What is read beside texts, pages (HTML) and tables (CSV).")
    ] = Field(default_factory=list[Literal["pdf"]])
    refresh: Annotated[str, Field(pattern=r"^\S+ \S+ \S+ \S+ \S+$", description="A cron schedule.")] = "15 2 * * *"
    permissions: Annotated[
        Literal["source", "everyone"],
        Field(description="Who reads what: as files of readers say, or all."),
    ] = "source"
    vouched_by: Annotated[
        list[Name] | None,
        Field(description="Teams that say which groups a user is in; all when left out. Others send users' tokens."),
    ] = None
    passages: Annotated[
        int | None, Field(gt=0, le=50, description="An answer is made from so many; as fit, up to 6, when left out.")
    ] = None
    reranker: Annotated[
        str,
        Field(description="A model, by Hugging Face id, that reads passages with the question: the best are taken."),
    ] = ""
    least_score: Annotated[float, Field(ge=0, le=1, description="Passages that are less near are left out.")] = 0.0
    stale_days: Annotated[int, Field(ge=0, le=10_000, description="From then on a document is old; 0: never.")] = 0
    alert_hours: Annotated[
        int, Field(gt=0, le=8784, description="An alert when no run has read all of it for so long.")
    ] = 48
    quality: Quality = Quality()


class Latency(Written):
    """What users wait for, at the 95th percentile."""

    first_token_ms: Annotated[int, Field(ge=50, le=60_000)] = 2000
    per_token_ms: Annotated[int, Field(ge=5, le=1000)] = 60

    def answer_s(self, tokens: int) -> int:
        """The longest an answer of so many tokens may take, once it has begun."""
        return math.ceil(tokens * self.per_token_ms / 1000)


class Endpoint(Written):
    """A serverless endpoint answers when the chat model cannot, if it computes where the data may be.

    It speaks OpenAI's API, as RunPod's, Baseten's or a neighbour's gateway does; its vendor states the country.
    """

    kind: Literal["endpoint"]
    address: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9./_-]+$", description="Up to and with /v1.")]
    model: Annotated[str, Field(description="As the endpoint names it.")]
    country: Annotated[Country, Field(description="Where it computes, by contract.")]
    usd_per_million_tokens: Annotated[float, Field(gt=0)]
    parallel: Annotated[int, Field(gt=0, description="Requests it takes at a time.")] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """An endpoint outside as the gateway offers it: alias, length of answers, and where the blueprint names it."""

    alias: str
    endpoint: Endpoint
    answer_tokens: int
    path: tuple[str, ...]


class Review(Written):
    """How many answers people look at afterwards."""

    sample_percent: Annotated[int, Field(ge=0, le=100)] = 0


class Team(Written):
    """Who uses the gateway, with a key of its own, and how much; what is not stated is not limited."""

    name: Name
    requests_per_minute: Annotated[int, Field(gt=0)] | None = None
    tokens_per_minute: Annotated[int, Field(gt=0)] | None = None
    parallel: Annotated[int, Field(gt=0, description="Requests at a time.")] | None = None
    monthly_usd: Annotated[float, Field(gt=0, description="Of the models' price by tokens.")] | None = None
    models: Annotated[list[str], Field(description="Aliases it may use; all of them when left out.")] = Field(
        default_factory=list[str]
    )


class Identity(Written):
    """An identity provider whose tokens the gateway takes; a claim names the group, and a group is a team."""

    issuer: Annotated[str, Field(pattern=r"^https://")]
    audience: str
    keys: Annotated[str, Field(pattern=r"^https://", description="The address of its signing keys (JWKS).")]
    claim: str = "groups"
    teams: dict[str, str]


class Access(Written):
    """Who may reach the gateway: teams inside the cluster, and from outside under a host name."""

    hostname: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}$")] | None = None
    gateway: Annotated[
        Literal["litellm", "envoy"],
        Field(description="What is behind the door; `envoy` is Envoy AI Gateway, where the cluster has it."),
    ] = "litellm"
    teams: list[Team] = Field(min_length=1, default_factory=lambda: [Team(name="applications")])
    identities: list[Identity] = Field(default_factory=list[Identity])

    @model_validator(mode="after")
    def _known_teams(self) -> "Access":
        names = [team.name for team in self.teams]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"teams: {', '.join(twice)} stands there twice: give each team a name of its own"
            raise ValueError(message)
        for job in JOBS:
            if job in names:
                message = f"teams: '{job}' is the name of the workload's own job: choose another"
                raise ValueError(message)
        for identity in self.identities:
            unknown = sorted(set(identity.teams.values()) - set(names))
            if unknown:
                message = f"identities: {', '.join(unknown)} is no team of this blueprint; it has {', '.join(names)}"
                raise ValueError(message)
        return self


class Traces(Written):
    """Where a span of each request goes: an OpenTelemetry collector, over OTLP's HTTP. No texts are in it."""

    endpoint: Annotated[
        str,
        Field(pattern=r"^https?://[A-Za-z0-9.-]+(:\d+)?$", description="As http://collector.monitoring.svc:4318."),
    ]
    country: Annotated[Country, Field(description="Where it keeps them.")]
    sample_percent: Annotated[float, Field(gt=0, le=100, description="Of requests whose client decides nothing.")] = 100


Redacted = Literal["email", "iban", "payment-card", "aadhaar", "pan", "us-ssn", "phone", "ip-address"]


class Prompt(Written):
    """A version of a system prompt, and its share of people."""

    name: Name
    version: Name
    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    weight: Annotated[int, Field(ge=0, le=100)] = 100


class Handling(Written):
    """How questions and answers are changed, refused and looked at.

    Answers less sure than ``confidence`` wait for people to look at.
    """

    redact: list[Redacted] = Field(default_factory=list[Redacted])
    deny: list[Annotated[str, Field(min_length=3)]] = Field(default_factory=list[str])
    confidence: Annotated[float, Field(ge=0, lt=1)] = 0.0
    prompts: list[Prompt] = Field(default_factory=list[Prompt])


class Answers(Handling):
    """What the gateway does with questions and answers.

    ``cache_minutes`` keeps answers to equal questions for a team; data of the class `restricted` never. ``log_texts``
    writes questions and answers to the audit log, which otherwise has their digests only.
    """

    cache_minutes: Annotated[int, Field(ge=0, le=10_080)] = 0
    similar: Annotated[float, Field(ge=0.8, le=1)] | None = Field(
        default=None,
        description="Kept answers also serve questions as like as this: the cosine of their vectors.",
    )
    log_texts: bool = False
    candidate: Handling | None = Field(
        default=None, description="What would follow: `domicile rollout --answers` tries it. What it leaves out stays."
    )


class Served(Governed, ABC):
    """A workload whose models are served behind a gateway."""

    latency: Latency = Latency()
    review: Review = Review()
    access: Access = Access()
    answers: Answers = Answers()
    traces: Traces | None = None
    pinned: Annotated[list[Pinned], Field(description="Models whose files were approved.")] = Field(
        default_factory=list[Pinned]
    )
    adapters: Annotated[list[Adapter], Field(description="What models have learnt beside their weights.")] = Field(
        default_factory=list[Adapter]
    )
    routing: Annotated[
        Literal["even", "prefix"],
        Field(description="Which replica is asked: any, or one that has seen the prompt's beginning and is not busy."),
    ] = "even"

    @property
    def models_used(self) -> tuple[str, ...]:
        """The models of its roles and their adapters, and the endpoint outside."""
        outside = (self.outside.endpoint.model,) if self.outside is not None else ()
        learnt = (f"{one.registry.name}@{one.registry.version}" for one in self.adapters)
        return tuple(dict.fromkeys((*(role.model for role in self.roles()), *learnt, *outside)))

    @property
    def registries(self) -> Registries:
        """Those that pinned models and adapters come from."""
        learnt = ((("adapters", index, "registry"), one.registry) for index, one in enumerate(self.adapters))
        return (*pinned_from(self.pinned), *learnt)

    @property
    def exposed(self) -> tuple[str, ...]:
        """The gateway's host name, and the endpoint outside."""
        name = (f"reached as {self.access.hostname}",) if self.access.hostname else ()
        return (*name, *((f"asks {self.outside.endpoint.address}",) if self.outside is not None else ()))

    @property
    def overseers(self) -> str:
        """The owner's people, where they see answers."""
        return self.owner.team if self.reviewed else ""

    @property
    def reviewed(self) -> bool:
        """Whether any answer may wait for people."""
        said = self.answers
        next_ = said.candidate.confidence if said.candidate else 0.0
        return bool(self.review.sample_percent or said.confidence or next_)

    @property
    def following(self) -> Self | None:
        """The workload as it would be with the answers' candidate."""
        said = self.answers
        if said.candidate is None:
            return None
        changes = {name: getattr(said.candidate, name) for name in said.candidate.model_fields_set}
        return self.model_copy(update={"answers": said.model_copy(update={**changes, "candidate": None})})

    @property
    def generates(self) -> bool:
        """Models that write are what it is about."""
        return True

    @abstractmethod
    def roles(self) -> tuple[Role, ...]:
        """The model servers it needs, in the order they are placed."""

    @property
    def knows(self) -> Documents | None:
        """The documents it looks things up in, if any."""
        return None

    @property
    def scales(self) -> Scaling:
        """What the number of replicas follows beside the load."""
        return Scaling()

    @property
    def queried(self) -> Queried | None:
        """The warehouse it asks, if any."""
        return None

    @property
    def outside(self) -> Outside | None:
        """The endpoint outside that answers when the first model cannot, or that is the only one; None without one."""
        return None

    @property
    def spent(self) -> tuple[CostLine, ...]:
        """What it costs beside accelerators and volumes."""
        return ()

    @property
    def ends(self) -> str:
        """The last day on which the gateway answers, as 2026-11-26; empty where it has none."""
        return ""

    @property
    def jobs(self) -> tuple[tuple[str, str], ...]:
        """Jobs of its own that ask the gateway, each with a key of its own, and the alias that each asks."""
        ingestion = ((INGESTION, EMBEDDING), (RETRIEVAL, EMBEDDING)) if self.knows is not None else ()
        return (*ingestion, *(((QUERIES, CHAT),) if self.queried is not None else ()))

    @property
    def told(self) -> tuple[str, ...]:
        """What is said before every system prompt."""
        return ()
