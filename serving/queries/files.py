"""The files of the service that asks a warehouse, exactly as its pods and the tests get them."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from serving.doors import files as doors
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
BEGINNING = (1980, 1, 1, 0, 0, 0)


def libraries(engine: str) -> dict[str, bytes]:
    """What the image of the gateway lacks, as archives that Python imports from: the reader of SQL, and a driver."""
    found = {"sqlglot.zip": _archive("sqlglot", dialects=DIALECTS[engine])}
    if engine in {"postgresql", "redshift"}:
        found["pg8000.zip"] = _archive(*DRIVER)
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


def _archive(*packages: str, dialects: set[str] | None = None) -> bytes:
    """Installed packages as one archive; the same packages give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for package in packages:
            for file in sorted(metadata.files(package) or (), key=str):
                # some packages ask for their own version, which stands in METADATA
                wanted = file.suffix == ".py" or file.name == "METADATA"
                if wanted and (dialects is None or _needed(file.parts, dialects)):
                    out.writestr(zipfile.ZipInfo(str(file), BEGINNING), file.read_text(), zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def _needed(parts: tuple[str, ...], dialects: set[str]) -> bool:
    """Whether a file of sqlglot's is one of every dialect, or of one that is asked for."""
    folder, name = (*parts, "")[1], parts[-1].removesuffix(".py")
    if folder in BY_DIALECT:
        return name in {"__init__", "base", "dialect", *dialects}
    return folder != "executor"
