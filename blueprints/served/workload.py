"""The workload behind a blueprint in which people talk to a model, for the planner."""

from blueprints.served.chatting import Chatting
from catalog.inventory import Inventory
from planning.workload import Budget, Data, Models, Objectives, Site, Traffic, Workload

SECONDS_PER_DAY = 86_400
KINDS = {"public": "public", "internal": "internal", "confidential": "restricted", "restricted": "restricted"}


def workload_of(blueprint: Chatting, hardware: Inventory) -> Workload:
    """What the blueprint needs; its target is settled, so the pools of its cluster are all the hardware there is."""
    asked = blueprint.asked
    mean = asked.daily / SECONDS_PER_DAY
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
            "work": "rag" if blueprint.knows is not None else "chat",
            "traffic": Traffic(
                requests_per_s=mean,
                peak_factor=max(1.0, asked.busiest_per_s / mean),
                prompt_tokens=asked.prompt_tokens,
                answer_tokens=asked.answer_tokens,
            ),
            "objectives": Objectives(
                first_token_ms=blueprint.latency.first_token_ms,
                per_token_ms=blueprint.latency.per_token_ms,
                availability_percent=blueprint.availability_percent,
            ),
            "users": [hardware.country],
            "people": asked.people,
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
