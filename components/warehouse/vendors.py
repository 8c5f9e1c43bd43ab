"""Warehouses that a vendor runs: what was decided of one. Pure."""

from dataclasses import dataclass

from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class SnowflakeSpec:
    """A database, its compute and who may use it, in an account that is there.

    ``clients`` are the ranges that may sign in; ``monthly_credits`` end the compute when they are used up;
    ``public_key`` is the workloads' (PEM, RSA), who have no password.
    """

    name: str
    ownership: Ownership
    organization: str
    account: str
    region: str
    size: str
    monthly_credits: int
    clients: tuple[str, ...]
    public_key: str
    history_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabricksSpec:
    """A catalog and a SQL warehouse, in a workspace that is there; ``group`` may use them, ``storage`` holds tables."""

    name: str
    ownership: Ownership
    host: str
    region: str
    size: str
    clients: tuple[str, ...]
    group: str
    storage: str


VendorSpec = SnowflakeSpec | DatabricksSpec
