"""Where a gateway's spans go: what its process is told, and the way through the walls."""

from typing import Any
from urllib.parse import urlsplit

from components.ownership import PREFIX, Ownership
from serving.gateway.spec import NAME, Traces

INSIDE = (".svc", ".svc.cluster.local")
PORTS = {"http": 80, "https": 443}


def inside(endpoint: str) -> bool:
    """Whether an endpoint is a service of the cluster."""
    host = urlsplit(endpoint).hostname or ""
    return host.endswith(INSIDE) and host.count(".") > 1


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


def way(spec: Traces) -> dict[str, Any]:
    """The rule of a NetworkPolicy that lets spans out: to the service's namespace, or to the port outside."""
    address = urlsplit(spec.endpoint)
    ports = [{"port": address.port or PORTS[address.scheme], "protocol": "TCP"}]
    if not inside(spec.endpoint):
        return {"ports": ports}
    place = str(address.hostname).split(".")[1]
    return {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": place}}}], "ports": ports}
