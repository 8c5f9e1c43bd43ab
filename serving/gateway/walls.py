"""Who may reach a gateway's pods, and whom they may reach; the same for every engine."""

from collections.abc import Mapping
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input

from components import outside, pods
from components.core import Component
from serving.gateway.spec import NAME, PORT, GatewaySpec
from serving.model_server import PORT as SERVER_PORT
from serving.router.spec import router_of


def build(  # noqa: PLR0917 the parts of one sentence
    owner: Component,
    spec: GatewaySpec,
    namespace: Input[str],
    endpoints: Mapping[str, Input[str]],
    ways: tuple[dict[str, Any], ...] = (),
    doors: tuple[dict[str, Any], ...] = (),
) -> None:
    """Create them as children of the gateway; ``ways`` (egress) and ``doors`` (ingress) are an engine's own rules."""
    labels, selector = spec.ownership.labels(NAME), spec.ownership.selector(spec.pods)
    sources = tuple(spec.ownership.selector(client) for client in spec.clients)
    inbound = pods.allow_door("gateway-clients", namespace, labels, selector, sources, PORT)
    inbound["spec"]["ingress"] += doors
    k8s.networking.v1.NetworkPolicy(f"{owner.name}-clients", **inbound, opts=owner.child())
    parts = (router_of(server) if server in spec.routed else server for server in sorted(endpoints))
    targets = tuple((spec.ownership.selector(part), SERVER_PORT) for part in parts)
    outbound = pods.reach("gateway-reach", namespace, labels, selector, targets)
    outbound["spec"]["egress"] += ways
    if spec.issuers or spec.hosted:
        outbound["spec"]["egress"].append({"ports": [{"port": 443, "protocol": "TCP"}]})
    if spec.traces:
        outbound["spec"]["egress"].append(outside.way(spec.traces.endpoint))
    k8s.networking.v1.NetworkPolicy(f"{owner.name}-reach", **outbound, opts=owner.child())
