"""The assistant's gateway: its aliases, what they fall back to, who may use them, and what a token costs."""

import math
from decimal import Decimal

from blueprints.images import IMAGES
from blueprints.knowledge_assistant.model import KnowledgeAssistant, SmallerModel
from components.ownership import Ownership
from planning.cost import Cost
from serving.gateway import counters
from serving.gateway.spec import Alias, Backend, GatewaySpec, Issuer, Prompt, Team
from serving.model_server import ModelServerSpec

CHAT, EMBEDDING, FALLBACK, NEXT = "chat", "embedding", "chat-small", "chat-next"
INGESTION = "ingestion"
HIGH_AVAILABILITY = 99.0
AUDIT_GIB, REVIEW_GIB = 10, 10
RETRIES = 1
DAYS_PER_MONTH = 30.4


def engine_of(blueprint: KnowledgeAssistant, role: str) -> str:
    """The engine that runs a role's model."""
    models = blueprint.models
    if role == NEXT and models.candidate:
        return models.candidate.engine
    return "vllm" if role == EMBEDDING else models.engine


def precision_of(blueprint: KnowledgeAssistant, role: str) -> str:
    """The precision of a role's model."""
    models = blueprint.models
    if role == NEXT and models.candidate:
        return models.candidate.precision
    return "bf16" if role == EMBEDDING else models.precision


def replicas(blueprint: KnowledgeAssistant) -> int:
    """How many gateways there are."""
    return 2 if blueprint.availability_percent > HIGH_AVAILABILITY else 1


def storage_gib(blueprint: KnowledgeAssistant) -> int:
    """The gateway's volumes: an audit log for each replica, answers for review, counters."""
    reviewed = blueprint.review.sample_percent or blueprint.answers.confidence
    return replicas(blueprint) * AUDIT_GIB + (REVIEW_GIB if reviewed else 0) + counters.STORAGE_GIB


def spec_of(
    blueprint: KnowledgeAssistant,
    ownership: Ownership,
    servers: tuple[ModelServerSpec, ...],
    bill: Cost,
    country: str,
) -> GatewaySpec:
    """The gateway of an assistant's servers."""
    said = blueprint.answers
    names = tuple(one.name for one in servers if one.name != NEXT)
    candidate = next((_backend(one, _usd(blueprint, one, bill), country) for one in servers if one.name == NEXT), None)
    smaller = isinstance(blueprint.fallback, SmallerModel)
    return GatewaySpec(
        ownership=ownership,
        image=IMAGES["gateway"],
        counters_image=IMAGES["valkey"],
        replicas=replicas(blueprint),
        aliases=tuple(
            _alias(
                blueprint,
                one,
                _backend(one, _usd(blueprint, one, bill), country),
                candidate if one.name == CHAT else None,
                smaller=smaller,
            )
            for one in servers
            if one.name != NEXT
        ),
        teams=(
            Team(name=INGESTION, aliases=(EMBEDDING,), data_class=blueprint.data.class_),
            *(
                Team(
                    name=one.name,
                    aliases=names,
                    data_class=blueprint.data.class_,
                    requests=one.requests_per_minute,
                    tokens=one.tokens_per_minute,
                    parallel=one.parallel,
                    monthly_usd=one.monthly_usd,
                )
                for one in blueprint.access.teams
            ),
        ),
        retries=RETRIES,
        prompts=tuple(
            Prompt(name=one.name, version=one.version, text=one.text, weight=one.weight) for one in said.prompts
        ),
        issuers=tuple(
            Issuer(
                issuer=one.issuer,
                audience=one.audience,
                keys=one.keys,
                claim=one.claim,
                teams=tuple(sorted(one.teams.items())),
            )
            for one in blueprint.access.identities
        ),
        redact=tuple(said.redact),
        deny=tuple(said.deny),
        audit_texts=said.log_texts,
        audit_gib=AUDIT_GIB,
        review_gib=REVIEW_GIB,
        review_percent=blueprint.review.sample_percent,
        storage_class=blueprint.target.storage_class,
        shared_storage_class=blueprint.target.shared_storage_class,
        hostname=blueprint.access.hostname,
        ingress_class=blueprint.target.ingress_class,
        gateway_api=blueprint.target.capabilities.gateway_api,
        clients=(INGESTION, "assistant"),
    )


def _backend(server: ModelServerSpec, usd: float, country: str) -> Backend:
    return Backend(
        name=server.name,
        country=country,
        timeout_s=max(30, 2 * server.answer_s),
        parallel=server.max_num_seqs * server.replicas,
        usd_input=usd,
        usd_output=usd,
    )


def _alias(
    blueprint: KnowledgeAssistant,
    server: ModelServerSpec,
    backend: Backend,
    candidate: Backend | None,
    *,
    smaller: bool,
) -> Alias:
    generates = server.task == "generate"
    return Alias(
        name=server.name,
        task=server.task,
        backends=(backend,),
        canary=candidate,
        answer_tokens=server.max_model_len // 2,
        fallbacks=(FALLBACK,) if smaller and server.name == CHAT else (),
        cache_s=60 * blueprint.answers.cache_minutes if generates else 0,
        confidence=blueprint.answers.confidence if generates else 0.0,
        first_token_s=blueprint.latency.first_token_ms / 1000 if generates else 0.0,
        per_token_s=blueprint.latency.per_token_ms / 1000 if generates else 0.0,
        escalate=CHAT if smaller and server.name == FALLBACK and blueprint.answers.confidence else "",
    )


def _usd(blueprint: KnowledgeAssistant, server: ModelServerSpec, bill: Cost) -> float:
    """USD for a million tokens of a server: the month's GPUs over the tokens of the planned load, rounded up."""
    users = blueprint.users
    each = users.prompt_tokens + users.answer_tokens if server.task == "generate" else users.prompt_tokens
    tokens = users.active * users.questions_per_day * DAYS_PER_MONTH * each
    return math.ceil(float(server_usd(server.name, bill)) / tokens * 1e6 * 1e4) / 1e4


def server_usd(name: str, bill: Cost) -> Decimal:
    """What a server's GPUs cost a month; 0 where no price is known."""
    return sum((line.usd for line in bill.lines if line.item.startswith(f"{name} (") and line.usd), Decimal(0))
