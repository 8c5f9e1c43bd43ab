"""What is watched of a workload, and the objectives it is held to. Pure."""

from collections.abc import Mapping

from blueprints.served.batching import Batching
from blueprints.served.gateway import server_usd
from blueprints.served.model import Served
from blueprints.served.roles import Part, Role
from components.ownership import Ownership
from planning.cost import HOURS_PER_MONTH, Cost
from serving.engines.table import metrics_engine
from serving.model_server import ModelServerSpec
from serving.monitoring.spec import MonitoringSpec, Watched


def spec_of(
    blueprint: Served, ownership: Ownership, servers: Mapping[Role, ModelServerSpec], bill: Cost
) -> MonitoringSpec:
    """The monitoring of a workload's servers."""
    capabilities = blueprint.target.capabilities
    batching = isinstance(blueprint, Batching)
    return MonitoringSpec(
        ownership=ownership,
        servers=tuple(
            Watched(
                name=one.name,
                engine=metrics_engine(one.engine),
                release=one.runs.release,
                start_s=one.start_s,
                most=one.replicas,
                scaled=one.scaled and not batching,
                always=not batching,
                sleeps=one.scaled and blueprint.scales.sleep is not None,
                answer_s=one.answer_s,
                port="http" if one.runs.metrics_port == one.runs.port else "metrics",
                path=one.runs.metrics_path,
                gpus=one.gpus,
                usd_hour=float(round(server_usd(one.name, bill) / HOURS_PER_MONTH, 4)),
            )
            for one in servers.values()
        ),
        aliases=_aliases(blueprint, servers),
        availability_percent=blueprint.availability_percent,
        batch_s=blueprint.window.longest_gap_s + blueprint.window.seconds if batching else 0,
        team_budgets=tuple(
            (team.name, team.monthly_usd) for team in blueprint.access.teams if team.monthly_usd is not None
        ),
        documents_s=blueprint.knows.alert_hours * 3600 if blueprint.knows is not None else 0,
        gateway=blueprint.access.gateway,
        first_token_s=blueprint.latency.first_token_ms / 1000,
        keda=capabilities.keda,
        operator=capabilities.prometheus_operator,
    )


def _aliases(blueprint: Served, servers: Mapping[Role, ModelServerSpec]) -> tuple[str, ...]:
    """The aliases that are held to the objectives: main models and their adapters, or the endpoint outside alone."""
    main = [role.name for role in servers if role.generates and role.part is Part.MAIN]
    learnt = (one.alias for one in blueprint.adapters if one.of in main)
    return (*main, *learnt) or ((blueprint.outside.alias,) if blueprint.outside else ())
