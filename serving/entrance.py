"""How a service is reached from outside its cluster: by a route of the Gateway API where that is, else an Ingress."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.core import Component, manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A service's name and port, and the host name and path under which it is reached over TLS."""

    name: str
    port: int
    path: str
    hostname: str
    ingress_class: str
    gateway_api: bool


def build(owner: Component, door: Door, place: dict[str, Any], service: pulumi.Resource) -> None:
    """Create it as a child of a component; ``place`` is the metadata that its objects share."""
    if door.gateway_api:
        k8s.apiextensions.CustomResource(
            f"{owner.name}-route",
            api_version="gateway.networking.k8s.io/v1",
            kind="HTTPRoute",
            metadata=manifest({"name": door.name, **place}),
            spec=manifest(
                {
                    "parentRefs": [{"name": door.ingress_class}],
                    "hostnames": [door.hostname],
                    "rules": [{"backendRefs": [{"name": door.name, "port": door.port}]}],
                }
            ),
            opts=owner.child(depends_on=[service]),
        )
        return
    backend = {"service": {"name": door.name, "port": {"number": door.port}}}
    paths = [{"path": door.path, "pathType": "Prefix", "backend": backend}]
    k8s.networking.v1.Ingress(
        f"{owner.name}-ingress",
        metadata=manifest({"name": door.name, **place}),
        spec=manifest(
            {
                "ingressClassName": door.ingress_class,
                "tls": [{"hosts": [door.hostname], "secretName": f"{door.name}-tls"}],
                "rules": [{"host": door.hostname, "http": {"paths": paths}}],
            }
        ),
        opts=owner.child(depends_on=[service]),
    )
