"""A workload's gateway: its aliases, what they fall back to, who may use them, and what a token costs. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from blueprints.images import IMAGES
from blueprints.refusal import Reason
from blueprints.served import adapters, routing
from blueprints.served.model import Identity, Served
from blueprints.served.roles import ASSISTANT, BATCH, INGESTION, OUTSIDE, Part, Role
from components.ownership import Ownership
from planning.cost import Cost
from serving.gateway import counters
from serving.gateway.envoy.refused import cannot
from serving.gateway.spec import Alias, Backend, GatewaySpec, Issuer, Prompt, Sleep, Team, Traces
from serving.model_server import ModelServerSpec
from serving.queries.spec import NAME as QUERIES
from serving.retrieval.spec import NAME as RETRIEVAL

HIGH_AVAILABILITY = 99.0
AUDIT_GIB, REVIEW_GIB = 10, 10
RETRIES = 1
#: until a scaler has seen that requests wait
LOOK_S = 60


def replicas(blueprint: Served) -> int:
    """How many gateways there are."""
    return 2 if blueprint.availability_percent > HIGH_AVAILABILITY else 1


def storage_gib(blueprint: Served) -> int:
    """The gateway's volumes: an audit log for each replica, answers for review, counters; none of Envoy's."""
    if blueprint.access.gateway == "envoy":
        return 0
    return replicas(blueprint) * AUDIT_GIB + (REVIEW_GIB if blueprint.reviewed else 0) + counters.STORAGE_GIB


def spec_of(
    blueprint: Served, ownership: Ownership, servers: Mapping[Role, ModelServerSpec], bill: Cost, country: str
) -> GatewaySpec:
    """The gateway of a workload's servers."""
    said = blueprint.answers
    backends = {one.name: _backend(one, server, bill, country) for one, server in servers.items() if one.aliased}
    outside = _outside(blueprint)
    mine = (role for role in servers if role.part is not Part.CANDIDATE and role.aliased)
    own = tuple(_alias(blueprint, role, servers, backends) for role in mine)
    aliases = (*own, *adapters.aliases(blueprint.adapters, own), *outside)
    following = blueprint.following
    return GatewaySpec(
        ownership=ownership,
        image=IMAGES["envoy" if blueprint.access.gateway == "envoy" else "gateway"],
        counters_image=IMAGES["valkey"],
        replicas=replicas(blueprint),
        aliases=aliases,
        teams=_teams(blueprint, tuple(one.name for one in aliases)),
        retries=RETRIES,
        prompts=_prompts(blueprint),
        issuers=issuers(blueprint.access.identities),
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
        traces=_traces(blueprint),
        engine=blueprint.access.gateway,
        gateway_class=blueprint.target.gateway_class,
        routed=tuple(one.name for one in servers.values() if routing.routed(blueprint, one.task, one.replicas)),
        candidate=spec_of(following, ownership, servers, bill, country) if following else None,
        clients=(
            *(INGESTION, ASSISTANT, BATCH),
            *((QUERIES,) if blueprint.queried else ()),
            *((RETRIEVAL,) if blueprint.knows else ()),
            *(f"{role.name}-scaler" for role, one in servers.items() if one.scaled and blueprint.scales.sleep),
        ),
    )


def refused(blueprint: Served, spec: GatewaySpec) -> Iterator[Reason]:
    """What the blueprint asks of Envoy AI Gateway and it cannot do, or that the target has none."""
    if spec.engine == "litellm":
        return
    if not blueprint.target.capabilities.envoy_ai_gateway:
        text = "there is none: install Envoy AI Gateway and say `envoy_ai_gateway: true`, or use `litellm`"
        yield Reason(("target", "capabilities", "envoy_ai_gateway"), text)
    paths: dict[str, tuple[str | int, ...]] = {
        "cache": ("answers", "cache_minutes"),
        "candidate": ("answers", "candidate"),
        "confidence": ("answers", "confidence") if blueprint.answers.confidence else ("review", "sample_percent"),
        "deny": ("answers", "deny"),
        "issuers": ("access", "identities"),
        "parallel": ("access", "teams"),
        "redact": ("answers", "redact"),
        "similar": ("answers", "similar"),
        "sleep": ("scaling", "sleep"),
        "spending": ("access", "teams"),
        "texts": ("answers", "log_texts"),
    }
    for one in cannot(spec):
        yield Reason(paths.get(one.part, ("access", "gateway")), f"Envoy AI Gateway: {one.why}")


def _traces(blueprint: Served) -> Traces | None:
    said = blueprint.traces
    return Traces(endpoint=said.endpoint, share=said.sample_percent / 100) if said is not None else None


def issuers(identities: Sequence[Identity]) -> tuple[Issuer, ...]:
    """The identity providers whose tokens are taken."""
    return tuple(
        Issuer(
            issuer=one.issuer,
            audience=one.audience,
            keys=one.keys,
            claim=one.claim,
            teams=tuple(sorted(one.teams.items())),
        )
        for one in identities
    )


def _teams(blueprint: Served, names: tuple[str, ...]) -> tuple[Team, ...]:
    data_class = blueprint.data.class_
    jobs = (Team(name=job, aliases=(alias,), data_class=data_class, similar=False) for job, alias in blueprint.jobs)
    people = (
        Team(
            name=one.name,
            aliases=tuple(one.models) or names,
            data_class=data_class,
            requests=one.requests_per_minute,
            tokens=one.tokens_per_minute,
            parallel=one.parallel,
            monthly_usd=one.monthly_usd,
            expires=blueprint.ends,
        )
        for one in blueprint.access.teams
    )
    return (*jobs, *people)


def _prompts(blueprint: Served) -> tuple[Prompt, ...]:
    """Versions of system prompts, each after what must always be told."""
    told = "\n".join(blueprint.told)
    if told and not blueprint.answers.prompts:
        return (Prompt(name="always", version="v1", text=told, weight=100),)
    return tuple(
        Prompt(name=one.name, version=one.version, text=f"{told}\n{one.text}" if told else one.text, weight=one.weight)
        for one in blueprint.answers.prompts
    )


def _outside(blueprint: Served) -> tuple[Alias, ...]:
    """The alias of the endpoint outside, if there is one; the objectives are its own where it is the only one."""
    outside = blueprint.outside
    if outside is None:
        return ()
    endpoint, alone = outside.endpoint, not blueprint.roles()
    backend = Backend(
        name=OUTSIDE,
        country=endpoint.country,
        timeout_s=max(30, 2 * blueprint.latency.answer_s(outside.answer_tokens)),
        parallel=endpoint.parallel,
        usd_input=endpoint.usd_per_million_tokens,
        usd_output=endpoint.usd_per_million_tokens,
        hosted=f"openai/{endpoint.model}",
        address=endpoint.address,
        key_variable="OUTSIDE_API_KEY",
    )
    said = blueprint.answers
    return (
        Alias(
            name=outside.alias,
            task="generate",
            backends=(backend,),
            answer_tokens=4 * outside.answer_tokens,
            cache_s=60 * said.cache_minutes if alone else 0,
            confidence=said.confidence if alone else 0.0,
            first_token_s=blueprint.latency.first_token_ms / 1000 if alone else 0.0,
            per_token_s=blueprint.latency.per_token_ms / 1000 if alone else 0.0,
        ),
    )


def _backend(role: Role, server: ModelServerSpec, bill: Cost, country: str) -> Backend:
    """USD for a million tokens: the month's GPUs over the tokens of the planned load, rounded up."""
    usd = math.ceil(float(server_usd(server.name, bill)) / role.monthly_tokens * 1e6 * 1e4) / 1e4
    return Backend(
        name=server.name,
        country=country,
        timeout_s=max(30, 2 * server.answer_s),
        parallel=server.max_num_seqs * server.replicas,
        usd_input=usd,
        usd_output=usd,
    )


def _alias(
    blueprint: Served, role: Role, servers: Mapping[Role, ModelServerSpec], backends: Mapping[str, Backend]
) -> Alias:
    said, generates = blueprint.answers, role.generates
    standing_in = list(role.fallbacks)
    next_ = [one.name for one in servers if (one.part, one.stands_in_for) == (Part.CANDIDATE, role.name)]
    first = next((one.name for one in servers if one.generates), "")
    if role.name == first and blueprint.outside is not None:
        standing_in.append(OUTSIDE)
    return Alias(
        name=role.name,
        task=role.task,
        backends=(backends[role.name],),
        canary=backends[next_[0]] if next_ else None,
        sleep=_sleep(blueprint, servers[role], standing_in) if servers[role].scaled else None,
        answer_tokens=servers[role].max_model_len // 2,
        fallbacks=tuple(standing_in),
        cache_s=60 * said.cache_minutes if generates else 0,
        similar=(said.similar or 0.0) if generates else 0.0,
        embedder=next((one.name for one in servers if one.task == "embed"), "") if said.similar and generates else "",
        confidence=said.confidence if generates else 0.0,
        first_token_s=blueprint.latency.first_token_ms / 1000 if generates else 0.0,
        per_token_s=blueprint.latency.per_token_ms / 1000 if generates else 0.0,
        escalate=role.stands_in_for if role.part is Part.FALLBACK and said.confidence else "",
    )


def _sleep(blueprint: Served, server: ModelServerSpec, standing_in: list[str]) -> Sleep | None:
    """How it sleeps: a request that waits does so for as long as a start may take, and until somebody has looked."""
    said = blueprint.scales.sleep
    if said is None:
        return None
    within = server.start_s + LOOK_S
    meanwhile = next(iter(standing_in), "") if said.first_request == "fallback" else ""
    return Sleep(after_s=60 * said.after_minutes, within_s=within, meanwhile=meanwhile)


def server_usd(name: str, bill: Cost) -> Decimal:
    """What a server's GPUs cost a month; 0 where no price is known."""
    return sum((line.usd for line in bill.lines if line.item.startswith(f"{name} (") and line.usd), Decimal(0))
