"""What a gateway is: aliases that applications name, the models behind them, and the teams that may use them."""

from dataclasses import dataclass, field
from typing import Literal

from components.ownership import Ownership

PORT = 4000
NAME = "gateway"
ROLLOUT = "gateway-rollout"
Engine = Literal["litellm", "envoy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One place that answers for an alias: a server of the workload, or a hosted API.

    ``weight`` is its share of the alias's requests, 0 for one that is kept for tests by name. Prices in USD for a
    million tokens. ``parallel`` is how many requests its replicas take at once: more wait at the gateway. ``model`` is
    what its server calls it, if not by its own name. ``hosted`` is LiteLLM's name of a hosted model (`bedrock/...`),
    ``country`` where it computes, ``address`` where it is reached if not at its vendor's; its key is ``key_variable``
    in the Secret `gateway-outside`, which is not ours to make.
    """

    name: str
    country: str
    timeout_s: int
    parallel: int
    weight: int = 100
    usd_input: float = 0.0
    usd_output: float = 0.0
    model: str = ""
    hosted: str = ""
    address: str = ""
    key_variable: str = ""

    @property
    def called(self) -> str:
        """What its server calls the model."""
        return self.hosted.removeprefix("openai/") or self.model or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """A model may sleep when nobody asks. A request finds it up within ``within_s``, or ``meanwhile`` answers.

    ``after_s`` is how long nobody must have asked; ``meanwhile`` is an alias, empty for requests that wait.
    """

    after_s: int
    within_s: int
    meanwhile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Sends some requests of an alias to another one: prompts longer than so many tokens, or those of some teams."""

    use: str
    prompt_tokens_over: int | None = None
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name that applications use. ``task`` is `generate` or `embed`.

    ``fallbacks`` answer in their order when it cannot. ``cache_s`` keeps answers to equal questions for a team, 0 for
    none; with ``similar`` (a cosine, 0 for none) also to those as like, by vectors of the alias ``embedder``. Answers
    less sure than ``confidence`` (0 to 1, 0 for none) go to people, and before that to the alias ``escalate``, if any.
    An answer is slow that takes longer than ``first_token_s`` and ``per_token_s`` for each token; 0 for no objective.
    A ``canary`` gets the share that `rollout.json` gives it in a rollout; what it cannot answer, the alias does.
    """

    name: str
    task: str
    backends: tuple[Backend, ...]
    answer_tokens: int = 1024
    fallbacks: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    cache_s: int = 0
    similar: float = 0.0
    embedder: str = ""
    data_classes: tuple[str, ...] = ("public", "internal", "confidential", "restricted")
    confidence: float = 0.0
    escalate: str = ""
    first_token_s: float = 0.0
    per_token_s: float = 0.0
    canary: Backend | None = None
    sleep: Sleep | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Who uses it, and how much. None is no limit; requests and tokens are those of a minute.

    After the day ``expires`` (as 2026-11-26, UTC) it is refused; empty for never. Only with ``similar`` is it given
    kept answers to questions like its own: a part that writes documents into its questions must not be.
    """

    name: str
    aliases: tuple[str, ...]
    data_class: str
    requests: int | None = None
    tokens: int | None = None
    parallel: int | None = None
    monthly_usd: float | None = None
    expires: str = ""
    similar: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A version of a system prompt, and its share of people."""

    name: str
    version: str
    text: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """An identity provider: its tokens' ``claim`` names a group, and ``teams`` says which team that is."""

    issuer: str
    audience: str
    keys: str
    claim: str
    teams: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Where a span of each request goes, over OTLP's HTTP; ``share`` of them where no client has decided."""

    endpoint: str
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySpec:
    """A gateway.

    ``retries`` are tries of one alias before its fallbacks, for ``retry_percent`` of its requests in a minute; a back
    end that failed ``failures`` times in a minute is left alone for ``cooldown_s``. ``redact`` names kinds of personal
    data that are replaced before a model sees them; requests and answers that have one of the phrases ``deny`` are
    refused. The ``engine`` `envoy` can some of it (`serving/gateway/envoy/refused.py`); its ``gateway_class`` is the
    cluster's. ``audit_texts`` writes prompts and answers to the audit log, which otherwise has their digests only.
    ``candidate`` is the gateway as it would be with other answers: a rollout gives it its share of requests. The
    servers ``routed`` have a router before their replicas.
    """

    ownership: Ownership
    image: str
    counters_image: str
    replicas: int
    aliases: tuple[Alias, ...]
    teams: tuple[Team, ...]
    retries: int = 2
    retry_percent: int = 20
    failures: int = 3
    cooldown_s: int = 30
    never_cached: tuple[str, ...] = ("restricted",)
    prompts: tuple[Prompt, ...] = ()
    issuers: tuple[Issuer, ...] = ()
    redact: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    audit_texts: bool = False
    audit_gib: int = 10
    review_gib: int = 10
    review_percent: int = 0
    storage_class: str = ""
    shared_storage_class: str = ""
    hostname: str | None = None
    ingress_class: str = ""
    gateway_api: bool = False
    window_s: int = 60
    traces: Traces | None = None
    clients: tuple[str, ...] = field(default=())
    engine: Engine = "litellm"
    gateway_class: str = ""
    candidate: "GatewaySpec | None" = None
    routed: tuple[str, ...] = ()

    @property
    def pods(self) -> str:
        """The name that the gateway's pods carry."""
        return pods_of(self.engine)

    @property
    def reviewed(self) -> bool:
        """Whether any answer may wait for people."""
        own = self.review_percent > 0 or any(alias.confidence for alias in self.aliases)
        return own or (self.candidate is not None and self.candidate.reviewed)

    @property
    def hosted(self) -> tuple[Backend, ...]:
        """The back ends outside the cluster."""
        return tuple(one for alias in self.aliases for one in alias.backends if one.hosted)

    @property
    def longest_s(self) -> int:
        """The longest that a request may take: every try of an alias and of all that answer for it."""

        def tries(alias: Alias) -> int:
            woken = alias.sleep.within_s if alias.sleep and not alias.sleep.meanwhile else 0
            return woken + max(one.timeout_s for one in alias.backends) * (self.retries + 1)

        return max(sum(map(tries, self.answering(alias))) for alias in self.aliases)

    def answering(self, alias: Alias) -> tuple[Alias, ...]:
        """An alias, and those that answer for it when it cannot, in their order."""
        by_name = {one.name: one for one in self.aliases}
        return (alias, *(by_name[name] for name in alias.fallbacks))


def pods_of(engine: Engine) -> str:
    """The name that a gateway's pods carry: Envoy Gateway names those that it makes itself."""
    return NAME if engine == "litellm" else "envoy"


def canary_of(alias: str) -> str:
    """The name under which an alias's canary is routed."""
    return f"{alias}--canary"


def model_id(alias: str, backend: str) -> str:
    """The name under which an alias's back end stands in answers, logs and prices."""
    return f"{alias}@{backend}"
