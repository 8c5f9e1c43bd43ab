"""What is watched of a workload that decides. Pure."""

from blueprints.scored.model import SCORER, Scored
from blueprints.served.gateway import server_usd
from planning.cost import HOURS_PER_MONTH, Cost
from serving.decisions.spec import NAME
from serving.monitoring.spec import MonitoringSpec, Watched
from serving.scorer import ScorerSpec, start_budget_s


def spec_of(blueprint: Scored, scorers: tuple[ScorerSpec, ...], bill: Cost) -> MonitoringSpec:
    """The monitoring: the service is held to the objectives, models tell causes."""
    capabilities = blueprint.target.capabilities
    return MonitoringSpec(
        ownership=blueprint.ownership,
        door=NAME,
        servers=tuple(
            Watched(
                name=one.name,
                engine=one.runs.name,
                release=one.runs.release,
                start_s=start_budget_s(one.gib),
                most=one.replicas,
                scaled=False,
                always=one.name == SCORER,
                port="metrics",
                usd_hour=float(round(server_usd(one.name, bill) / HOURS_PER_MONTH, 4)),
                gpus=one.gpus,
            )
            for one in scorers
        ),
        aliases=(blueprint.name,),
        availability_percent=blueprint.availability_percent,
        keda=capabilities.keda,
        operator=capabilities.prometheus_operator,
    )
