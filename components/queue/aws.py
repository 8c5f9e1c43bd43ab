"""A queue on AWS: a Kinesis stream."""

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.core import Component
from components.queue.contract import QueueArgs


class AwsQueue(Component):
    """See the module."""

    TOKEN = "domicile:queue/aws:Queue"  # noqa: S105 a type token
    endpoint: Output[str]
    topic: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: QueueArgs, opts: ResourceOptions | None = None) -> None:
        """Create the stream."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = aws.kinesis.Stream(
            f"{name}-stream",
            name=spec.name,
            retention_period=max(24, spec.retention_hours),
            shard_count=spec.partitions,
            stream_mode_details={"stream_mode": "PROVISIONED"},
            encryption_type="KMS",
            kms_key_id=args.key,
            enforce_consumer_deletion=False,
            tags=spec.ownership.tags("queue"),
            opts=self.child(),
        )
        self.endpoint = Output.from_input(f"https://kinesis.{spec.region}.amazonaws.com")
        self.topic = made.name
        self.resource = made.arn
        self.finish()
