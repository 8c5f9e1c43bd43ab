"""From a state store's blueprint to a plan. Pure."""

from dataclasses import dataclass

from blueprints.refusal import Reason, RefusedError
from blueprints.state_store.model import StateStore
from catalog import places
from components.clouds.choose import offer_for
from components.ownership import Ownership
from components.state_store.spec import StateStoreSpec
from planning.cost import Cost, CostLine


@dataclass(frozen=True, slots=True)
class StateStorePlan:
    """What will be made, and where."""

    name: str
    region: str
    country: str
    cost: Cost
    store: StateStoreSpec


def resolve(blueprint: StateStore) -> StateStorePlan:
    """Decide everything.

    Raises:
        RefusedError: the region is none, or is not where the state may be.
    """
    offer, region = offer_for(blueprint.target), blueprint.target.region
    found = places.regions().get((offer.catalog, region))
    if found is None:
        raise RefusedError((Reason(("target", "region"), f"there is no region '{region}' in {offer.catalog}"),))
    if found.country not in blueprint.jurisdictions:
        text = f"{region} is in {found.country}, the state may be kept in {', '.join(blueprint.jurisdictions)}"
        raise RefusedError((Reason(("jurisdictions",), f"{text}: choose another region"),))
    ownership = Ownership(
        workload=blueprint.name,
        owner=blueprint.owner.team,
        cost_centre=blueprint.owner.cost_centre,
        data_class="confidential",
        jurisdictions=tuple(blueprint.jurisdictions),
    )
    return StateStorePlan(
        name=blueprint.name,
        region=region,
        country=found.country,
        cost=Cost((CostLine("state", None, "a few megabytes and some thousand key operations a month"),)),
        store=StateStoreSpec(
            name=blueprint.name, ownership=ownership, region=region, operators=tuple(blueprint.operators)
        ),
    )
