"""Reasons against an assistant that need no hardware to be looked at."""

from blueprints.knowledge_assistant.gateway import CHAT
from blueprints.knowledge_assistant.model import KnowledgeAssistant
from blueprints.refusal import Reason
from catalog.inventory import Inventory
from serving.engines.contract import Serve
from serving.engines.table import ENGINES


def by_law(blueprint: KnowledgeAssistant, inventory: Inventory) -> list[Reason]:
    """Where the data may not be."""
    allowed = blueprint.data.jurisdictions
    if inventory.country in allowed:
        return []
    text = (
        f"the cluster '{blueprint.target.cluster}' stands in {inventory.country}, the data must stay in "
        f"{', '.join(allowed)}: choose another target, or add {inventory.country} if the law allows it"
    )
    return [Reason(("data", "jurisdictions"), text)]


def by_engine(blueprint: KnowledgeAssistant) -> list[Reason]:
    """What the chat model's engine, or its candidate's, cannot do."""
    models = blueprint.models
    asked = [(("models", "engine"), models.engine, models.precision)]
    if models.candidate:
        asked.append((("models", "candidate"), models.candidate.engine, models.candidate.precision))
    return [
        Reason(path, text)
        for path, engine, precision in asked
        for text in ENGINES[engine].refusals(
            Serve(
                name=CHAT,
                path="",
                task="generate",
                precision=precision,
                accelerators=1,
                max_model_len=1,
                max_num_seqs=1,
            )
        )
    ]
