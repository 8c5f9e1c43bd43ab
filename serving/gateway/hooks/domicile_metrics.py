"""What the gateway counts, beside LiteLLM's own counters: objectives are judged by these, whatever the engines are.

`serving/engines/metrics.csv` names them for the rules; the tests compare it with what a running gateway tells.
"""

import importlib
from typing import Any

metrics: Any = importlib.import_module("prometheus_client")

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 40, 80, 160)
TWENTIETHS = tuple(number / 20 for number in range(1, 21))
REQUESTS = metrics.Counter(
    "domicile_gateway_requests",
    "Requests by how they ended.",
    ["alias", "variant", "team", "outcome", "slow", "fell_back"],
)
REFUSALS = metrics.Counter("domicile_gateway_refusals", "Requests refused, by why.", ["team", "reason"])
RUNNING = metrics.Gauge("domicile_gateway_running", "Requests under way.", ["alias"])
FIRST = metrics.Histogram(
    "domicile_gateway_first_token_seconds", "Until the first piece of a stream.", ["alias", "variant"], buckets=SECONDS
)
TOTAL = metrics.Histogram("domicile_gateway_seconds", "Until the end of an answer.", ["alias"], buckets=SECONDS)
TOKENS = metrics.Counter("domicile_gateway_tokens", "Tokens of requests and answers.", ["alias"])
SPENT = metrics.Gauge("domicile_gateway_spent_usd", "What a team has spent this month.", ["team"])
CONFIDENCE = metrics.Histogram(
    "domicile_gateway_confidence",
    "How sure models were of answers.",
    ["alias", "variant"],
    buckets=TWENTIETHS,
)
KNOCKS = metrics.Counter("domicile_gateway_knocks", "Requests that found their model asleep.", ["alias"])
KNOCKING = metrics.Gauge("domicile_gateway_knocking", "Requests that wait for their model to come up.", ["alias"])
OUTCOMES = metrics.Counter("domicile_decisions_outcomes", "Decisions by what was decided.", ["outcome"])
RETRIES = metrics.Counter("domicile_gateway_retries", "Further tries of requests.", ["alias"])
ANSWERS = metrics.Counter(
    "domicile_gateway_answers",
    "Requests by how they ended, for the answers' two versions.",
    ["variant", "outcome", "slow", "fell_back", "reviewed"],
)
ANSWERS_FIRST = metrics.Histogram(
    "domicile_gateway_answers_first_token_seconds", "Until the first piece of a stream.", ["variant"], buckets=SECONDS
)
ANSWERS_CONFIDENCE = metrics.Histogram(
    "domicile_gateway_answers_confidence", "How sure models were of answers.", ["variant"], buckets=TWENTIETHS
)
REVIEWS = metrics.Counter("domicile_gateway_reviews", "Answers that wait for people, by why.", ["alias", "reason"])


def ended(alias: str, team: str, variant: str, *, slow: bool, fell_back: bool) -> None:
    """Count a request that was answered."""
    REQUESTS.labels(alias, variant, team, "ended", str(slow).lower(), str(fell_back).lower()).inc()


def failed(alias: str, team: str, variant: str) -> None:
    """Count a request that was not."""
    REQUESTS.labels(alias, variant, team, "failed", "false", "false").inc()


def measured(  # noqa: PLR0917 what one answer was
    alias: str, variant: str, seconds: float, first_s: float | None, tokens: int, confidence: float | None
) -> None:
    """Observe an answer."""
    TOTAL.labels(alias).observe(seconds)
    TOKENS.labels(alias).inc(tokens)
    if first_s is not None:
        FIRST.labels(alias, variant).observe(first_s)
    if confidence is not None:
        CONFIDENCE.labels(alias, variant).observe(confidence)


def unanswered(version: str, outcome: str) -> None:
    """Count a request that failed, or was refused for what it says, for the version of the answers that it is of."""
    ANSWERS.labels(version, outcome, "false", "false", "false").inc()


def answered(one: Any, *, slow: bool, fell_back: bool) -> None:
    """Count an answer for the version of the answers that it is of; samples that people look at are of both."""
    version = one.policy["version"]
    words = [str(said).lower() for said in (slow, fell_back, one.review not in {"", "sample"})]
    ANSWERS.labels(version, "ended", *words).inc()
    if one.first_s is not None:
        ANSWERS_FIRST.labels(version).observe(one.first_s)
    if one.confidence is not None:
        ANSWERS_CONFIDENCE.labels(version).observe(one.confidence)
