"""What a team writes of a warehouse that is asked in words: where it is, its tables, what people approve."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from blueprints.written import Country, Lookers, Name, Written

GIB = 1024**3
#: where each is reached; ClickHouse by HTTPS
PORTS = {"postgresql": 5432, "redshift": 5439, "clickhouse": 8443, "bigquery": 443}
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]


class Column(Written):
    """A column that may be used. One that is ``sensitive`` is used only when people approve the query."""

    name: Identifier
    type: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_(), ]{0,59}$", description="As the warehouse calls it.")]
    about: Annotated[str, Field(max_length=200)] = ""
    sensitive: bool = False


class Table(Written):
    """A table or a view that may be asked, with its schema: what is not here does not exist for the assistant."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$", max_length=127)]
    about: Annotated[str, Field(min_length=3, max_length=500, description="What a line of it is.")]
    columns: Annotated[list[Column], Field(min_length=1, max_length=300)]


class Warehouse(Written):
    """A warehouse that is there. At BigQuery the address is the project, and the database the region."""

    engine: Literal["postgresql", "redshift", "clickhouse", "bigquery"]
    address: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$", max_length=253)]
    port: Annotated[int | None, Field(gt=0, lt=65_536, description="The engine's own when left out.")] = None
    database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=63)]
    country: Annotated[Country, Field(description="Where it stands.")]
    identity: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9-]+@[a-z0-9-]+\.iam\.gserviceaccount\.com)?$",
            description="BigQuery is asked as this service account, which the platform's identities make.",
        ),
    ] = ""
    tables: Annotated[list[Table], Field(min_length=1, max_length=100)]

    @property
    def at(self) -> int:
        """Its port."""
        return self.port or PORTS[self.engine]


class Limits(Written):
    """What a query gives and takes, and how much it may read before people are asked; bytes at BigQuery, else rows."""

    rows: Annotated[int, Field(gt=0, le=100_000, description="Of an answer.")] = 1000
    seconds: Annotated[int, Field(gt=0, le=600)] = 30
    million_rows_unasked: Annotated[float, Field(gt=0, le=1_000_000)] = 50.0
    gib_unasked: Annotated[float, Field(gt=0, le=100_000)] = 20.0
    gib_at_most: Annotated[float, Field(gt=0, le=100_000, description="BigQuery reads no more for a query.")] = 200.0


class Approvers(Lookers):
    """Who approves queries that use what is sensitive, or read much; never who asked."""

    approved_hours: Annotated[int, Field(gt=0, le=720, description="How long an approved query may run again.")] = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Queried:
    """A warehouse as a workload asks it: who may, and how much."""

    warehouse: Warehouse
    limits: Limits
    approvers: Approvers
    askers: tuple[Name, ...]
    daily: float
