"""Questions to a warehouse: what may run, what waits for people, and a real PostgreSQL as the wall behind."""

import contextlib
import importlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from domicile_refused import RefusedError
from filers import serving
from hypothesis import given, settings
from hypothesis import strategies as st
from warehouses import PASSWORD, Around, Asking, Postgres, programs

from components.ownership import Ownership
from serving.queries import files, grants
from serving.queries.app import domicile_sql
from serving.queries.spec import Column, QueriesSpec, Table

OWNER = Ownership(workload="sales", owner="s", cost_centre="1", data_class="confidential", jurisdictions=("DE",))
ORDERS = Table(
    name="sales.orders",
    about="One line for each order.",
    columns=(
        Column(name="order_id", type="bigint"),
        Column(name="customer_id", type="bigint"),
        Column(name="placed_on", type="date"),
        Column(name="region", type="text"),
        Column(name="amount", type="numeric"),
    ),
)
CUSTOMERS = Table(
    name="sales.customers",
    about="One line for each customer.",
    columns=(Column(name="customer_id", type="bigint"), Column(name="email", type="text", sensitive=True)),
)
SPEC = QueriesSpec(
    ownership=OWNER,
    image="",
    replicas=2,
    engine="postgresql",
    address="127.0.0.1",
    port=5432,
    database="sales",
    tables=(ORDERS, CUSTOMERS),
    alias="chat",
    askers=("analysts", "controlling"),
    rows=100,
    seconds=5,
    unasked=100_000,
    most=10**12,
    approved_hours=24,
    keep_days=30,
    audit_gib=2,
)
POLICY: dict[str, Any] = json.loads(files.files(SPEC, files.libraries(SPEC.engine))["queries.json"])
SUM = "SELECT o.region, SUM(o.amount) AS total FROM sales.orders o GROUP BY o.region ORDER BY o.region"
EMAILS = "SELECT c.email FROM sales.customers c ORDER BY c.customer_id LIMIT 3"

RUNS = [
    SUM,
    "SELECT DATE_TRUNC('month', o.placed_on) m, COUNT(*) FROM sales.orders o GROUP BY 1 ORDER BY 2 DESC LIMIT 5",
    "WITH big AS (SELECT order_id, amount FROM sales.orders WHERE amount > 900) SELECT AVG(amount), COUNT(*) FROM big",
    "SELECT region FROM sales.orders UNION ALL SELECT region FROM sales.orders LIMIT 7",
    "SELECT x.a FROM (SELECT o.amount a, RANK() OVER (PARTITION BY o.region ORDER BY o.amount) r FROM sales.orders o) x WHERE x.r = 1",
    "SELECT COUNT(*) FROM sales.orders o WHERE o.customer_id IN (SELECT c.customer_id FROM sales.customers c)",
    "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount) FROM sales.orders",
    "SELECT CASE WHEN o.amount > 500 THEN 'large' ELSE 'small' END AS size, COUNT(*) FROM sales.orders o GROUP BY 1",
    "SELECT o.placed_on - INTERVAL '1 month', EXTRACT(year FROM o.placed_on) FROM sales.orders o LIMIT 2",
    "SELECT COALESCE(o.region, '?'), ROUND(o.amount, 1)::text FROM sales.orders o WHERE o.region ILIKE 'n%' LIMIT 2",
    'SELECT "o"."region" FROM "sales"."orders" AS "o" LIMIT 1;',
    "SELECT DISTINCT ON (o.region) o.region FROM sales.orders o",
    "SELECT (SELECT MAX(amount) FROM sales.orders) - MIN(o.amount) FROM sales.orders o",
]
REFUSED = {
    "DELETE FROM sales.orders": "only SELECT",
    "UPDATE sales.orders SET amount = 0": "only SELECT",
    "SELECT 1 FROM sales.orders; DROP TABLE sales.orders": "2 statements",
    "SELECT amount INTO x FROM sales.orders": "into",
    "SELECT amount FROM sales.orders FOR UPDATE": "locks",
    "WITH x AS (DELETE FROM sales.orders RETURNING amount) SELECT amount FROM x": "not among",
    "COPY sales.orders TO PROGRAM 'sh'": "only SELECT",
    "EXPLAIN ANALYZE SELECT amount FROM sales.orders": "only SELECT",
    "SELECT usename FROM pg_catalog.pg_user": "'pg_catalog.pg_user' is not among the tables",
    "SELECT table_name FROM information_schema.tables": "not among the tables",
    "SELECT amount FROM other.sales.orders": "catalog",
    "SELECT amount FROM orders": "'orders' is not among the tables",
    "SELECT salary FROM sales.orders": "could not be resolved",
    "SELECT xmin FROM sales.orders": "could not be resolved",
    "SELECT pg_sleep(100) FROM sales.orders": "'pg_sleep' is not among",
    "SELECT pg_read_file('/etc/passwd') FROM sales.orders": "not among",
    "SELECT lo_import('/etc/passwd') FROM sales.orders": "not among",
    "SELECT query_to_xml('select * from pg_user', true, true, '') FROM sales.orders": "not among",
    "SELECT CURRENT_SETTING('ssl') FROM sales.orders": "not among",
    "SELECT VERSION() FROM sales.orders": "not among",
    "SELECT n FROM GENERATE_SERIES(1, 1000000000) AS g(n)": "not among",
    "WITH RECURSIVE r AS (SELECT 1 AS n) SELECT n FROM r, sales.orders": "recursive",
    "SELECT o.amount FROM sales.orders o TABLESAMPLE SYSTEM (1)": "sample",
    "SELECT o.amount FROM sales.orders o NATURAL JOIN sales.customers c": "method",
    "SELECT c FROM sales.customers c": "not among",
    "SELECT (c.*)::text FROM sales.customers c": "stands where a column is meant",
    "SELECT ARRAY_AGG(c) FROM sales.customers c": "not among",
    "SELECT x.e FROM sales.orders o, LATERAL (SELECT c.email AS e FROM sales.customers c) x": "not among",
    "SELECT 1": "no table",
    "": "0 statements",
    "I cannot help with that": "",
    "SELECT " + "(" * 3000 + "1" + ")" * 3000 + " FROM sales.orders": "cannot be read",
}
USES_EMAIL = [
    EMAILS,
    "SELECT * FROM sales.customers",
    "SELECT COUNT(*) FROM sales.customers c WHERE c.email LIKE 'a%'",
    "SELECT x.e FROM (SELECT c.email AS e FROM sales.customers c) x",
    "WITH x AS (SELECT * FROM sales.customers) SELECT COUNT(*) FROM x",
    'SELECT c."email" FROM sales.customers c',
    "SELECT c.EMAIL FROM sales.customers c",
    "SELECT o.amount FROM sales.orders o JOIN sales.customers c ON c.customer_id = o.customer_id ORDER BY c.email",
    "SELECT o.amount FROM sales.orders o WHERE EXISTS (SELECT 1 FROM sales.customers c WHERE c.email = o.region)",
    "SELECT MAX(LENGTH(c.email)) OVER (PARTITION BY c.customer_id) FROM sales.customers c",
]


@pytest.mark.parametrize("text", RUNS)
def test_a_query_over_what_is_listed_may_run(text: str) -> None:
    found = domicile_sql.checked(POLICY, text)
    assert set(found.tables) <= {"sales.orders", "sales.customers"}
    assert found.tables
    assert found.sensitive == ()


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=[text[:40] for text in REFUSED])
def test_what_is_not_on_the_list_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(RefusedError) as refused:
        domicile_sql.checked(POLICY, text)
    assert why in str(refused.value)
    assert refused.value.status == 422


@pytest.mark.parametrize("text", USES_EMAIL)
def test_a_sensitive_column_is_seen_wherever_it_is_used(text: str) -> None:
    assert domicile_sql.checked(POLICY, text).sensitive == ("sales.customers.email",)


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        ("redshift", "SELECT DATE_TRUNC('week', o.placed_on), APPROXIMATE COUNT(DISTINCT o.region) FROM sales.orders o GROUP BY 1"),
        ("clickhouse", "SELECT toStartOfMonth(o.placed_on) AS m, sumIf(o.amount, o.region = 'n'), uniq(o.region) FROM sales.orders AS o GROUP BY m"),
        ("bigquery", "SELECT TIMESTAMP_TRUNC(o.placed_on, MONTH), COUNTIF(o.amount > 1), SAFE_DIVIDE(o.amount, 2) FROM `sales.orders` AS o GROUP BY 1, 3"),
        ("bigquery", "SELECT FORMAT_DATE('%Y', o.placed_on) AS y, APPROX_COUNT_DISTINCT(o.region) FROM sales.orders o GROUP BY y"),
    ],
)  # fmt: skip
def test_each_warehouse_is_asked_in_its_own_words(engine: str, text: str) -> None:
    found = domicile_sql.checked({**POLICY, "engine": engine}, text)
    assert found.tables == ("sales.orders",)


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        ("clickhouse", "SELECT amount FROM sales.orders SETTINGS max_execution_time = 0"),
        ("clickhouse", "SELECT amount FROM sales.orders FORMAT Native"),
        ("clickhouse", "SELECT amount FROM sales.orders INTO OUTFILE '/tmp/x'"),
        ("clickhouse", "SELECT * FROM url('https://example.com', CSV, 'a String')"),
        ("clickhouse", "SELECT * FROM file('/etc/passwd', 'CSV', 'a String')"),
        ("clickhouse", "SELECT * FROM remote('other:9000', sales.orders)"),
        ("clickhouse", "SELECT name FROM system.users"),
        ("bigquery", "SELECT * FROM EXTERNAL_QUERY('c', 'select 1')"),
        ("bigquery", "SELECT * FROM ML.PREDICT(MODEL `sales.m`, TABLE `sales.orders`)"),
        ("bigquery", "SELECT o FROM sales.orders AS o"),
        ("bigquery", "SELECT * FROM `other-project.sales.orders`"),
        ("bigquery", "DECLARE x INT64; SELECT 1 FROM sales.orders"),
        ("redshift", "UNLOAD ('select * from sales.orders') TO 's3://x' IAM_ROLE 'r'"),
        ("redshift", "SELECT * FROM stl_query"),
    ],
)
def test_each_warehouses_own_ways_out_are_refused(engine: str, text: str) -> None:
    with pytest.raises(RefusedError):
        domicile_sql.checked({**POLICY, "engine": engine}, text)


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("SELECT FROMWHR*(),;'\"sale.ordcutmi-/\\_=1 \n"), max_size=200),
    st.sampled_from(sorted(domicile_sql.DIALECTS)),
)
def test_any_text_is_a_query_or_refused(text: str, engine: str) -> None:
    beginning = "SELECT o.amount FROM sales.orders o "
    with contextlib.suppress(RefusedError):
        found = domicile_sql.checked({**POLICY, "engine": engine}, beginning + text)
        assert found.sql.startswith(("SELECT", "WITH", "("))
        assert domicile_sql.checked({**POLICY, "engine": engine}, found.sql).tables == found.tables


def test_an_answer_has_no_more_rows_than_the_policy_says() -> None:
    assert domicile_sql.checked(POLICY, "SELECT amount FROM sales.orders").sql.endswith("LIMIT 101")
    assert domicile_sql.checked(POLICY, "SELECT amount FROM sales.orders LIMIT 1000000").sql.endswith("LIMIT 101")
    assert domicile_sql.checked(POLICY, "SELECT amount FROM sales.orders LIMIT 3").sql.endswith("LIMIT 3")


def test_libraries_are_the_same_bytes_and_fit_into_an_object_of_the_cluster() -> None:
    for engine in domicile_sql.DIALECTS:
        made = files.libraries(engine)
        assert made == files.libraries(engine)
        assert sum(len(content) for content in made.values()) < 1024 * 1024


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Around) as found:
        yield found


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    made = Postgres(tmp_path_factory.mktemp("postgres"))
    try:
        made.sql("CREATE DATABASE sales")
        made.sql(
            """
            CREATE SCHEMA sales;
            CREATE TABLE sales.orders (order_id bigint PRIMARY KEY, customer_id bigint, placed_on date, region text,
              amount numeric, margin numeric);
            INSERT INTO sales.orders SELECT n, n % 50, DATE '2026-01-01' + n::int % 300,
              (ARRAY['east', 'north', 'south', 'west'])[n % 4 + 1], n % 1000, 1 FROM GENERATE_SERIES(1, 2000) n;
            CREATE TABLE sales.customers (customer_id bigint PRIMARY KEY, email text, salary int);
            INSERT INTO sales.customers SELECT n, 'c' || n || '@example.com', 1 FROM GENERATE_SERIES(1, 50) n;
            CREATE TABLE sales.secrets (words text);
            ANALYZE;
            """,
            "sales",
        )
        made.sql(grants.statements(SPEC, "domicile"), "sales", password=PASSWORD)
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, address: str) -> Iterator[Asking]:
    spec = replace(SPEC, port=postgres.port)
    user = {"WAREHOUSE_USER": "domicile", "WAREHOUSE_PASSWORD": PASSWORD, "WAREHOUSE_CA": postgres.ca}
    running = Asking(tmp_path_factory.mktemp("service"), spec, address, **user)
    try:
        yield running.start()
    finally:
        running.close()


def events(service: Asking, number: str) -> list[str]:
    """What the audit log has of a question, in its order."""
    return [one["event"] for one in service.records() if one.get("id") == number]


def test_a_question_becomes_a_query_and_its_rows(service: Asking) -> None:
    Around.begin(SUM)
    answer = service.ask("How much did each region sell?")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["columns"] == ["region", "total"]
    assert [row[0] for row in told["rows"]] == ["east", "north", "south", "west"]
    assert sum(float(row[1]) for row in told["rows"]) == 2 * sum(range(1000))
    assert (told["more"], told["size"], told["explanation"]) == (False, 2000, "As asked.")
    assert events(service, told["id"]) == ["asked", "begun", "ended"]
    asked = Around.asked[-1]
    assert asked["model"] == "chat"
    assert asked["key"] == "Bearer sk-queries"
    assert "sales.customers: One line for each customer." in asked["messages"][0]["content"]


def test_neither_words_nor_rows_are_kept_or_shown_to_a_model(service: Asking) -> None:
    Around.begin(SUM)
    service.ask("How much did each region sell?")
    kept = json.dumps(service.records())
    assert "How much" not in kept
    assert '"rows": 4' in kept
    assert "east" not in json.dumps(Around.asked) + kept
    assert Around.files == {}


@pytest.mark.parametrize("text", RUNS)
def test_what_may_run_runs_in_earnest(service: Asking, text: str) -> None:
    Around.begin(text)
    answer = service.ask("?")
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"]


def test_a_refused_query_is_written_again_with_the_reason(service: Asking) -> None:
    Around.begin("SELECT margin FROM sales.orders", "not JSON", SUM)
    assert service.ask("How much?").status_code == 200
    said = [one["content"] for one in Around.asked[-1]["messages"] if one["role"] == "user"]
    assert "It was refused" in said[1]
    assert "'margin' could not be resolved" in said[1]
    Around.begin("DROP TABLE sales.orders")
    answer = service.ask("Drop it")
    assert answer.status_code == 422
    assert answer.json()["error"]["reasons"] == ["it is no query: only SELECT is answered"]
    assert len(Around.asked) == 3


def test_what_tables_cannot_answer_is_said(service: Asking) -> None:
    Around.begin(json.dumps({"sql": "", "explanation": "There is no table of staff."}))
    answer = service.ask("Who earns most?")
    assert (answer.status_code, answer.json()["error"]["reasons"]) == (422, ["There is no table of staff."])
    assert len(Around.asked) == 1


def test_sensitive_columns_wait_for_somebody_else(service: Asking) -> None:
    Around.begin(EMAILS)
    waits = service.ask("Whose orders are they?", by="Ada")
    assert waits.status_code == 202, waits.text
    number = waits.json()["id"]
    assert waits.json()["waits"] == ["it uses sales.customers.email"]
    assert "rows" not in waits.json()
    path = f"/v1/approvals/{number}"
    assert service.post(f"/v1/questions/{number}", "analysts").status_code == 202
    assert service.post(f"/v1/questions/{number}", "controlling").status_code == 404
    assert service.get("/v1/approvals", "analysts").status_code == 403
    (open_,) = service.get("/v1/approvals", "approvers").json()["open"]
    assert (open_["question"], open_["by"], open_["why"]) == (
        "Whose orders are they?",
        "Ada",
        ["it uses sales.customers.email"],
    )
    own = service.post(path, "approvers", verdict="approve", by="ADA", reason="mine")
    assert (own.status_code, own.json()["error"]["reasons"]) == (403, ["ADA asked it: somebody else approves"])
    odd = service.post(path, "approvers", verdict="maybe", by="Eve", reason="?")
    assert odd.status_code == 400
    assert service.post(path, "approvers", verdict="approve", by="Eve", reason="a complaint").status_code == 200
    assert service.get("/v1/approvals", "approvers").json()["open"] == []
    ran = service.post(f"/v1/questions/{number}", "analysts")
    assert ran.status_code == 200, ran.text
    assert ran.json()["rows"] == [["c1@example.com"], ["c2@example.com"], ["c3@example.com"]]
    assert events(service, number) == ["asked", "waits", "reviewed", "begun", "ended"]


def test_what_is_declined_does_not_run(service: Asking) -> None:
    Around.begin(EMAILS)
    number = service.ask("All addresses").json()["id"]
    service.post(f"/v1/approvals/{number}", "approvers", verdict="decline", by="Eve", reason="no purpose")
    answer = service.post(f"/v1/questions/{number}", "analysts")
    assert (answer.status_code, answer.json()["error"]["reasons"]) == (403, ["Eve declined it: no purpose"])
    assert (
        service.post(f"/v1/approvals/{number}", "approvers", verdict="approve", by="Eve", reason="x").status_code == 404
    )


def test_much_that_is_read_waits_too(tmp_path: Path, service: Asking, postgres: Postgres, address: str) -> None:
    Around.begin(SUM)
    small = Asking(tmp_path, replace(SPEC, port=postgres.port, unasked=500), address, **{
        name: service.environment[name] for name in ("WAREHOUSE_USER", "WAREHOUSE_PASSWORD", "WAREHOUSE_CA")
    })  # fmt: skip
    try:
        answer = small.start().ask("How much?")
        assert answer.status_code == 202, answer.text
        assert answer.json()["waits"] == ["it reads 2,000 rows, 500 are read without asking"]
    finally:
        small.close()


def test_an_approval_ends_and_holds_for_the_tables_there_are_now(service: Asking) -> None:
    Around.begin(EMAILS)
    number = service.ask("?").json()["id"]
    service.post(f"/v1/approvals/{number}", "approvers", verdict="approve", by="Eve", reason="once")
    name = f"/approvals/done/{number}.json"
    done = json.loads(Around.files[name])
    Around.files[name] = json.dumps({**done, "approved": "2026-01-01T00:00:00.000000+00:00"}).encode()
    late = service.post(f"/v1/questions/{number}", "analysts")
    assert (late.status_code, late.json()["error"]["reasons"]) == (
        403,
        ["it was approved more than 24 hours ago: ask again"],
    )
    Around.files[name] = json.dumps({**done, "sql": "SELECT s.words FROM sales.secrets s"}).encode()
    assert service.post(f"/v1/questions/{number}", "analysts").status_code == 422


def test_the_warehouse_itself_allows_what_is_listed_and_nothing_else(postgres: Postgres) -> None:
    import ssl

    native: Any = importlib.import_module("pg8000.native")

    context = ssl.create_default_context(cadata=postgres.ca)
    reach: dict[str, Any] = {"host": "127.0.0.1", "port": postgres.port, "database": "sales", "ssl_context": context}
    connection = native.Connection("domicile", password=PASSWORD, **reach)
    try:
        assert connection.run("SELECT COUNT(amount) FROM sales.orders") == [[2000]]
        for text in (
            "SELECT margin FROM sales.orders",
            "SELECT * FROM sales.customers",
            "SELECT words FROM sales.secrets",
            "SELECT pg_read_file('/etc/passwd')",
            "INSERT INTO sales.orders (order_id) VALUES (0)",
            "CREATE TABLE sales.mine (a int)",
            "COPY sales.customers TO PROGRAM 'sh'",
        ):
            with pytest.raises(native.DatabaseError):
                connection.run(text)
    finally:
        connection.close()
    with pytest.raises(ssl.SSLCertVerificationError):
        native.Connection("domicile", password=PASSWORD, **{**reach, "ssl_context": ssl.create_default_context()})


def test_a_query_that_takes_too_long_is_ended(
    tmp_path: Path, service: Asking, postgres: Postgres, address: str
) -> None:
    slow = "SELECT COUNT(*) FROM sales.orders a, sales.orders b, sales.orders c WHERE a.region < b.region || c.region"
    Around.begin(slow)
    spec = replace(SPEC, port=postgres.port, seconds=1, unasked=10**15)
    user = {name: value for name, value in service.environment.items() if name.startswith("WAREHOUSE")}
    short = Asking(tmp_path, spec, address, **user)
    try:
        answer = short.start().ask("?")
        assert answer.status_code == 502
        assert "statement timeout" in answer.text
        assert [one["event"] for one in short.records()] == ["asked", "begun", "failed", "refused"]
    finally:
        short.close()


def test_nothing_is_lost_when_a_part_is_away(tmp_path: Path, service: Asking, address: str) -> None:
    Around.begin(EMAILS)
    Around.store_works = False
    answer = service.ask("?")
    assert answer.status_code == 503
    assert "cannot be kept now" in answer.text
    Around.begin(SUM)
    Around.status = 500
    assert service.ask("?").status_code == 502
    alone = Asking(tmp_path, replace(SPEC, port=1), address, WAREHOUSE_USER="x", WAREHOUSE_PASSWORD="y")
    Around.begin(SUM)
    try:
        answer = alone.start().ask("?")
        assert answer.status_code == 502
        assert "the warehouse: " in answer.text
    finally:
        alone.close()


@pytest.mark.parametrize(
    ("team", "body", "status"),
    [
        ("nobody", {"question": "?", "by": "x"}, 401),
        ("approvers", {"question": "?", "by": "x"}, 403),
        ("analysts", {"question": "?"}, 400),
        ("analysts", {"question": "x" * 4001, "by": "x"}, 400),
        ("analysts", {"question": ["?"], "by": "x"}, 400),
    ],
)
def test_what_is_no_question_is_refused(service: Asking, team: str, body: dict[str, Any], status: int) -> None:
    Around.begin(SUM)
    assert service.post("/v1/questions", team, **body).status_code == status
    assert service.post("/v1/questions/not-a-number", "analysts").status_code == 404


def test_what_becomes_of_questions_is_counted(service: Asking) -> None:
    Around.begin(SUM)
    service.ask("?")
    told = service.get("/metrics/", "analysts").text
    assert 'domicile_queries_total{outcome="answered"}' in told


def test_bigquery_is_asked_as_the_machines_identity_and_never_for_more_than_it_may(
    tmp_path: Path, address: str
) -> None:
    spec = replace(
        SPEC, engine="bigquery", address="a-project", database="europe-west3", port=443, unasked=10**6, most=10**9
    )
    Around.begin("SELECT o.region, COUNT(*) AS n FROM sales.orders o GROUP BY o.region")
    running = Asking(tmp_path, spec, address, WAREHOUSE_API=address, WAREHOUSE_TOKENS=f"{address}/token")
    try:
        told = running.start().ask("How many?").json()
        assert (told["columns"], told["rows"], told["size"]) == (["region", "n"], [["north", "3"]], 1000)
        (dry, key), (real, _) = Around.queries
        assert key == "Bearer ya29.machine"
        assert dry["dryRun"] is True
        assert "dryRun" not in real
        assert (real["maximumBytesBilled"], real["location"], real["useLegacySql"]) == (
            "1000000000",
            "europe-west3",
            False,
        )
        Around.dry = 10**7
        assert running.ask("All?").json()["waits"] == ["it reads 10,000,000 bytes, 1,000,000 are read without asking"]
    finally:
        running.close()
