"""The files of the service that asks a warehouse, exactly as its pods and the tests get them."""

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from serving.doors import files as doors
from serving.libraries import archive
from serving.queries.spec import APPROVERS, QueriesSpec

APP = Path(__file__).parent / "app"
SERVE = ("domicile_queries:app", "--no-access-log", "--timeout-keep-alive", "75")
PROGRAMS = (*(APP / f"domicile_{name}.py" for name in ("queries", "sql", "warehouse")), *doors.PROGRAMS)
#: which of sqlglot's dialects an engine needs, by the names of their modules
DIALECTS = {
    "postgresql": {"postgres"},
    "redshift": {"postgres", "redshift"},
    "clickhouse": {"clickhouse"},
    "bigquery": {"bigquery"},
}
BY_DIALECT = {"dialects", "generators", "parsers", "typing"}
DRIVER = ("pg8000", "scramp", "asn1crypto", "python-dateutil", "six")


def libraries(engine: str) -> dict[str, bytes]:
    """What the image of the gateway lacks, as archives that Python imports from: the reader of SQL, and a driver."""
    found = {"sqlglot.zip": archive("sqlglot", needed=functools.partial(_needed, DIALECTS[engine]))}
    if engine in {"postgresql", "redshift"}:
        found["pg8000.zip"] = archive(*DRIVER)
    return found


def files(spec: QueriesSpec, archives: Mapping[str, bytes]) -> dict[str, str]:
    """The folder's content by file name; ``archives`` are the ``libraries`` beside it."""
    programs = {file.name: file.read_text(encoding="utf-8") for file in PROGRAMS}
    return {"queries.json": json.dumps(_policy(spec, archives), indent=1), **programs}


def _policy(spec: QueriesSpec, archives: Mapping[str, bytes]) -> dict[str, Any]:
    """What the service is told; the libraries' digests are in it so that pods begin anew when these change."""
    told = {
        name: value for name, value in asdict(spec).items() if name not in {"ownership", "image", "replicas", "issuers"}
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in archives.items()}
    return {
        **told,
        "name": spec.ownership.workload,
        "unit": "bytes" if spec.engine == "bigquery" else "rows",
        "approvers": APPROVERS,
        "oidc": [{**asdict(one), "teams": dict(one.teams)} for one in spec.issuers],
        "libraries": digests,
    }


def _needed(dialects: set[str], parts: tuple[str, ...]) -> bool:
    """Whether a file of sqlglot's is one of every dialect, or of one that is asked for."""
    folder, name = (*parts, "")[1], parts[-1].removesuffix(".py")
    if folder in BY_DIALECT:
        return name in {"__init__", "base", "dialect", *dialects}
    return folder != "executor"
