"""What the rest of a platform needs of a warehouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pulumi import Input, Output

from components.warehouse.spec import WarehouseSpec
from components.warehouse.vendors import VendorSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseArgs:
    """The spec, the key, and the network it is reached on."""

    spec: WarehouseSpec
    key: Input[str]
    network: Input[str]
    subnets: Input[Sequence[str]]


class Warehouse(Protocol):
    """A database of tables; ``resource`` is what rights are given on.

    ``access`` is what else opens it: the role that moves its data, or the Secret of its user; blank where an identity
    is enough.
    """

    endpoint: Output[str]
    database: Output[str]
    resource: Output[str]
    access: Output[str]


V = TypeVar("V", bound=VendorSpec)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorWarehouseArgs(Generic[V]):
    """A vendor's warehouse needs nothing but its spec: it is in an account that is there."""

    spec: V


class HasVendorWarehouse(Protocol):
    """A kit that can make one at a vendor."""

    def vendor_warehouse(self, name: str, spec: VendorSpec) -> Warehouse:
        """Make a warehouse at a vendor: for named addresses alone, with an end to what it may cost."""
        ...


class HasWarehouse(Protocol):
    """A kit that can make one."""

    def warehouse(self, name: str, args: WarehouseArgs) -> Warehouse:
        """Make a warehouse in the region, encrypted with the key."""
        ...
