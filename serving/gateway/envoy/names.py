"""What the objects of a gateway are called, and how one is written down."""

from dataclasses import dataclass
from typing import Any

from serving.gateway.spec import NAME

GATEWAY, ENVOY, AI = "gateway.networking.k8s.io", "gateway.envoyproxy.io", "aigateway.envoyproxy.io"
#: the versions of the kinds that a gateway is made of
VERSIONS = {
    **dict.fromkeys(("BackendTLSPolicy", "Gateway"), f"{GATEWAY}/v1"),
    **dict.fromkeys(
        ("Backend", "BackendTrafficPolicy", "ClientTrafficPolicy", "EnvoyProxy", "SecurityPolicy"), f"{ENVOY}/v1alpha1"
    ),
    **dict.fromkeys(("AIGatewayRoute", "AIServiceBackend", "BackendSecurityPolicy", "GatewayConfig"), f"{AI}/v1beta1"),
}
TEAM, MODEL = "x-domicile-team", "x-ai-eg-model"
#: the Secret with all teams' keys, by team
KEYS = "gateway-teams"
#: where the part that reads requests tells its metrics
METRICS_PORT = 1064
TOKENS, SPENT = "tokens", "spent"
METADATA = "io.envoy.ai_gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One object; ``key`` is unique among those of a gateway."""

    key: str
    kind: str
    name: str
    spec: dict[str, Any]
    annotations: dict[str, str] | None = None

    @property
    def api_version(self) -> str:
        """What its kind belongs to."""
        return VERSIONS[self.kind]


def whole() -> dict[str, str]:
    """The gateway, as what holds for all of it refers to it."""
    return {"group": GATEWAY, "kind": "Gateway", "name": NAME}
