"""What stands before a model's replicas: a proxy, and beside it the endpoint picker that tells it which one to ask."""

from dataclasses import dataclass

from components.ownership import Ownership

PORT, HEALTH_PORT, PICKER_PORT, PICKER_HEALTH_PORT, METRICS_PORT = 8000, 8001, 9002, 9003, 9090


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSpec:
    """The router of one server.

    ``engine`` and ``release`` name its metrics (`serving/engines/metrics.csv`), which are at ``metrics_port`` and
    ``metrics_path`` of its pods; requests go to their ``port``. ``selector`` finds the pods that answer. With
    ``adapters`` a replica that holds the one asked for comes first.
    """

    server: str
    ownership: Ownership
    engine: str
    release: str
    port: int
    metrics_port: int
    metrics_path: str
    selector: tuple[tuple[str, str], ...]
    replicas: int
    image: str
    picker_image: str
    clients: tuple[str, ...]
    adapters: bool = False

    @property
    def name(self) -> str:
        """What its objects are called."""
        return router_of(self.server)


def router_of(server: str) -> str:
    """The name of a server's router."""
    return f"{server}-router"
