"""What the rest of a platform needs of a relational store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.sql.spec import SqlSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlArgs:
    """The spec, the key, and the network it is reached on."""

    spec: SqlSpec
    key: Input[str]
    network: Input[str]
    subnets: Input[Sequence[str]]


class Sql(Protocol):
    """PostgreSQL with pgvector. ``secret`` says where the credentials lie, ``resource`` what rights are given on."""

    endpoint: Output[str]
    port: Output[int]
    database: Output[str]
    secret: Output[str]
    resource: Output[str]


class HasSql(Protocol):
    """A kit that can make one."""

    def sql(self, name: str, args: SqlArgs) -> Sql:
        """Make PostgreSQL: TLS forced, encrypted with the key, private, backed up in the region."""
        ...
