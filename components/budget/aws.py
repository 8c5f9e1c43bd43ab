"""A budget on AWS: AWS Budgets over what carries the workload's tag, and a quota in the cluster."""

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.budget import quota
from components.budget.contract import BudgetArgs
from components.core import Component


class AwsBudget(Component):
    """See the module."""

    TOKEN = "domicile:budget/aws:Budget"  # noqa: S105 a type token
    budget: Output[str]
    namespace: Output[str]

    def __init__(self, name: str, args: BudgetArgs, opts: ResourceOptions | None = None) -> None:
        """Create the budget."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = aws.budgets.Budget(
            f"{name}-budget",
            name=spec.name,
            budget_type="COST",
            time_unit="MONTHLY",
            time_period_start=f"{spec.start}_00:00",
            limit_amount=str(spec.monthly_usd),
            limit_unit="USD",
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:workload${spec.ownership.workload}"]}],
            notifications=[
                {
                    "comparison_operator": "GREATER_THAN",
                    "threshold": float(percent),
                    "threshold_type": "PERCENTAGE",
                    "notification_type": "FORECASTED" if percent == max(spec.alerts) else "ACTUAL",
                    "subscriber_email_addresses": [spec.contact],
                }
                for percent in spec.alerts
            ],
            tags=spec.ownership.tags("budget"),
            opts=self.child(),
        )
        self.namespace = quota.build(self, spec)
        self.budget = made.arn
        self.finish()
