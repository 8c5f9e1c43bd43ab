"""A gateway as objects of Envoy AI Gateway, Envoy Gateway and the Gateway API, from its spec. Pure.

Envoy Gateway puts the proxies into the gateway's own namespace (`deploy.type: GatewayNamespace`), so that the walls,
the quota and the rules of the workload's namespace hold for them too. A client's key names its team; the team's name
goes into a header, by which it is let in, counted and written down.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from components import pods
from serving.gateway import traces
from serving.gateway.envoy import teams
from serving.gateway.envoy.names import (
    AI,
    ENVOY,
    GATEWAY,
    METADATA,
    METRICS_PORT,
    MODEL,
    SPENT,
    TEAM,
    TOKENS,
    Made,
    whole,
)
from serving.gateway.envoy.refused import UNIT_USD
from serving.gateway.spec import NAME, PORT, Alias, Backend, GatewaySpec

WAITING = 4096
#: answers by which a back end says that it cannot, not that the question is wrong
FAILED = [429, 500, 502, 503, 504]
#: labels of the proxies' pods by which Envoy Gateway knows them
KEPT = ("app.kubernetes.io/name", "app.kubernetes.io/managed-by", "app.kubernetes.io/component")


def objects(spec: GatewaySpec, places: Mapping[str, Any], *, port: int = PORT, log: str = "/dev/stdout") -> list[Made]:
    """All of them but the teams' keys; ``places`` are the servers' endpoints by name, as a Backend has them.

    ``log`` is the file that the proxies write a line of each request to.
    """
    return [
        _gateway(spec, port),
        _proxy(spec, log),
        _reader(spec),
        _clients(),
        teams.let_in(spec),
        *teams.limits(spec),
        *(one for alias in spec.aliases for one in (_route(spec, alias), _manners(spec, alias))),
        *(made for backend in backends(spec) for made in _backend(backend, places)),
    ]


def backends(spec: GatewaySpec) -> list[Backend]:
    """Its back ends, each once."""
    return list({one.name: one for alias in spec.aliases for one in alias.backends}.values())


def _gateway(spec: GatewaySpec, port: int) -> Made:
    return Made(
        key="gateway",
        kind="Gateway",
        name=NAME,
        annotations={f"{AI}/gateway-config": NAME},
        spec={
            "gatewayClassName": spec.gateway_class,
            "listeners": [
                {"name": "http", "protocol": "HTTP", "port": port, "allowedRoutes": {"namespaces": {"from": "Same"}}}
            ],
            "infrastructure": {"parametersRef": {"group": ENVOY, "kind": "EnvoyProxy", "name": NAME}},
        },
    )


def _proxy(spec: GatewaySpec, log: str) -> Made:
    """The proxies: how many, where, and the line that each writes of a request."""
    labels = {key: text for key, text in spec.ownership.labels(NAME).items() if key not in KEPT}
    line = {
        "at": "%START_TIME%",
        "id": "%REQ(X-REQUEST-ID)%",
        "team": f"%REQ({TEAM})%",
        "alias": f"%REQ({MODEL})%",
        "model": f"%DYNAMIC_METADATA({METADATA}:model_name_override)%",
        "backend": f"%DYNAMIC_METADATA({METADATA}:backend_name)%",
        "tokens": f"%DYNAMIC_METADATA({METADATA}:{TOKENS})%",
        "spent": f"%DYNAMIC_METADATA({METADATA}:{SPENT})%",
        "status": "%RESPONSE_CODE%",
        "why": "%RESPONSE_CODE_DETAILS%",
        "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
        "milliseconds": "%DURATION%",
    }
    return Made(
        key="proxy",
        kind="EnvoyProxy",
        name=NAME,
        spec={
            "provider": {
                "type": "Kubernetes",
                "kubernetes": {
                    "envoyDeployment": {
                        "replicas": spec.replicas,
                        "pod": {
                            "labels": labels,
                            "annotations": pods.scraped(METRICS_PORT, "/metrics"),
                            "topologySpreadConstraints": pods.spread(spec.ownership.selector(spec.pods)),
                        },
                        "container": {"image": spec.image, "resources": pods.resources("500m", "1Gi")},
                    },
                    "envoyService": {"type": "ClusterIP", "labels": spec.ownership.labels(NAME)},
                    "envoyPDB": {"maxUnavailable": 1},
                },
            },
            "shutdown": {"drainTimeout": f"{spec.longest_s}s", "minDrainDuration": "5s"},
            "telemetry": {
                "accessLog": {
                    "settings": [
                        {
                            "sinks": [{"type": "File", "file": {"path": log}}],
                            "format": {"type": "JSON", "json": line},
                        }
                    ]
                }
            },
        },
    )


def environment(spec: GatewaySpec) -> dict[str, str]:
    """What the part that reads requests beside each proxy is told: where its spans go, and that they have no texts."""
    told = traces.environment(spec.traces, spec.ownership) if spec.traces else {"OTEL_TRACES_EXPORTER": "none"}
    hidden = ("INPUTS", "OUTPUTS", "EMBEDDINGS_TEXT", "EMBEDDINGS_VECTORS")
    return {
        **told,
        "OTEL_METRICS_EXPORTER": "prometheus",
        **{f"OPENINFERENCE_HIDE_{part}": "true" for part in hidden},
    }


def _reader(spec: GatewaySpec) -> Made:
    settings = [{"name": key, "value": text} for key, text in environment(spec).items()]
    return Made(
        key="reader",
        kind="GatewayConfig",
        name=NAME,
        spec={"extProc": {"kubernetes": {"env": settings, "resources": pods.resources("250m", "512Mi")}}},
    )


def _clients() -> Made:
    """How large a request may be: texts and pictures are longer than what Envoy holds unless told."""
    return Made(
        key="clients",
        kind="ClientTrafficPolicy",
        name=NAME,
        spec={"targetRefs": [whole()], "connection": {"bufferLimit": "50Mi"}},
    )


def _route(spec: GatewaySpec, alias: Alias) -> Made:
    """An alias: its back ends by weight, then its fallbacks in their order; rules of teams first."""
    by_name = {one.name: one for one in spec.aliases}
    matched = {"type": "Exact", "name": MODEL, "value": alias.name}
    ruled = [
        {
            "matches": [{"headers": [matched, {"type": "Exact", "name": TEAM, "value": team}]} for team in rule.teams],
            "backendRefs": _refs(spec, by_name[rule.use]),
            "timeouts": {"request": f"{spec.longest_s}s"},
        }
        for rule in alias.rules
    ]
    plain = {
        "matches": [{"headers": [matched]}],
        "backendRefs": _refs(spec, alias),
        "timeouts": {"request": f"{spec.longest_s}s"},
    }
    return Made(
        key=f"route-{alias.name}",
        kind="AIGatewayRoute",
        name=f"{NAME}-{alias.name}",
        spec={
            "parentRefs": [whole()],
            "llmRequestCosts": [
                {"metadataKey": TOKENS, "type": "TotalToken"},
                {"metadataKey": SPENT, "type": "CEL", "cel": _money(spec)},
            ],
            "rules": [*ruled, plain],
        },
    )


def _refs(spec: GatewaySpec, alias: Alias) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "modelNameOverride": one.called,
            "weight": one.weight,
            "priority": order,
        }
        for order, answering in enumerate(spec.answering(alias))
        for one in answering.backends
        if one.weight
    ]


def _money(spec: GatewaySpec) -> str:
    """What a request cost, in units and rounded up, by the back end that answered."""
    found = "total_tokens * 0u"
    for one in backends(spec):
        units = [round(usd / 1e6 / UNIT_USD, 9) for usd in (one.usd_input, one.usd_output)]
        if any(units):
            paid = f"double(input_tokens) * {units[0]:.9f} + double(output_tokens) * {units[1]:.9f}"
            # documented as NAME.NAMESPACE, and told as NAMESPACE/NAME/route/...
            answered = f"backend.startsWith('{spec.ownership.workload}/{one.name}/')"
            found = f"{answered} ? uint({paid} + 0.999999) : {found}"
    return found


def _manners(spec: GatewaySpec, alias: Alias) -> Made:
    """How an alias's back ends are asked: how often, for how long, how many at a time, and when one is left alone."""
    chain = spec.answering(alias)
    parallel = sum(one.parallel for answering in chain for one in answering.backends)
    return Made(
        key=f"manners-{alias.name}",
        kind="BackendTrafficPolicy",
        name=f"{NAME}-{alias.name}",
        spec={
            "targetRefs": [{"group": GATEWAY, "kind": "HTTPRoute", "name": f"{NAME}-{alias.name}"}],
            "mergeType": "StrategicMerge",
            "retry": {
                "numRetries": (spec.retries + 1) * len(chain) - 1,
                "numAttemptsPerPriority": spec.retries + 1,
                "perRetry": {
                    "timeout": f"{max(one.timeout_s for answering in chain for one in answering.backends)}s",
                    "backOff": {"baseInterval": "10ms", "maxInterval": "100ms"},
                },
                "retryOn": {
                    "httpStatusCodes": FAILED,
                    "triggers": ["connect-failure", "reset", "retriable-status-codes"],
                },
            },
            "healthCheck": {
                "passive": {
                    "consecutive5XxErrors": spec.failures,
                    "interval": "1s",
                    "baseEjectionTime": f"{spec.cooldown_s}s",
                    "maxEjectionPercent": 100,
                }
            },
            "circuitBreaker": {
                "maxConnections": parallel,
                "maxParallelRequests": parallel + WAITING,
                "maxPendingRequests": WAITING,
                "maxParallelRetries": parallel,
            },
        },
    )


def _backend(backend: Backend, places: Mapping[str, Any]) -> Iterator[Made]:
    """A back end, how it is spoken to, and its key outside the cluster."""
    outside = urlsplit(backend.address) if backend.address else None
    prefix = outside.path.rstrip("/") if outside else "/v1"
    place = _fqdn(outside.hostname, outside.port or 443) if outside else places[backend.name]
    yield Made(
        key=f"backend-{backend.name}",
        kind="Backend",
        name=backend.name,
        spec={"endpoints": [place]},
    )
    yield Made(
        key=f"service-{backend.name}",
        kind="AIServiceBackend",
        name=backend.name,
        spec={
            "schema": {"name": "OpenAI", "prefix": prefix},
            "backendRef": {"group": ENVOY, "kind": "Backend", "name": backend.name},
        },
    )
    if outside and outside.scheme == "https":
        yield Made(
            key=f"tls-{backend.name}",
            kind="BackendTLSPolicy",
            name=backend.name,
            spec={
                "targetRefs": [{"group": ENVOY, "kind": "Backend", "name": backend.name}],
                "validation": {"wellKnownCACertificates": "System", "hostname": outside.hostname},
            },
        )
    if backend.key_variable:
        yield Made(
            key=f"key-{backend.name}",
            kind="BackendSecurityPolicy",
            name=backend.name,
            spec={
                "targetRefs": [{"group": AI, "kind": "AIServiceBackend", "name": backend.name}],
                "type": "APIKey",
                "apiKey": {"secretRef": {"name": outside_key(backend)}},
            },
        )


def outside_key(backend: Backend) -> str:
    """The Secret with the key of a back end outside, as `apiKey`: an operator makes it, the stack never sees it."""
    return f"{NAME}-outside-{backend.name}"


def _fqdn(host: str | None, port: int) -> dict[str, Any]:
    return {"fqdn": {"hostname": host, "port": port}}


def in_namespace(endpoint: str, namespace: str) -> dict[str, Any]:
    """A server's endpoint, as `http://chat:8000/v1`, as a Backend names it."""
    address = urlsplit(endpoint)
    return _fqdn(f"{address.hostname}.{namespace}.svc.cluster.local", address.port or 80)
