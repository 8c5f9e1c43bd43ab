"""An audit sink on Azure: an account nobody can change before its time, and the subscription's activity into it."""

import pulumi_azure_native as azure
from pulumi import Input, Output, ResourceOptions

from components.audit.contract import AuditArgs
from components.clouds.azure import account, endpoint
from components.clouds.azure.group import Group
from components.core import Component

LOGS = ("Administrative", "Security", "Policy", "Alert")
CONTAINER = "insights-activity-logs"


class AzureAudit(Component):
    """See the module."""

    TOKEN = "domicile:audit/azure:Audit"  # noqa: S105 a type token
    sink: Output[str]

    def __init__(
        self, name: str, args: AuditArgs, group: Group, subnet: Input[str], opts: ResourceOptions | None = None
    ) -> None:
        """Create the sink and what writes to it."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("audit")
        kept = account.build(self, f"audit{spec.name}", group, account.Shape(tags=tags, key=args.key))
        account.versions(self, group, kept, spec.retention_days, 90)
        container = azure.storage.BlobContainer(
            f"{name}-container",
            resource_group_name=group.name,
            account_name=kept.name,
            container_name=CONTAINER,
            public_access=azure.storage.PublicAccess.NONE,
            opts=self.child(),
        )
        azure.storage.BlobContainerImmutabilityPolicy(
            f"{name}-lock",
            resource_group_name=group.name,
            account_name=kept.name,
            container_name=container.name,
            immutability_policy_name="default",
            immutability_period_since_creation_in_days=spec.retention_days,
            allow_protected_append_writes_all=True,
            opts=self.child(),
        )
        azure.monitor.DiagnosticSetting(
            f"{name}-activity",
            name=spec.name,
            resource_uri=f"/subscriptions/{group.subscription}",
            storage_account_id=kept.id,
            logs=[{"category": category, "enabled": True} for category in LOGS],
            opts=self.child(),
        )
        endpoint.build(self, "blob", group, endpoint.Door(kind="blob", resource=kept.id, subnet=subnet, tags=tags))
        self.sink = kept.id
        self.finish()
