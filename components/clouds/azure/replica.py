"""A copy of a container in a second region: an account of its own there, under a key of that region."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pulumi_azure_native as azure
from pulumi import Input

from components.clouds.azure import account
from components.clouds.azure.group import Group
from components.core import Component


def build(
    owner: Component,
    source: tuple[azure.storage.StorageAccount, azure.storage.BlobContainer],
    seed: str,
    groups: tuple[Group, Group],
    *,
    shape: account.Shape,
    key: Input[str],
    days: tuple[int, int | None],
) -> None:
    """Create the second account, which nobody reaches until it is needed, and the policy that fills it.

    ``groups`` are the first region's and the second's; ``days`` how long old versions stay and when blobs get cold.
    """
    kept, container = source
    here, there = groups
    away = dataclasses.replace(shape, key=key, suffix="-replica")
    copy = account.build(owner, f"{seed}-replica", there, away)
    account.versions(owner, there, copy, *days, suffix="-replica")
    into = azure.storage.BlobContainer(
        f"{owner.name}-replica-container",
        resource_group_name=there.name,
        account_name=copy.name,
        container_name="objects",
        public_access=azure.storage.PublicAccess.NONE,
        opts=owner.child(),
    )
    asked = azure.storage.ObjectReplicationPolicy(
        f"{owner.name}-replica-policy",
        resource_group_name=there.name,
        account_name=copy.name,
        object_replication_policy_id="default",
        source_account=kept.id,
        destination_account=copy.id,
        rules=[{"source_container": container.name, "destination_container": into.name}],
        opts=owner.child(),
    )
    azure.storage.ObjectReplicationPolicy(
        f"{owner.name}-replication",
        resource_group_name=here.name,
        account_name=kept.name,
        object_replication_policy_id=asked.policy_id,
        source_account=kept.id,
        destination_account=copy.id,
        rules=asked.rules.apply(_same),
        opts=owner.child(),
    )


def _same(rules: Sequence[Any] | None) -> Sequence[azure.storage.ObjectReplicationPolicyRuleArgs]:
    """The rules as the second account numbered them."""
    return [
        azure.storage.ObjectReplicationPolicyRuleArgs(
            rule_id=one.rule_id,
            source_container=one.source_container,
            destination_container=one.destination_container,
        )
        for one in rules or ()
    ]
