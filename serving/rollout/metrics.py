"""Reads what gateways have counted, from the text they tell Prometheus."""

from collections import defaultdict
from collections.abc import Iterable

from prometheus_client.parser import text_string_to_metric_families

from serving.engines import metrics
from serving.engines.metrics import Meaning
from serving.gateway.hooks.domicile_policy import ANSWERS
from serving.rollout.observed import Buckets, Observed

GATEWAY = metrics.of("gateway", "0")
OF_ALIASES: dict[str, Meaning] = {"requests": "requests", "first_token": "first_token", "confidence": "confidence"}
OF_ANSWERS: dict[str, Meaning] = {
    "requests": "answers",
    "first_token": "answers_first_token",
    "confidence": "answers_confidence",
}


def _names(subject: str) -> dict[str, str]:
    """What is counted of an alias, or of the answers' two versions."""
    found = OF_ANSWERS if subject == ANSWERS else OF_ALIASES
    return {name: GATEWAY[one].name for name, one in found.items()}


def observed(texts: Iterable[str], subject: str) -> dict[str, Observed]:
    """The stable version and the canary of an alias (or of `ANSWERS`), over all gateways."""
    counts, buckets = _nothing()
    names = _names(subject)
    histograms = {f"{names[name]}_bucket": name for name in ("first_token", "confidence")}
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.labels.get("alias", ANSWERS) != subject or "variant" not in sample.labels:
                    continue
                variant = sample.labels["variant"]
                if sample.name == names["requests"]:
                    _count(counts[variant], sample.labels, int(sample.value))
                elif sample.name in histograms:
                    buckets[variant, histograms[sample.name]][float(sample.labels["le"])] += int(sample.value)
    return _observed(counts, buckets)


def queries(subject: str, namespace: str) -> dict[str, str]:
    """What to ask Prometheus for the same, by name."""
    only = f'namespace="{namespace}"' + (f',alias="{subject}"' if subject != ANSWERS else "")
    names = _names(subject)
    ended = "variant, outcome, slow, fell_back" + (", reviewed" if subject == ANSWERS else "")
    return {
        "requests": f"sum by ({ended}) ({names['requests']}{{{only}}})",
        "first_token": f"sum by (variant, le) ({names['first_token']}_bucket{{{only}}})",
        "confidence": f"sum by (variant, le) ({names['confidence']}_bucket{{{only}}})",
    }


def of_answers(answers: dict[str, list[tuple[dict[str, str], float]]]) -> dict[str, Observed]:
    """The same of Prometheus' answers: labels and value of each element, by the query's name."""
    counts, buckets = _nothing()
    for labels, value in answers["requests"]:
        _count(counts[labels["variant"]], labels, int(value))
    for name in ("first_token", "confidence"):
        for labels, value in answers[name]:
            buckets[labels["variant"], name][float(labels["le"])] += int(value)
    return _observed(counts, buckets)


Counts = dict[str, dict[str, int]]
Seen = dict[tuple[str, str], dict[float, int]]


def _nothing() -> tuple[Counts, Seen]:
    """What was counted by variant, and the buckets by variant and name, of nothing yet."""
    return {name: defaultdict(int) for name in ("stable", "canary")}, defaultdict(lambda: defaultdict(int))


def _observed(counts: Counts, buckets: Seen) -> dict[str, Observed]:
    def of(variant: str, name: str) -> Buckets:
        return tuple(sorted(buckets[variant, name].items()))

    return {
        name: Observed(
            requests=one["requests"],
            bad=one["bad"],
            slow=one["slow"],
            reviewed=one["reviewed"],
            first_token=of(name, "first_token"),
            confidence=of(name, "confidence"),
        )
        for name, one in counts.items()
    }


def _count(counts: dict[str, int], labels: dict[str, str], value: int) -> None:
    counts["requests"] += value
    if labels["outcome"] in {"failed", "refused"} or labels["fell_back"] == "true":
        counts["bad"] += value
    if labels["slow"] == "true":
        counts["slow"] += value
    if labels.get("reviewed") == "true":
        counts["reviewed"] += value
