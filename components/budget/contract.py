"""What the rest of a platform needs of a budget."""

from dataclasses import dataclass
from typing import Protocol

from pulumi import Output

from components.budget.spec import BudgetSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetArgs:
    """A budget needs nothing but its spec."""

    spec: BudgetSpec


class Budget(Protocol):
    """A budget with alerts to the owner, and the platform's namespace with its quota."""

    budget: Output[str]
    namespace: Output[str]


class HasBudget(Protocol):
    """A kit that can make one."""

    def budget(self, name: str, args: BudgetArgs) -> Budget:
        """Make a budget in the cloud's billing, and a quota in the cluster."""
        ...
