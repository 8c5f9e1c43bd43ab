"""What asks a warehouse: who may, which tables and columns, and how much is read without asking people."""

from dataclasses import dataclass
from typing import Literal

from components.ownership import Ownership
from serving.gateway.spec import NAME as GATEWAY
from serving.gateway.spec import Issuer

PORT = 8080
NAME = "queries"
APPROVERS = "approvers"
Engine = Literal["postgresql", "redshift", "clickhouse", "bigquery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column, its type in the warehouse's own words; one that is ``sensitive`` is shown when people approve."""

    name: str
    type: str
    about: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table or a view, with its schema (`schema.table`), and what is in it."""

    name: str
    about: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueriesSpec:
    """The service. At BigQuery ``address`` is the project, ``database`` the region, and it asks as ``identity``.

    A query gives ``rows`` at most and takes ``seconds`` at most; one that reads more than ``unasked`` (rows; bytes at
    BigQuery, which never reads more than ``most``) waits for ``approvers``, and may run for ``approved_hours`` then.
    ``attempts`` are how often the model of the ``alias`` may write one. The audit log is kept for ``keep_days``;
    ``log_texts`` writes questions to it, not only their digests. ``door`` is the name that the gateway's pods carry.
    """

    ownership: Ownership
    image: str
    replicas: int
    engine: Engine
    address: str
    port: int
    database: str
    tables: tuple[Table, ...]
    identity: str = ""
    alias: str
    askers: tuple[str, ...]
    issuers: tuple[Issuer, ...] = ()
    rows: int
    seconds: int
    unasked: int
    most: int
    approved_hours: int
    keep_days: int
    log_texts: bool = False
    attempts: int = 3
    parallel: int = 8
    audit_gib: int
    storage_class: str = ""
    clients: tuple[str, ...] = ()
    door: str = GATEWAY
