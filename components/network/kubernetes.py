"""The network of an attached cluster: adopted as it is, so that what depends on one is told where it is."""

from collections.abc import Sequence

from pulumi import Output, ResourceOptions

from components.core import Component
from components.network.contract import NetworkArgs


class KubernetesNetwork(Component):
    """See the module."""

    TOKEN = "domicile:network/kubernetes:Network"  # noqa: S105 a type token
    network: Output[str]
    nodes: Output[Sequence[str]]
    pods: Output[Sequence[str]]
    endpoints: Output[Sequence[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        """Tell about the network; nothing is made."""
        super().__init__(name, args, opts)
        spec = args.spec
        self.network = Output.from_input(spec.name)
        self.nodes = Output.from_input([zone.nodes for zone in spec.zones])
        self.pods = Output.from_input([zone.pods for zone in spec.zones])
        self.endpoints = Output.from_input([zone.endpoints for zone in spec.zones])
        self.finish()
