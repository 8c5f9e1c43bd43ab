"""What a gateway counts, by its engine: which requests failed, were slow, or were answered by a fallback, as PromQL."""

from serving.engines import metrics
from serving.monitoring.spec import MonitoringSpec

GATEWAY = metrics.of("gateway", "0")
ENVOY = metrics.of("envoy-ai-gateway", "1.0")
#: the buckets of Envoy AI Gateway's times, in seconds
#: source: measured, Envoy AI Gateway v1.0.0's own metrics
BUCKETS = tuple(round(0.01 * 2**step, 2) for step in range(14))


def requests(spec: MonitoringSpec, alias: str) -> str:
    """All requests for an alias."""
    return _counted(spec, alias, "")


def failed(spec: MonitoringSpec, alias: str) -> str:
    """Those that nobody answered; of Envoy also those that an engine rejected, which its numbers do not tell apart."""
    return _counted(spec, alias, 'outcome="failed"' if spec.gateway == "litellm" else 'error_type!=""')


def by_others(spec: MonitoringSpec, alias: str) -> str:
    """Those that a fallback answered."""
    return _counted(
        spec, alias, 'fell_back="true"' if spec.gateway == "litellm" else f'gen_ai_request_model!="{alias}"'
    )


def slow(spec: MonitoringSpec, alias: str) -> tuple[str, str, str]:
    """Slow answers, quick ones where the slow are not counted, and all that could be either; one of the first is empty.

    Of Envoy these are answers in pieces, and quick is a first piece within the first bucket that holds the objective.
    """
    if spec.gateway == "litellm":
        return _counted(spec, alias, 'slow="true"'), "", _counted(spec, alias, 'outcome="ended"')
    first = ENVOY["first_token"]
    within = next((one for one in BUCKETS if one >= spec.first_token_s), BUCKETS[-1])
    quick = first.of(alias, suffix="_bucket", more=f'{spec.here},le="{within:g}"')
    return "", quick, first.of(alias, suffix="_count", more=spec.here)


def _counted(spec: MonitoringSpec, alias: str, more: str) -> str:
    known = GATEWAY if spec.gateway == "litellm" else ENVOY
    return known["requests"].of(alias, more=",".join(part for part in (spec.here, more) if part))
