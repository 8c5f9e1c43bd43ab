"""From a state store's plan to components."""

from dataclasses import dataclass

from pulumi import Output

from blueprints.state_store.resolve import StateStorePlan
from components.state_store.contract import HasStateStore, StateStoreArgs


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStoreOutputs:
    """What `pulumi login` and `pulumi stack init --secrets-provider` take."""

    backend: Output[str]
    secrets_provider: Output[str]


def wire(plan: StateStorePlan, kit: HasStateStore) -> StateStoreOutputs:
    """Create the store."""
    made = kit.state_store("state", StateStoreArgs(spec=plan.store))
    return StateStoreOutputs(backend=made.backend, secrets_provider=made.secrets_provider)
