"""A copy of a bucket in a second region: replicated as objects are written, under a key of that region."""

import dataclasses
from typing import Any

import pulumi_gcp as gcp
from pulumi import Input, Output

from components.clouds.gcp import bucket
from components.core import Component

#: what the transfer service's agent needs. Source: Google Cloud, "Cloud Storage: cross-bucket replication"
READS = ("roles/storage.legacyBucketReader", "roles/storage.objectViewer")
WRITES = ("roles/storage.legacyBucketWriter", "roles/storage.objectUser")


def build(
    owner: Component,
    source: gcp.storage.Bucket,
    shape: bucket.Shape,
    *,
    region: str,
    key: Input[str],
    project: tuple[str, str],
) -> gcp.storage.Bucket:
    """Create the second bucket and the replication; ``shape`` is the first one's, ``project`` its id and number."""
    id_, number = project
    copy = bucket.build(owner, dataclasses.replace(shape, region=region, key=key, suffix="-replica"))
    agent = f"serviceAccount:project-{number}@storage-transfer-service.iam.gserviceaccount.com"
    label = f"{owner.name}-replication"
    leave: list[Any] = [
        gcp.storage.BucketIAMMember(
            f"{label}-{role.rpartition('.')[2]}", bucket=one.name, role=role, member=agent, opts=owner.child()
        )
        for one, roles in ((source, READS), (copy, WRITES))
        for role in roles
    ]
    # the service tells itself of new objects through topics of its own
    for who, role in (
        (agent, "roles/pubsub.editor"),
        (f"serviceAccount:service-{number}@gs-project-accounts.iam.gserviceaccount.com", "roles/pubsub.publisher"),
    ):
        leave.append(
            gcp.projects.IAMMember(
                f"{label}-{role.rpartition('.')[2]}", project=id_, role=role, member=who, opts=owner.child()
            )
        )
    gcp.storage.TransferJob(
        label,
        project=id_,
        description=Output.concat("copies of ", source.name),
        status="ENABLED",
        replication_spec={
            "gcs_data_source": {"bucket_name": source.name},
            "gcs_data_sink": {"bucket_name": copy.name},
            "transfer_options": {"overwrite_when": "DIFFERENT", "delete_objects_unique_in_sink": False},
        },
        opts=owner.child(depends_on=leave),
    )
    return copy
