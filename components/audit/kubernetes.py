"""An audit sink beside an attached cluster: a locked bucket of its S3-compatible service.

Who runs the cluster sends the API server's audit log there: its flags are not ours to set.
"""

from pulumi import Output, ResourceOptions

from components.audit.contract import AuditArgs
from components.clouds.aws import bucket
from components.core import Component


class KubernetesAudit(Component):
    """See the module."""

    TOKEN = "domicile:audit/kubernetes:Audit"  # noqa: S105 a type token
    sink: Output[str]

    def __init__(self, name: str, args: AuditArgs, opts: ResourceOptions | None = None) -> None:
        """Create the sink."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = bucket.build(
            self,
            bucket.Shape(
                tags=spec.ownership.tags("audit"),
                key=args.key,
                old_versions_days=spec.retention_days,
                locked_days=spec.retention_days,
                lock_mode="COMPLIANCE",
                compatible=True,
            ),
        )
        self.sink = made.arn
        self.finish()
