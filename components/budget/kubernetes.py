"""A budget on an attached cluster: the quota of accelerators, which is all the money there is to spend."""

from pulumi import Output, ResourceOptions

from components.budget import quota
from components.budget.contract import BudgetArgs
from components.core import Component


class KubernetesBudget(Component):
    """See the module."""

    TOKEN = "domicile:budget/kubernetes:Budget"  # noqa: S105 a type token
    budget: Output[str]
    namespace: Output[str]

    def __init__(self, name: str, args: BudgetArgs, opts: ResourceOptions | None = None) -> None:
        """Create the quota."""
        super().__init__(name, args, opts)
        self.namespace = quota.build(self, args.spec)
        self.budget = Output.concat(self.namespace, "/accelerators")
        self.finish()
