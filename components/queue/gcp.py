"""A queue on Google Cloud: a Pub/Sub topic whose messages stay in the region."""

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.core import Component
from components.queue.contract import QueueArgs


class GcpQueue(Component):
    """See the module."""

    TOKEN = "domicile:queue/gcp:Queue"  # noqa: S105 a type token
    endpoint: Output[str]
    topic: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: QueueArgs, opts: ResourceOptions | None = None) -> None:
        """Create the topic and a subscription that keeps order."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.google_labels("queue")
        made = gcp.pubsub.Topic(
            f"{name}-topic",
            name=spec.name,
            kms_key_name=args.key,
            message_retention_duration=f"{spec.retention_hours * 3600}s",
            message_storage_policy={"allowed_persistence_regions": [spec.region], "enforce_in_transit": True},
            labels=labels,
            opts=self.child(),
        )
        gcp.pubsub.Subscription(
            f"{name}-readers",
            name=f"{spec.name}-readers",
            topic=made.id,
            enable_message_ordering=True,
            ack_deadline_seconds=60,
            message_retention_duration=f"{spec.retention_hours * 3600}s",
            expiration_policy={"ttl": ""},
            labels=labels,
            opts=self.child(),
        )
        self.endpoint = Output.from_input(f"https://{spec.region}-pubsub.googleapis.com")
        self.topic = made.name
        self.resource = made.name
        self.finish()
