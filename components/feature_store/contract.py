"""What the rest of a platform needs of a feature store."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.feature_store.spec import FeatureStoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureStoreArgs:
    """The spec, and what it stands on.

    ``annotations`` make its account an identity that may write the bucket; ``bucket`` keeps the registry, at
    ``bucket_endpoint``; ``bucket_resource`` is what rights are given on. The history is in ``database`` of the
    warehouse at ``warehouse``, which ``access`` opens.
    """

    spec: FeatureStoreSpec
    namespace: Input[str]
    annotations: Mapping[str, Input[str]]
    bucket: Input[str]
    bucket_endpoint: Input[str]
    bucket_resource: Input[str]
    warehouse: Input[str]
    database: Input[str]
    access: Input[str]
    key: Input[str]


class FeatureStore(Protocol):
    """Feast's HTTP endpoint inside the cluster, and where its registry lies."""

    endpoint: Output[str]
    registry: Output[str]


class HasFeatureStore(Protocol):
    """A kit that can make one."""

    def feature_store(self, name: str, args: FeatureStoreArgs) -> FeatureStore:
        """Make a feature store whose registry, history and fresh values are all in the region, under our keys."""
        ...
