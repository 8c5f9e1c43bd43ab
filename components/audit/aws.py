"""An audit sink on AWS: a bucket nobody can change before its time, and the account's trail into it."""

from typing import Any

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.audit.contract import AuditArgs
from components.clouds.aws import bucket
from components.core import Component


class AwsAudit(Component):
    """See the module."""

    TOKEN = "domicile:audit/aws:Audit"  # noqa: S105 a type token
    sink: Output[str]

    def __init__(self, name: str, args: AuditArgs, account: str, opts: ResourceOptions | None = None) -> None:
        """Create the sink and the trail."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("audit")
        trail_name = f"{spec.name}-trail"
        trail_arn = f"arn:aws:cloudtrail:{spec.region}:{account}:trail/{trail_name}"

        def statements(arn: str) -> list[dict[str, Any]]:
            who = {"Service": "cloudtrail.amazonaws.com"}
            mine = {"StringEquals": {"aws:SourceArn": trail_arn}}
            write = {"StringEquals": {"aws:SourceArn": trail_arn, "s3:x-amz-acl": "bucket-owner-full-control"}}
            return [
                {
                    "Sid": "TrailLooks",
                    "Effect": "Allow",
                    "Principal": who,
                    "Action": "s3:GetBucketAcl",
                    "Resource": arn,
                    "Condition": mine,
                },
                {
                    "Sid": "TrailWrites",
                    "Effect": "Allow",
                    "Principal": who,
                    "Action": "s3:PutObject",
                    "Resource": f"{arn}/AWSLogs/{account}/*",
                    "Condition": write,
                },
            ]

        made = bucket.build(
            self,
            bucket.Shape(
                tags=tags,
                key=args.key,
                old_versions_days=spec.retention_days,
                locked_days=spec.retention_days,
                lock_mode="COMPLIANCE",
                cold_after_days=90,
                statements=statements,
            ),
        )
        aws.cloudtrail.Trail(
            f"{name}-trail",
            name=trail_name,
            s3_bucket_name=made.bucket,
            kms_key_id=args.key,
            enable_log_file_validation=True,
            include_global_service_events=True,
            is_multi_region_trail=False,
            event_selectors=[
                {
                    "read_write_type": "All",
                    "include_management_events": True,
                    "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}],
                }
            ],
            tags=tags,
            opts=self.child(depends_on=[made]),
        )
        self.sink = made.arn
        self.finish()
