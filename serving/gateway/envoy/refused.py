"""What Envoy AI Gateway cannot do of what a gateway's spec may ask for. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from serving.gateway.spec import Alias, GatewaySpec

#: what a limit of Envoy's rate limit service may be at the most, and the money that one unit of it is
MOST_UNITS, UNIT_USD = 4_294_967_295, 1e-5
MOST_ALIASES = 15
Part = Literal[
    "aliases", "cache", "canary", "confidence", "deny", "expires", "issuers", "outside", "parallel", "prompts",
    "redact", "rules", "similar", "sleep", "spending", "texts", "weights", "candidate",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cannot:
    """One thing: the part of the spec, and why not, for a person."""

    part: Part
    why: str


def cannot(spec: GatewaySpec) -> Iterator[Cannot]:
    """All of them."""
    if spec.redact:
        yield Cannot("redact", "it looks at no text: personal data is replaced by the gateway `litellm`")
    if spec.deny:
        yield Cannot("deny", "it looks at no text: phrases are denied by the gateway `litellm`")
    if spec.prompts:
        yield Cannot("prompts", "it puts nothing before a question: system prompts are those of the gateway `litellm`")
    if spec.audit_texts:
        yield Cannot("texts", "its log has no texts: they are written by the gateway `litellm`")
    if spec.reviewed:
        yield Cannot("confidence", "it does not know how sure an answer is, and lets nothing wait for people")
    if spec.candidate is not None:
        yield Cannot("candidate", "a rollout of other answers needs a gateway that has two versions: `litellm`")
    if spec.issuers:
        yield Cannot("issuers", "it takes keys or tokens of an identity provider, not either: teams have keys here")
    if len(spec.aliases) > MOST_ALIASES:
        yield Cannot("aliases", f"it routes to {MOST_ALIASES} aliases at the most, these are {len(spec.aliases)}")
    for alias in spec.aliases:
        yield from _of_alias(alias)
    yield from _of_teams(spec)


def _of_alias(alias: Alias) -> Iterator[Cannot]:
    if alias.cache_s:
        yield Cannot("cache", f"it keeps no answers of `{alias.name}`: the gateway `litellm` does")
    if alias.similar:
        yield Cannot("similar", f"it knows no questions of `{alias.name}` that are alike: the gateway `litellm` does")
    if alias.sleep is not None:
        yield Cannot("sleep", f"it lets no request wait for `{alias.name}` to come up: one replica must stay")
    if alias.canary is not None:
        yield Cannot("canary", f"a rollout does not move shares of `{alias.name}` in it: the gateway `litellm` does")
    if any(rule.prompt_tokens_over is not None for rule in alias.rules):
        yield Cannot("rules", f"it does not route `{alias.name}` by the length of a prompt")
    for one in alias.backends:
        if one.hosted and not one.hosted.startswith("openai/"):
            yield Cannot("outside", f"`{one.hosted}` does not speak OpenAI's API: the gateway `litellm` asks it")
        if one.hosted and not one.address.startswith("https://"):
            yield Cannot("outside", f"`{one.name}` outside the cluster has no address over TLS")
    if sum(one.weight for one in alias.backends) == 0:
        yield Cannot("weights", f"`{alias.name}` has no back end with a weight")


def _of_teams(spec: GatewaySpec) -> Iterator[Cannot]:
    for team in spec.teams:
        if team.parallel is not None:
            yield Cannot("parallel", f"it does not count how many requests of `{team.name}` run at a time")
        if team.expires:
            yield Cannot("expires", f"it does not refuse `{team.name}` after a day")
        if team.monthly_usd is not None and team.monthly_usd / UNIT_USD > MOST_UNITS:
            most = int(MOST_UNITS * UNIT_USD)
            yield Cannot("spending", f"it counts {most} USD a month at the most, `{team.name}` may spend more")
