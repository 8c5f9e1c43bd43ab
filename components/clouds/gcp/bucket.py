"""A private, versioned, encrypted Cloud Storage bucket: what object stores and audit sinks have in common."""

from dataclasses import dataclass
from typing import Any

import pulumi_gcp as gcp
from pulumi import Input

from components.core import Component

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``locked_days`` keeps every object that long; ``for_good`` locks that for ever.

    ``suffix`` sets the name of a second bucket apart.
    """

    labels: dict[str, str]
    region: str
    key: Input[str]
    old_versions_days: int
    locked_days: int | None = None
    for_good: bool = False
    cold_after_days: int | None = None
    suffix: str = ""


def build(owner: Component, shape: Shape) -> gcp.storage.Bucket:
    """Create a bucket as a child of a component."""
    old = max(shape.old_versions_days, shape.locked_days or 0)
    rules: list[Any] = [
        {"action": {"type": "Delete"}, "condition": {"days_since_noncurrent_time": old, "with_state": "ARCHIVED"}},
        {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}},
    ]
    if shape.cold_after_days is not None:
        move = {"type": "SetStorageClass", "storage_class": "COLDLINE"}
        rules.append({"action": move, "condition": {"age": shape.cold_after_days}})
    locked: Any = (
        {"retention_period": str(shape.locked_days * SECONDS_PER_DAY), "is_locked": shape.for_good}
        if shape.locked_days is not None
        else None
    )
    return gcp.storage.Bucket(
        f"{owner.name}{shape.suffix}-bucket",
        location=shape.region.upper(),
        storage_class="STANDARD",
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        versioning={"enabled": True} if locked is None else None,
        encryption={"default_kms_key_name": shape.key},
        retention_policy=locked,
        soft_delete_policy={"retention_duration_seconds": 7 * SECONDS_PER_DAY},
        lifecycle_rules=rules,
        force_destroy=False,
        labels=shape.labels,
        opts=owner.child(),
    )
