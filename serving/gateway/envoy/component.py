"""The one door of a workload, where a cluster has Envoy AI Gateway: its operators make the proxies of these objects."""

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods
from components.core import Component, manifest
from serving import entrance, keys
from serving.gateway import walls
from serving.gateway.component import GatewayArgs
from serving.gateway.envoy import objects
from serving.gateway.envoy.names import KEYS, METRICS_PORT, Made
from serving.gateway.spec import NAME, PORT

#: where Envoy Gateway itself is, and where it and its rate limit service answer
SYSTEM, SYSTEM_PORTS = "envoy-gateway-system", (18_000, 8081)
ENVOY_METRICS_PORT = 19_001


class EnvoyGateway(Component):
    """See the module. A team's key lies in the Secret ``keys.secret_of(team)``, and in the one that Envoy reads."""

    TOKEN = "domicile:serving:EnvoyGateway"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: GatewayArgs, opts: ResourceOptions | None = None) -> None:
        """Create the gateway's objects, its keys and its walls."""
        super().__init__(name, args, opts)
        spec = args.spec
        place = {"namespace": args.namespace, "labels": spec.ownership.labels(NAME)}
        made = keys.of_teams(self, tuple(team.name for team in spec.teams), place)
        self.digests = keys.digests(made)
        known = k8s.core.v1.Secret(
            f"{name}-keys",
            metadata=manifest({"name": KEYS, **place}),
            string_data=made,
            opts=self.child(),
        )
        places = {server: _place(endpoint, spec.ownership.workload) for server, endpoint in args.endpoints.items()}
        door, *others = objects.objects(spec, places)
        # a Gateway is taken over as soon as it is there: what it refers to comes first
        parts = [self._create(one, args, depends_on=[known]) for one in others]
        gateway = self._create(door, args, depends_on=parts)
        told = {
            "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": SYSTEM}}}],
            "ports": [{"port": port, "protocol": "TCP"} for port in SYSTEM_PORTS],
        }
        scraped = pods.scraping(METRICS_PORT, ENVOY_METRICS_PORT)
        walls.build(self, spec, args.namespace, args.endpoints, ways=(told,), doors=(scraped,))
        entrance.build(self, spec, PORT, {"name": NAME, **place}, gateway)
        self.endpoint = Output.from_input(f"http://{NAME}:{PORT}/v1")
        self.finish()

    def _create(self, one: Made, args: GatewayArgs, **options: object) -> k8s.apiextensions.CustomResource:
        metadata = {
            "name": one.name,
            "namespace": args.namespace,
            "labels": args.spec.ownership.labels(NAME),
            **({"annotations": one.annotations} if one.annotations else {}),
        }
        return k8s.apiextensions.CustomResource(
            f"{self.name}-{one.key}",
            api_version=one.api_version,
            kind=one.kind,
            metadata=manifest(metadata),
            spec=manifest(one.spec),
            opts=self.child(**options),
        )


def _place(endpoint: Input[str], namespace: str) -> Output[object]:
    return Output.from_input(endpoint).apply(lambda found: objects.in_namespace(found, namespace))
