"""What the rest of a platform needs of a store of runs and models."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.tracking.spec import TrackingSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingArgs:
    """The spec, and what it stands on.

    ``annotations`` make its account an identity that may write the bucket and read ``secret``, which has the password
    of ``database`` at ``host``; ``bucket`` keeps the files, at ``bucket_endpoint``.
    """

    spec: TrackingSpec
    namespace: Input[str]
    annotations: Mapping[str, Input[str]]
    bucket: Input[str]
    bucket_endpoint: Input[str]
    host: Input[str]
    port: Input[int]
    database: Input[str]
    secret: Input[str]


class Tracking(Protocol):
    """MLflow's HTTP endpoint inside the cluster, and where its files lie."""

    endpoint: Output[str]
    files: Output[str]


class HasTracking(Protocol):
    """A kit that can make one."""

    def tracking(self, name: str, args: TrackingArgs) -> Tracking:
        """Make MLflow, whose records and files are in the region, under our keys, and come back from a backup."""
        ...
