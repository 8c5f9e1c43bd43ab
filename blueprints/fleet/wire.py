"""From the plan of a fleet to components: its hub. Sites are reached by releases, not by a stack."""

from dataclasses import dataclass
from typing import Protocol

from pulumi import Output, ResourceOptions

from blueprints.fleet.resolve import FleetPlan
from components.namespace.contract import HasNamespace, NamespaceArgs
from serving.fleet.component import SECRET, Hub, HubArgs
from serving.monitoring.component import Monitoring, MonitoringArgs


class FleetKit(HasNamespace, Protocol):
    """What a fleet's hub needs of a cloud."""

    def options(self) -> ResourceOptions:
        """Options that put a component where the kit's are."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOutputs:
    """What operators need to use it."""

    namespace: Output[str]
    endpoint: Output[str]
    key_secret: Output[str]


def wire(plan: FleetPlan, kit: FleetKit) -> FleetOutputs:
    """Create the hub."""
    place = kit.namespace(plan.name, NamespaceArgs(spec=plan.namespace)).namespace
    hub = Hub("hub", HubArgs(spec=plan.hub, namespace=place), kit.options())
    Monitoring("monitoring", MonitoringArgs(spec=plan.monitoring, namespace=place), kit.options())
    return FleetOutputs(namespace=place, endpoint=hub.endpoint, key_secret=Output.from_input(SECRET))
