"""What the rest of a platform needs of a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output, ProviderResource

from components.cluster.spec import ClusterSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterArgs:
    """The spec, the network, the key for secrets and volumes, and where audit logs go."""

    spec: ClusterSpec
    network: Input[str]
    nodes: Input[Sequence[str]]
    pods: Input[Sequence[str]]
    key: Input[str]
    audit: Input[str]


class Cluster(Protocol):
    """A Kubernetes cluster. ``issuer`` signs the tokens of workload identities."""

    cluster: Output[str]
    endpoint: Output[str]
    issuer: Output[str]
    kubeconfig: Output[str]
    storage_class: Output[str]

    @property
    def kubernetes(self) -> ProviderResource:
        """The provider of what runs on it."""
        ...


class HasCluster(Protocol):
    """A kit that can make one, or adopt one that is there."""

    def cluster(self, name: str, args: ClusterArgs) -> Cluster:
        """Make a cluster with a private endpoint, encrypted secrets, audit logs, and an encrypting storage class."""
        ...
