"""A budget on Google Cloud: a billing budget over what carries the workload's label, and a quota in the cluster."""

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.budget import quota
from components.budget.contract import BudgetArgs
from components.core import Component


class GcpBudget(Component):
    """See the module."""

    TOKEN = "domicile:budget/gcp:Budget"  # noqa: S105 a type token
    budget: Output[str]
    namespace: Output[str]

    def __init__(
        self, name: str, args: BudgetArgs, number: str, billing_account: str, opts: ResourceOptions | None = None
    ) -> None:
        """Create the budget; ``number`` is the project's."""
        super().__init__(name, args, opts)
        spec = args.spec
        channel = gcp.monitoring.NotificationChannel(
            f"{name}-owner",
            display_name=f"Owner of {spec.name}",
            type="email",
            labels={"email_address": spec.contact},
            user_labels=spec.ownership.google_labels("budget"),
            opts=self.child(),
        )
        workload = spec.ownership.google_labels("budget")["workload"]
        made = gcp.billing.Budget(
            f"{name}-budget",
            billing_account=billing_account,
            display_name=spec.name,
            budget_filter={"projects": [f"projects/{number}"], "labels": {"workload": workload}},
            amount={"specified_amount": {"currency_code": "USD", "units": str(spec.monthly_usd)}},
            threshold_rules=[
                {
                    "threshold_percent": percent / 100,
                    "spend_basis": "FORECASTED_SPEND" if percent == max(spec.alerts) else "CURRENT_SPEND",
                }
                for percent in spec.alerts
            ],
            all_updates_rule={
                "monitoring_notification_channels": [channel.id],
                "disable_default_iam_recipients": False,
            },
            opts=self.child(),
        )
        self.namespace = quota.build(self, spec)
        self.budget = made.name
        self.finish()
