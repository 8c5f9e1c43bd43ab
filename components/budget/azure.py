"""A budget on Azure: a consumption budget over the platform's resource group, and a quota in the cluster."""

import pulumi_azure_native as azure
from pulumi import Output, ResourceOptions

from components.budget import quota
from components.budget.contract import BudgetArgs
from components.clouds.azure.group import Group
from components.core import Component


class AzureBudget(Component):
    """See the module."""

    TOKEN = "domicile:budget/azure:Budget"  # noqa: S105 a type token
    budget: Output[str]
    namespace: Output[str]

    def __init__(self, name: str, args: BudgetArgs, group: Group, opts: ResourceOptions | None = None) -> None:
        """Create the budget."""
        super().__init__(name, args, opts)
        spec = args.spec
        scope = Output.from_input(group.name).apply(
            lambda found: f"/subscriptions/{group.subscription}/resourceGroups/{found}"
        )
        made = azure.consumption.Budget(
            f"{name}-budget",
            budget_name=spec.name,
            scope=scope,
            category="Cost",
            amount=float(spec.monthly_usd),
            time_grain="Monthly",
            time_period={"start_date": f"{spec.start}T00:00:00Z"},
            notifications={
                f"at-{percent}": {
                    "enabled": True,
                    "operator": "GreaterThanOrEqualTo",
                    "threshold": float(percent),
                    "threshold_type": "Forecasted" if percent == max(spec.alerts) else "Actual",
                    "contact_emails": [spec.contact],
                }
                for percent in spec.alerts
            },
            opts=self.child(),
        )
        self.namespace = quota.build(self, spec)
        self.budget = made.name
        self.finish()
