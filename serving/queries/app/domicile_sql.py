"""What of a statement may run: one query over the tables and columns that are listed, and nothing else. Pure.

A statement is read by sqlglot, every part of it must be on a list here, and what runs is written anew from what was
read: where this reader and a warehouse understand a text differently, the warehouse gets what was understood here.
"""

import importlib
import logging
from dataclasses import dataclass
from typing import Any

from domicile_refused import RefusedError

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
sqlglot: Any = importlib.import_module("sqlglot")
exp: Any = importlib.import_module("sqlglot.expressions")
errors: Any = importlib.import_module("sqlglot.errors")
optimizer: Any = importlib.import_module("sqlglot.optimizer.qualify")
scopes: Any = importlib.import_module("sqlglot.optimizer.scope")

DIALECTS = {"postgresql": "postgres", "redshift": "redshift", "clickhouse": "clickhouse", "bigquery": "bigquery"}
_PARTS = """
Select Union Intersect Except Subquery CTE With From Join Where Group Having Order Ordered Limit Offset Distinct
Table TableAlias Alias Column Identifier Star Literal Boolean Null Var Paren Tuple Window WindowSpec Filter
WithinGroup Interval IntervalSpan DataType DataTypeParam Between In Is Like ILike Not Neg And Or Xor EQ NEQ GT
GTE LT LTE NullSafeEQ NullSafeNEQ Add Sub Mul Div IntDiv Mod DPipe If Case Cast TryCast Exists Any All Qualify
"""
_FUNCTIONS = """
Count CountIf Sum Avg Min Max Median Mode Stddev StddevPop StddevSamp Variance VariancePop Corr CovarPop
CovarSamp PercentileCont PercentileDisc Quantile ApproxDistinct ApproxQuantile AnyValue ArgMax ArgMin
CombinedAggFunc LogicalAnd LogicalOr Coalesce Nullif Greatest Least Round Floor Ceil Abs Sqrt Ln Log Exp Pow
Sign SafeDivide Trunc Lower Upper Trim Length Substring Concat ConcatWs StrPosition Replace Left Right Initcap
SplitPart StartsWith EndsWith Contains RegexpLike RegexpILike DateTrunc TimestampTrunc DatetimeTrunc Extract
DateAdd DateSub DateDiff TimestampAdd TimestampSub TimestampDiff DatetimeAdd DatetimeSub DatetimeDiff
TsOrDsToDate TsOrDsAdd TsOrDsDiff Date Timestamp TimeToStr StrToTime StrToDate CurrentDate CurrentTimestamp Year
Month Day Week Quarter DayOfWeek DayOfMonth DayOfYear WeekOfYear Hour Minute LastDay Rank DenseRank RowNumber
Lag Lead FirstValue LastValue Ntile PercentRank CumeDist ToDouble Int64
"""
PARTS, FUNCTIONS = frozenset(_PARTS.split()), frozenset(_FUNCTIONS.split())
#: what each of these parts may be made of
MADE_OF = {
    "Select": "with_ expressions from_ joins where group having qualify order limit offset distinct",
    "Table": "this db alias",
    "Join": "this side kind on using",
    "With": "expressions",
    "CTE": "this alias",
    "Star": "",
    "Limit": "expression",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A statement that may run, and what it looks at: `schema.table`, and `schema.table.column` of the sensitive."""

    sql: str
    tables: tuple[str, ...]
    sensitive: tuple[str, ...]


def checked(policy: dict[str, Any], text: str) -> Query:
    """The query that a text is, with one row more at most than the policy allows: by it one sees that there are more.

    Raises:
        RefusedError: it may not run; says every reason that can be seen at once.
    """
    dialect = DIALECTS[policy["engine"]]
    tables: dict[str, dict[str, Any]] = {one["name"]: one for one in policy["tables"]}
    tree = _read(text, dialect)
    reasons = list(dict.fromkeys([*_parts(tree, dialect), *_tables(tree, tables)]))
    if reasons:
        raise RefusedError(422, reasons)
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for name, one in tables.items():
        above, _, own = name.partition(".")
        schema.setdefault(above, {})[own] = {column["name"]: column["type"] for column in one["columns"]}
    try:
        tree = optimizer.qualify(tree, dialect=dialect, schema=schema)
        looked_at = _looked_at(tree, tables)
    except (errors.SqlglotError, RecursionError) as error:
        raise RefusedError(422, [_said(error)]) from error
    if not looked_at:
        raise RefusedError(422, ["it looks at no table"])
    # names are known now: what was a column may be a row
    if reasons := [*_parts(tree, dialect), *_whole_rows(tree)]:
        raise RefusedError(422, reasons)
    named = {one.name.lower() for one in tree.find_all(exp.Identifier)}
    sensitive = tuple(
        f"{name}.{column['name']}"
        for name in sorted(looked_at)
        for column in tables[name]["columns"]
        if column["sensitive"] and column["name"].lower() in named
    )
    return Query(
        sql=_limited(tree, policy["rows"] + 1).sql(dialect), tables=tuple(sorted(looked_at)), sensitive=sensitive
    )


def _read(text: str, dialect: str) -> Any:
    try:
        found = [one for one in sqlglot.parse(text, read=dialect) if one is not None]
    except (errors.SqlglotError, RecursionError) as error:
        raise RefusedError(422, [_said(error)]) from error
    if len(found) != 1:
        raise RefusedError(422, [f"{len(found)} statements: one is answered"])
    if not isinstance(found[0], exp.Query):
        raise RefusedError(422, ["it is no query: only SELECT is answered"])
    return found[0]


def _said(error: Exception) -> str:
    """A reader's first complaint, without its pictures."""
    told: list[dict[str, Any]] = getattr(error, "errors", [])
    if told:
        first = told[0]
        return f"it cannot be read: {first['description']} at line {first['line']}, column {first['col']}"
    return (
        f"it cannot be read: {str(error).splitlines()[0]}"
        if str(error)
        else "it cannot be read: it is nested too deeply"
    )


def _parts(tree: Any, dialect: str) -> list[str]:
    """Parts that are on no list."""
    found: list[str] = []
    for one in tree.walk():
        name = type(one).__name__
        if name not in PARTS and name not in FUNCTIONS:
            written = one.name if isinstance(one, exp.Anonymous) else one.sql(dialect)[:60] or name.lower()
            found.append(f"'{written}' is not among what queries may use here")
        may = MADE_OF.get(name)
        if may is not None:
            more = sorted(key for key, value in one.args.items() if value and key not in may.split())
            found += [f"{name.lower()} with '{key.rstrip('_')}' is not among what queries may use here" for key in more]
    return found


def _tables(tree: Any, known: dict[str, dict[str, Any]]) -> list[str]:
    """Tables that are not listed; a name without a schema is that of a part of the query itself."""
    own = {one.alias.lower() for one in tree.find_all(exp.CTE)}
    found: list[str] = []
    for one in tree.find_all(exp.Table):
        full = f"{one.db}.{one.name}" if one.db else one.name
        if (one.db and full not in known and full.lower() not in known) or (not one.db and one.name.lower() not in own):
            found.append(f"'{full}' is not among the tables: {', '.join(sorted(known))}")
    return found


def _looked_at(tree: Any, known: dict[str, dict[str, Any]]) -> set[str]:
    """The tables behind every part of a query.

    Raises:
        SqlglotError: one of them is not listed.
    """
    found = {
        f"{source.db}.{source.name}"
        for scope in scopes.traverse_scope(tree)
        for source in scope.sources.values()
        if isinstance(source, exp.Table)
    }
    for name in found - set(known):
        message = f"'{name}' is not among the tables: {', '.join(sorted(known))}"
        raise errors.SqlglotError(message)
    return found


def _whole_rows(tree: Any) -> list[str]:
    """Names and stars that stand for all columns of a table: none of them is sensitive by its name then."""
    rows = {one.alias_or_name for one in tree.find_all(exp.Table, exp.Subquery, exp.CTE)}
    found = [one.name for one in tree.find_all(exp.Column) if not one.table and one.name in rows]
    found += ["*" for one in tree.find_all(exp.Star) if not isinstance(one.parent, exp.Count)]
    return [f"'{name}' stands where a column is meant: name it" for name in found]


def _limited(tree: Any, rows: int) -> Any:
    """The query with so many rows at most."""
    limit = tree.args.get("limit")
    stated: Any = limit.expression if limit is not None else None
    if stated is not None and stated.is_int and int(stated.this) < rows:
        return tree
    return tree.limit(rows)
