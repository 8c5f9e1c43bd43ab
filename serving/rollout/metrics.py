"""Reads what gateways have counted, from the text they tell Prometheus."""

from collections import defaultdict
from collections.abc import Iterable

from prometheus_client.parser import text_string_to_metric_families

from serving.engines import metrics
from serving.rollout.observed import Buckets, Observed

GATEWAY = metrics.of("gateway", "0")


def observed(texts: Iterable[str], alias: str) -> dict[str, Observed]:
    """The stable version and the canary of an alias, over all gateways."""
    counts: dict[str, dict[str, int]] = {name: defaultdict(int) for name in ("stable", "canary")}
    buckets: dict[tuple[str, str], dict[float, int]] = defaultdict(lambda: defaultdict(int))
    histograms = {
        f"{GATEWAY['first_token'].name}_bucket": "first_token",
        f"{GATEWAY['confidence'].name}_bucket": "confidence",
    }
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.labels.get("alias") != alias or "variant" not in sample.labels:
                    continue
                variant = sample.labels["variant"]
                if sample.name == GATEWAY["requests"].name:
                    _count(counts[variant], sample.labels, int(sample.value))
                elif sample.name in histograms:
                    buckets[variant, histograms[sample.name]][float(sample.labels["le"])] += int(sample.value)

    def of(variant: str, name: str) -> Buckets:
        return tuple(sorted(buckets[variant, name].items()))

    return {
        name: Observed(
            requests=one["requests"],
            bad=one["bad"],
            slow=one["slow"],
            first_token=of(name, "first_token"),
            confidence=of(name, "confidence"),
        )
        for name, one in counts.items()
    }


def queries(alias: str, namespace: str) -> dict[str, str]:
    """What to ask Prometheus for the same, by name."""
    only = f'namespace="{namespace}",alias="{alias}"'
    return {
        "requests": f"sum by (variant, outcome, slow, fell_back) ({GATEWAY['requests'].name}{{{only}}})",
        "first_token": f"sum by (variant, le) ({GATEWAY['first_token'].name}_bucket{{{only}}})",
        "confidence": f"sum by (variant, le) ({GATEWAY['confidence'].name}_bucket{{{only}}})",
    }


def of_answers(answers: dict[str, list[tuple[dict[str, str], float]]]) -> dict[str, Observed]:
    """The same of Prometheus' answers: labels and value of each element, by the query's name."""
    counts: dict[str, dict[str, int]] = {name: defaultdict(int) for name in ("stable", "canary")}
    for labels, value in answers["requests"]:
        _count(counts[labels["variant"]], labels, int(value))

    def of(variant: str, name: str) -> Buckets:
        found = [(float(one["le"]), int(value)) for one, value in answers[name] if one["variant"] == variant]
        return tuple(sorted(found))

    return {
        name: Observed(
            requests=one["requests"],
            bad=one["bad"],
            slow=one["slow"],
            first_token=of(name, "first_token"),
            confidence=of(name, "confidence"),
        )
        for name, one in counts.items()
    }


def _count(counts: dict[str, int], labels: dict[str, str], value: int) -> None:
    counts["requests"] += value
    if labels["outcome"] == "failed" or labels["fell_back"] == "true":
        counts["bad"] += value
    if labels["slow"] == "true":
        counts["slow"] += value
