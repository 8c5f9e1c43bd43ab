"""What the rest of a platform needs of a warehouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.warehouse.spec import WarehouseSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseArgs:
    """The spec, the key, and the network it is reached on."""

    spec: WarehouseSpec
    key: Input[str]
    network: Input[str]
    subnets: Input[Sequence[str]]


class Warehouse(Protocol):
    """A database of tables; ``resource`` is what rights are given on."""

    endpoint: Output[str]
    database: Output[str]
    resource: Output[str]


class HasWarehouse(Protocol):
    """A kit that can make one."""

    def warehouse(self, name: str, args: WarehouseArgs) -> Warehouse:
        """Make a warehouse in the region, encrypted with the key."""
        ...
