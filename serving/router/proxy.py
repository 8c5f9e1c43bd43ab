"""What Envoy is told: ask the picker about each request, and go where it says. Pure.

What a client says about the way is taken away first. Without its picker a proxy fails at once, as measured (a request
whose body the picker reads as it comes cannot go on without it): its pod is not ready then, another router is asked.
"""

from typing import Any

from serving.router.spec import HEALTH_PORT, PICKER_PORT, PORT

#: where the picker writes the address of the pod it chose, and by which its own tests choose one
CHOSEN, WISHED = "x-gateway-destination-endpoint", "test-epp-endpoint-selection"
#: a model answers few requests at once and for long: Envoy's own limits are those of a web server
MANY = 100_000
HTTP = "type.googleapis.com/envoy.extensions.filters.http"
MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


def configuration(
    ports: tuple[int, int, int] = (PORT, HEALTH_PORT, PICKER_PORT),
    host: str = "0.0.0.0",  # noqa: S104 a pod's own
) -> dict[str, Any]:
    """Envoy's bootstrap; ``ports`` are its own, the one that says it is well, and the picker's."""
    listens, health, picker = ports
    return {
        "static_resources": {
            "listeners": [
                _listener("requests", host, listens, _filters(), _routes()),
                _listener("health", host, health, [_router()], _well()),
            ],
            "clusters": [
                {
                    **_cluster("chosen", "ORIGINAL_DST"),
                    "lb_policy": "CLUSTER_PROVIDED",
                    "original_dst_lb_config": {"use_http_header": True, "http_header_name": CHOSEN},
                },
                {
                    **_cluster("picker", "STATIC", ("127.0.0.1", picker)),
                    "typed_extension_protocol_options": {
                        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                            "explicit_http_config": {"http2_protocol_options": {}},
                        }
                    },
                },
            ],
        }
    }


def _filters() -> list[dict[str, Any]]:
    return [
        {
            "name": "envoy.filters.http.header_mutation",
            "typed_config": {
                "@type": f"{HTTP}.header_mutation.v3.HeaderMutation",
                "mutations": {"request_mutations": [{"remove": CHOSEN}, {"remove": WISHED}]},
            },
        },
        {
            "name": "envoy.filters.http.ext_proc",
            "typed_config": {
                "@type": f"{HTTP}.ext_proc.v3.ExternalProcessor",
                "grpc_service": {"envoy_grpc": {"cluster_name": "picker"}, "timeout": "10s"},
                "message_timeout": "10s",
                "processing_mode": {
                    "request_header_mode": "SEND",
                    "response_header_mode": "SEND",
                    "request_body_mode": "FULL_DUPLEX_STREAMED",
                    "response_body_mode": "FULL_DUPLEX_STREAMED",
                    "request_trailer_mode": "SEND",
                    "response_trailer_mode": "SEND",
                },
            },
        },
        _router(),
    ]


def _router() -> dict[str, Any]:
    return {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{HTTP}.router.v3.Router"}}


def _routes() -> list[dict[str, Any]]:
    """The gateway sets how long a request may take."""
    return [{"match": {"prefix": "/"}, "route": {"cluster": "chosen", "timeout": "0s"}}]


def _well() -> list[dict[str, Any]]:
    return [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]


def _listener(
    name: str, host: str, port: int, filters: list[dict[str, Any]], routes: list[dict[str, Any]]
) -> dict[str, Any]:
    manager = {
        "@type": MANAGER,
        "stat_prefix": name,
        "stream_idle_timeout": "0s",
        "route_config": {"name": name, "virtual_hosts": [{"name": name, "domains": ["*"], "routes": routes}]},
        "http_filters": filters,
    }
    return {
        "name": name,
        "address": {"socket_address": {"address": host, "port_value": port}},
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }


def _cluster(name: str, kind: str, address: tuple[str, int] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "type": kind,
        "connect_timeout": "5s",
        "circuit_breakers": {
            "thresholds": [
                {"max_connections": MANY, "max_pending_requests": MANY, "max_requests": MANY, "max_retries": MANY}
            ]
        },
    }
    if address:
        place = {"socket_address": {"address": address[0], "port_value": address[1]}}
        found["load_assignment"] = {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": place}}]}],
        }
    return found
