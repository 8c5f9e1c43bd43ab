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
    """What the chat model's engine cannot do."""
    models = blueprint.models
    asked = Serve(
        name=CHAT,
        path=models.chat,
        task="generate",
        precision=models.precision,
        accelerators=1,
        max_model_len=1,
        max_num_seqs=1,
    )
    return [Reason(("models", "engine"), text) for text in ENGINES[models.engine].refusals(asked)]
