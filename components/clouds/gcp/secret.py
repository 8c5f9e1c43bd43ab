"""A secret on Google Cloud, kept in one region under our key."""

import pulumi_gcp as gcp
from pulumi import Input, Output

from components.core import Component
from components.ownership import Ownership


def build(owner: Component, ownership: Ownership, region: str, key: Input[str], value: Input[str]) -> Output[str]:
    """Keep a value; returns the secret's name."""
    replica = {"location": region, "customer_managed_encryption": {"kms_key_name": key}}
    secret = gcp.secretmanager.Secret(
        f"{owner.name}-secret",
        secret_id=owner.name,
        replication={"user_managed": {"replicas": [replica]}},  # pyright: ignore[reportArgumentType] the SDK's own names
        labels=ownership.google_labels(owner.name),
        opts=owner.child(),
    )
    gcp.secretmanager.SecretVersion(f"{owner.name}-secret", secret=secret.id, secret_data=value, opts=owner.child())
    return secret.id
