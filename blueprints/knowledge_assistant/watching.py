"""What is watched of an assistant, and the objectives it is held to."""

from blueprints.knowledge_assistant.gateway import CHAT, server_usd
from blueprints.knowledge_assistant.model import KnowledgeAssistant
from components.ownership import Ownership
from planning.cost import HOURS_PER_MONTH, Cost
from serving.engines.table import metrics_engine
from serving.model_server import ModelServerSpec, start_budget_s
from serving.monitoring.spec import MonitoringSpec, Watched


def spec_of(
    blueprint: KnowledgeAssistant, ownership: Ownership, servers: tuple[ModelServerSpec, ...], bill: Cost
) -> MonitoringSpec:
    """The monitoring of an assistant."""
    capabilities = blueprint.target.capabilities
    return MonitoringSpec(
        ownership=ownership,
        servers=tuple(
            Watched(
                name=one.name,
                engine=metrics_engine(one.engine),
                release=one.runs.release,
                start_s=start_budget_s(one.weights_gib, one.engine),
                most=one.replicas,
                scaled=one.scaled,
                port="http" if one.runs.metrics_port == one.runs.port else "metrics",
                path=one.runs.metrics_path,
                usd_hour=float(round(server_usd(one.name, bill) / HOURS_PER_MONTH, 4)),
            )
            for one in servers
        ),
        aliases=(CHAT,),
        availability_percent=blueprint.availability_percent,
        team_budgets=tuple(
            (team.name, team.monthly_usd) for team in blueprint.access.teams if team.monthly_usd is not None
        ),
        keda=capabilities.keda,
        operator=capabilities.prometheus_operator,
    )
