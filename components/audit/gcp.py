"""An audit sink on Google Cloud: a bucket locked for good, and the project's audit logs into it."""

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.audit.contract import AuditArgs
from components.clouds.gcp import bucket
from components.core import Component


class GcpAudit(Component):
    """See the module."""

    TOKEN = "domicile:audit/gcp:Audit"  # noqa: S105 a type token
    sink: Output[str]

    def __init__(self, name: str, args: AuditArgs, project: str, opts: ResourceOptions | None = None) -> None:
        """Create the sink and what writes to it."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = bucket.build(
            self,
            bucket.Shape(
                labels=spec.ownership.google_labels("audit"),
                region=spec.region,
                key=args.key,
                old_versions_days=spec.retention_days,
                locked_days=spec.retention_days,
                for_good=True,
                cold_after_days=90,
            ),
        )
        sink = gcp.logging.ProjectSink(
            f"{name}-sink",
            name=spec.name,
            project=project,
            destination=made.name.apply(lambda found: f"storage.googleapis.com/{found}"),
            filter='logName:"cloudaudit.googleapis.com"',
            unique_writer_identity=True,
            opts=self.child(),
        )
        gcp.storage.BucketIAMMember(
            f"{name}-writer",
            bucket=made.name,
            role="roles/storage.objectCreator",
            member=sink.writer_identity,
            opts=self.child(),
        )
        gcp.projects.IAMAuditConfig(
            f"{name}-access",
            project=project,
            service="allServices",
            audit_log_configs=[{"log_type": kind} for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")],
            opts=self.child(),
        )
        self.sink = made.name
        self.finish()
