"""How a service is reached from outside its cluster: by a route of the Gateway API where that is, else an Ingress."""

from typing import Any, Protocol

import pulumi
import pulumi_kubernetes as k8s

from components.core import Component, manifest


class Reached(Protocol):
    """What a part's spec says: the host name under which it is reached over TLS, and what brings requests there."""

    @property
    def hostname(self) -> str | None:
        """Empty where nobody outside asks."""
        ...

    @property
    def ingress_class(self) -> str:
        """The class of an Ingress, or the Gateway's name."""
        ...

    @property
    def gateway_api(self) -> bool:
        """Whether the cluster has the Gateway API."""
        ...


def build(owner: Component, spec: Reached, port: int, metadata: dict[str, Any], service: pulumi.Resource) -> None:
    """Create it, for the paths below `/v1`, if the spec has a host name; ``metadata`` is the service's."""
    if not spec.hostname:
        return
    name = metadata["name"]
    if spec.gateway_api:
        k8s.apiextensions.CustomResource(
            f"{owner.name}-route",
            api_version="gateway.networking.k8s.io/v1",
            kind="HTTPRoute",
            metadata=manifest(metadata),
            spec=manifest(
                {
                    "parentRefs": [{"name": spec.ingress_class}],
                    "hostnames": [spec.hostname],
                    "rules": [{"backendRefs": [{"name": name, "port": port}]}],
                }
            ),
            opts=owner.child(depends_on=[service]),
        )
        return
    backend = {"service": {"name": name, "port": {"number": port}}}
    paths = [{"path": "/v1", "pathType": "Prefix", "backend": backend}]
    k8s.networking.v1.Ingress(
        f"{owner.name}-ingress",
        metadata=manifest(metadata),
        spec=manifest(
            {
                "ingressClassName": spec.ingress_class,
                "tls": [{"hosts": [spec.hostname], "secretName": f"{name}-tls"}],
                "rules": [{"host": spec.hostname, "http": {"paths": paths}}],
            }
        ),
        opts=owner.child(depends_on=[service]),
    )
