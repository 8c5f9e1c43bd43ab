"""A CloudWatch log group under our key."""

import pulumi_aws as aws
from pulumi import Input

from components.core import Component

#: the retentions CloudWatch takes, days
RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip


def build(  # noqa: PLR0917 the parts of one sentence
    owner: Component, label: str, name: str, key: Input[str], days: int, tags: dict[str, str]
) -> aws.cloudwatch.LogGroup:
    """Create the group; it keeps logs at least ``days``."""
    return aws.cloudwatch.LogGroup(
        label,
        name=name,
        kms_key_id=key,
        retention_in_days=next((kept for kept in RETENTIONS if kept >= days), RETENTIONS[-1]),
        tags=tags,
        opts=owner.child(),
    )
