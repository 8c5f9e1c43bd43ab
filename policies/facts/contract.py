"""What rules ask of a resource, whatever makes it. Properties are lazy: an unknown value disturbs only who reads it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any


class Fact(ABC):  # noqa: B024 its kinds are abstract, each in its own way
    """A resource, seen through its declared properties."""

    def __init__(self, props: Mapping[str, Any], urn: str) -> None:
        """Wrap the properties; nothing is read yet."""
        self.props = props
        self.urn = urn


class WorkloadFact(Fact):
    """Something that runs containers."""

    @property
    @abstractmethod
    def labels(self) -> Mapping[str, Any]:
        """The labels of the object itself."""

    @property
    @abstractmethod
    def gpus(self) -> int:
        """GPUs of all replicas together."""

    @property
    @abstractmethod
    def environment(self) -> list[tuple[str, str]]:
        """Environment variables that are written out: (name, value)."""


class VolumeFact(Fact):
    """Something that asks for storage."""

    @property
    @abstractmethod
    def classes(self) -> list[str | None]:
        """The storage class of each volume; None where the cluster's default is taken."""


class EntranceFact(Fact):
    """Something that lets traffic in from outside the cluster."""

    @property
    @abstractmethod
    def hosts(self) -> list[str]:
        """The host names it answers to."""

    @property
    @abstractmethod
    def encrypted_hosts(self) -> list[str]:
        """The host names with TLS."""


class PlaceFact(Fact):
    """A namespace, project or account that holds workloads."""

    @property
    @abstractmethod
    def labels(self) -> Mapping[str, Any]:
        """Its labels."""

    @property
    @abstractmethod
    def notes(self) -> Mapping[str, Any]:
        """Its annotations."""


class RouteFact(Fact):
    """Configuration that sends model requests somewhere."""

    @property
    @abstractmethod
    def endpoints(self) -> list[str]:
        """The base URLs requests go to."""


class WallFact(Fact):
    """A network rule."""

    @property
    @abstractmethod
    def part(self) -> str:
        """The part of the workload it is about; empty for all."""

    @property
    @abstractmethod
    def open_to_internet(self) -> list[int]:
        """The ports on which it lets traffic leave to anywhere."""
