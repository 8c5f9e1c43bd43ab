"""The files of the service that answers from documents, exactly as its pods and the tests get them."""

import json
from dataclasses import asdict
from pathlib import Path

from serving.doors import files as doors
from serving.retrieval.spec import RetrievalSpec

APP = Path(__file__).parent / "app"
SCRIPTS = Path(__file__).parents[1] / "scripts"
SERVE = ("domicile_retrieval:app", "--no-access-log", "--timeout-keep-alive", "75")
PROGRAMS = (
    *(APP / f"domicile_{name}.py" for name in ("retrieval", "cited", "search")),
    SCRIPTS / "agreed.py",
    *doors.PROGRAMS,
)


def files(spec: RetrievalSpec) -> dict[str, str]:
    """The folder's content by file name."""
    told = {
        name: value for name, value in asdict(spec).items() if name not in {"ownership", "image", "replicas", "issuers"}
    }
    policy = {
        **told,
        "name": spec.ownership.workload,
        "models": dict(spec.models),
        "oidc": [{**asdict(one), "teams": dict(one.teams)} for one in spec.issuers],
    }
    programs = {file.name: file.read_text(encoding="utf-8") for file in PROGRAMS}
    return {"retrieval.json": json.dumps(policy, indent=1), **programs}
