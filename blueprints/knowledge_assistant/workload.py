"""The workload behind a knowledge assistant, for the planner."""

from blueprints.knowledge_assistant.model import KnowledgeAssistant
from catalog.inventory import Inventory
from planning.workload import Budget, Data, Models, Objectives, Site, Traffic, Workload

SECONDS_PER_DAY = 86_400
KINDS = {"public": "public", "internal": "internal", "confidential": "restricted", "restricted": "restricted"}


def workload_of(blueprint: KnowledgeAssistant, hardware: Inventory) -> Workload:
    """What the blueprint needs; its target is settled, so the pools of its cluster are all the hardware there is."""
    users = blueprint.users
    a_day = users.active * users.questions_per_day
    mean = a_day / SECONDS_PER_DAY
    sites = [
        Site(
            name=pool.name,
            country=hardware.country,
            accelerator=pool.accelerator.product,
            gpus_per_node=pool.accelerator.count,
            nodes=pool.count,
            cpus_per_node=pool.cpus,
            usd_month=pool.monthly_usd_per_node * pool.count if pool.monthly_usd_per_node is not None else None,
            availability_percent=max(99.5, blueprint.availability_percent),
        )
        for pool in hardware.pools
        if pool.accelerator and not pool.accelerator.mig
    ]
    return Workload.model_validate(
        {
            "name": blueprint.name,
            "work": "rag",
            "traffic": Traffic(
                requests_per_s=mean,
                peak_factor=max(1.0, a_day * users.busiest_hour_share / 3600 / mean),
                prompt_tokens=users.prompt_tokens,
                answer_tokens=users.answer_tokens,
            ),
            "objectives": Objectives(
                first_token_ms=blueprint.latency.first_token_ms,
                per_token_ms=blueprint.latency.per_token_ms,
                availability_percent=blueprint.availability_percent,
            ),
            "users": [hardware.country],
            "people": users.active,
            "data": Data.model_validate(
                {
                    "kinds": [KINDS[blueprint.data.class_]],
                    "jurisdictions": blueprint.data.jurisdictions,
                    "retention_days": blueprint.data.retention_days,
                }
            ),
            "models": Models(allowed=[blueprint.models.chat], precisions=[blueprint.models.precision], hosted=False),
            "sites": sites,
            "targets": ["owned"],
            "burst": False,
            "budget": Budget(
                monthly_usd=float(blueprint.budget.monthly_usd), when_exceeded=blueprint.budget.when_exceeded
            ),
        }
    )
