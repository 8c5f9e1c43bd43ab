"""Warehouses as the service asks them: how much a query would read, and its rows. Each only ever reads.

PostgreSQL and Redshift over their protocol (pg8000); ClickHouse and BigQuery over HTTP. Sources: PostgreSQL 17,
"EXPLAIN", "BEGIN"; Redshift, "EXPLAIN", "BEGIN"; ClickHouse 25.8, "HTTP interface", "EXPLAIN ESTIMATE",
"Restrictions on query complexity"; BigQuery REST reference v2, "jobs.query".
"""

import contextlib
import datetime as dt
import decimal
import importlib
import json
import os
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Generator
from typing import Any, Protocol, cast

TOKEN = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105
SCANNED = re.compile(r"(?:Scan|scan)\b.*?\brows=(\d+)")
ANSWERS_S = 15


class WarehouseError(Exception):
    """The warehouse does not answer, or not as it should; its words, for whoever asked."""


class Warehouse(Protocol):
    """What can be asked. A size is in rows, in bytes at BigQuery."""

    def size(self, sql: str) -> int:
        """How much a query would read, by the warehouse's own reckoning."""
        ...

    def rows(self, sql: str) -> tuple[list[str], list[list[Any]]]:
        """The names of a query's columns, and its rows as JSON can say them."""
        ...


def plain(value: Any) -> Any:
    """A value as JSON has it; numbers of any precision are texts."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.date | dt.time | decimal.Decimal | uuid.UUID):
        return str(value)
    return repr(value)


def of(policy: dict[str, Any]) -> Warehouse:
    """The warehouse of a policy; its user and password come from the environment."""
    engine = policy["engine"]
    if engine == "bigquery":
        return BigQuery(policy)
    return ClickHouse(policy) if engine == "clickhouse" else Postgres(policy)


def trust() -> ssl.SSLContext:
    """Whom to believe: the authorities of the image, or those of `WAREHOUSE_CA` (PEM) alone."""
    return ssl.create_default_context(cadata=os.environ.get("WAREHOUSE_CA") or None)


class Postgres:
    """PostgreSQL, and Redshift, which speaks the same: a transaction that cannot write, for each question."""

    def __init__(self, policy: dict[str, Any]) -> None:
        """Know where it is."""
        self.policy = policy
        self.native: Any = importlib.import_module("pg8000.native")

    @contextlib.contextmanager
    def _reading(self) -> Generator[Any]:
        try:
            connection = self.native.Connection(
                os.environ["WAREHOUSE_USER"],
                host=self.policy["address"],
                port=self.policy["port"],
                database=self.policy["database"],
                password=os.environ["WAREHOUSE_PASSWORD"],
                ssl_context=trust(),
                timeout=self.policy["seconds"] + ANSWERS_S,
                application_name=self.policy["name"],
            )
        except (self.native.Error, OSError) as error:
            raise WarehouseError(_told(error)) from error
        try:
            connection.run("BEGIN READ ONLY")
            connection.run(f"SET statement_timeout TO {1000 * int(self.policy['seconds'])}")
            yield connection
            connection.run("ROLLBACK")
        except (self.native.Error, OSError) as error:
            raise WarehouseError(_told(error)) from error
        finally:
            with contextlib.suppress(self.native.Error, OSError):
                connection.close()

    def size(self, sql: str) -> int:
        """Rows of all scans, as the planner reckons."""
        with self._reading() as connection:
            lines = [str(row[0]) for row in connection.run(f"EXPLAIN {sql}")]
        return sum(int(found.group(1)) for line in lines if (found := SCANNED.search(line)))

    def rows(self, sql: str) -> tuple[list[str], list[list[Any]]]:
        """As the protocol says."""
        with self._reading() as connection:
            found = connection.run(sql)
            names = [str(column["name"]) for column in connection.columns]
        return names, [[plain(value) for value in row] for row in found]


class ClickHouse:
    """ClickHouse over HTTPS. That it reads alone is its user's setting: `readonly` cannot be set twice."""

    def __init__(self, policy: dict[str, Any]) -> None:
        """Know where it is."""
        self.policy = policy

    def _asked(self, sql: str) -> dict[str, Any]:
        policy = self.policy
        settings = {
            "database": policy["database"],
            "default_format": "JSONCompact",
            "max_execution_time": policy["seconds"],
            "output_format_json_quote_64bit_integers": "0",
        }
        headers = {
            "X-ClickHouse-User": os.environ["WAREHOUSE_USER"],
            "X-ClickHouse-Key": os.environ["WAREHOUSE_PASSWORD"],
        }
        address = f"https://{policy['address']}:{policy['port']}/?{urllib.parse.urlencode(settings)}"
        return sent(address, sql.encode(), headers, policy["seconds"])

    def size(self, sql: str) -> int:
        """Rows of all parts that it would read."""
        told = self._asked(f"EXPLAIN ESTIMATE {sql}")
        at = [column["name"] for column in told["meta"]].index("rows")
        return sum(int(row[at]) for row in told["data"])

    def rows(self, sql: str) -> tuple[list[str], list[list[Any]]]:
        """As the protocol says."""
        told = self._asked(sql)
        return [column["name"] for column in told["meta"]], told["data"]


class BigQuery:
    """BigQuery, as the identity that the pod has: `address` is the project, `database` the region."""

    def __init__(self, policy: dict[str, Any]) -> None:
        """Know where it is; tests have another address for Google's."""
        self.policy = policy
        self.base = os.environ.get("WAREHOUSE_API", "https://bigquery.googleapis.com")
        self.token = os.environ.get("WAREHOUSE_TOKENS", TOKEN)

    def _asked(self, sql: str, **more: Any) -> dict[str, Any]:
        policy = self.policy
        token = sent(self.token, None, {"Metadata-Flavor": "Google"}, ANSWERS_S)["access_token"]
        body = {
            "query": sql,
            "useLegacySql": False,
            "location": policy["database"],
            "maximumBytesBilled": str(policy["most"]),
            "timeoutMs": 1000 * policy["seconds"],
            "maxResults": policy["rows"] + 1,
            "labels": {"workload": policy["name"]},
            **more,
        }
        address = f"{self.base}/bigquery/v2/projects/{policy['address']}/queries"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return sent(address, json.dumps(body).encode(), headers, policy["seconds"])

    def size(self, sql: str) -> int:
        """Bytes, by a dry run, which costs nothing."""
        return int(self._asked(sql, dryRun=True)["totalBytesProcessed"])

    def rows(self, sql: str) -> tuple[list[str], list[list[Any]]]:
        """As the protocol says."""
        told = self._asked(sql)
        if not told.get("jobComplete"):
            message = f"it took longer than {self.policy['seconds']} s"
            raise WarehouseError(message)
        names = [field["name"] for field in told["schema"]["fields"]]
        return names, [[cell["v"] for cell in row["f"]] for row in told.get("rows", [])]


def sent(address: str, content: bytes | None, headers: dict[str, str], seconds: int) -> dict[str, Any]:
    """The JSON that an address answers with, to ``content`` or to nothing.

    Raises:
        WarehouseError: it does not, or says no.
    """
    request = urllib.request.Request(address, data=content, headers=headers)  # noqa: S310 the blueprint's own
    secure = trust() if address.startswith("https:") else None
    try:
        with urllib.request.urlopen(request, timeout=seconds + ANSWERS_S, context=secure) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise WarehouseError(error.read(2000).decode(errors="replace")) from error
    except (OSError, ValueError) as error:
        raise WarehouseError(str(error)) from error


def _told(error: Exception) -> str:
    """What a database said: its message, which its protocol keeps under M."""
    first: Any = error.args[0] if error.args else ""
    return str(cast("dict[str, Any]", first).get("M", error)) if isinstance(first, dict) else str(error)
