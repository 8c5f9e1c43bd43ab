"""What a warehouse's administrator runs once: a user that may read the columns that are listed, and nothing else. Pure.

The service looks at queries before the warehouse does; what the warehouse itself allows is the wall behind it.
"""

from collections.abc import Sequence

from serving.queries.spec import QueriesSpec, Table


def statements(spec: QueriesSpec, user: str) -> str:
    """SQL for the warehouse of a spec; the password is put in by who runs it."""
    found = {"postgresql": _postgresql, "redshift": _redshift, "clickhouse": _clickhouse, "bigquery": _bigquery}
    lines = found[spec.engine](spec, user)
    return "".join(f"{line}\n" for line in lines)


def _quoted(names: Sequence[str], mark: str = '"') -> str:
    return ", ".join(f"{mark}{name}{mark}" for name in names)


def _table(name: str, mark: str = '"') -> str:
    return ".".join(f"{mark}{part}{mark}" for part in name.split("."))


def _schemas(tables: Sequence[Table]) -> list[str]:
    return sorted({one.name.partition(".")[0] for one in tables})


def _columns(table: Table) -> list[str]:
    return [one.name for one in table.columns]


def _read(spec: QueriesSpec, user: str) -> list[str]:
    """As PostgreSQL and Redshift say it."""
    schemas = [f'GRANT USAGE ON SCHEMA "{one}" TO "{user}";' for one in _schemas(spec.tables)]
    tables = [f'GRANT SELECT ({_quoted(_columns(one))}) ON {_table(one.name)} TO "{user}";' for one in spec.tables]
    return [*schemas, *tables]


def _postgresql(spec: QueriesSpec, user: str) -> list[str]:
    return [
        f"-- psql -v password=... -d {spec.database} -f this file",
        f"CREATE ROLE \"{user}\" LOGIN PASSWORD :'password' CONNECTION LIMIT {2 * spec.replicas * spec.parallel};",
        f'ALTER ROLE "{user}" SET default_transaction_read_only = on;',
        f"ALTER ROLE \"{user}\" SET statement_timeout = '{spec.seconds}s';",
        f'GRANT CONNECT ON DATABASE "{spec.database}" TO "{user}";',
        *_read(spec, user),
    ]


def _redshift(spec: QueriesSpec, user: str) -> list[str]:
    return [
        f"-- psql -v password=... -d {spec.database} -f this file",
        f"CREATE USER \"{user}\" PASSWORD :'password' CONNECTION LIMIT {2 * spec.replicas * spec.parallel};",
        f'ALTER USER "{user}" SET statement_timeout TO {1000 * spec.seconds};',
        *_read(spec, user),
    ]


def _clickhouse(spec: QueriesSpec, user: str) -> list[str]:
    limits = f"readonly = 2, max_execution_time = {spec.seconds} MAX {spec.seconds}"
    return [
        "-- clickhouse-client --param_password=... --queries-file this file",
        f"CREATE USER `{user}` IDENTIFIED WITH sha256_password BY {{password:String}} SETTINGS {limits};",
        *(
            f"GRANT SELECT({_quoted(_columns(one), '`')}) ON {_table(one.name, '`')} TO `{user}`;"
            for one in spec.tables
        ),
    ]


def _bigquery(spec: QueriesSpec, user: str) -> list[str]:
    member = f'"serviceAccount:{user}"'
    return [
        f"-- bq query --project_id {spec.address} --use_legacy_sql=false < this file",
        "-- BigQuery gives rights on tables, not on columns: a view without them hides what nobody may see",
        f"-- to run queries it needs the role roles/bigquery.jobUser on the project {spec.address}",
        *(
            f"GRANT `roles/bigquery.dataViewer` ON TABLE {_table(f'{spec.address}.{one.name}', '`')} TO {member};"
            for one in spec.tables
        ),
    ]
