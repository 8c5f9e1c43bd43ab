"""Addresses of services that are not the workload's: whether they are in its cluster, and the way there."""

from typing import Any
from urllib.parse import urlsplit

INSIDE = (".svc", ".svc.cluster.local")
#: what helps where something would leave the cluster in the open
REMEDY = "write https, or name a service as http://NAME.NAMESPACE.svc:PORT"
PORTS = {"http": 80, "https": 443}


def inside(address: str) -> bool:
    """Whether an address is a service of the cluster."""
    host = urlsplit(address).hostname or ""
    return host.endswith(INSIDE) and host.count(".") > 1


def in_the_open(address: str) -> bool:
    """Whether what is sent there leaves the cluster without TLS."""
    return address.startswith("http:") and not inside(address)


def way(address: str) -> dict[str, Any]:
    """The rule of a NetworkPolicy that lets requests out: to the service's namespace, or to the port outside."""
    found = urlsplit(address)
    ports = [{"port": found.port or PORTS[found.scheme], "protocol": "TCP"}]
    if not inside(address):
        return {"ports": ports}
    place = str(found.hostname).split(".")[1]
    return {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": place}}}], "ports": ports}
