"""Where a gateway's spans go: what its process is told."""

from components.ownership import PREFIX, Ownership
from serving.gateway.spec import NAME, Traces


def environment(spec: Traces, ownership: Ownership) -> dict[str, str]:
    """The variables that OpenTelemetry's SDK reads."""
    told = {
        "service.namespace": ownership.workload,
        f"{PREFIX}/owner": ownership.owner,
        f"{PREFIX}/jurisdictions": " ".join(ownership.jurisdictions),
    }
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": spec.endpoint,
        "OTEL_SERVICE_NAME": NAME,
        "OTEL_RESOURCE_ATTRIBUTES": ",".join(f"{key}={text}" for key, text in told.items()),
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": f"{spec.share:g}",
    }
