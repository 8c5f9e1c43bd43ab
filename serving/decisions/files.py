"""The files of the service that decides, exactly as its pods and the tests get them."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from serving.decisions.spec import Asked, DecisionsSpec
from serving.doors import files as doors

APP = Path(__file__).parent / "app"
#: how the service is begun; clients keep connections for longer than servers usually do
SERVE = ("domicile_decisions:app", "--no-access-log", "--timeout-keep-alive", "75")
PROGRAMS = (
    *(APP / f"domicile_{name}.py" for name in ("decisions", "reviews", "scoring")),
    *doors.PROGRAMS,
)


def files(spec: DecisionsSpec, endpoints: Mapping[str, str]) -> dict[str, str]:
    """The folder's content by file name; ``endpoints`` are the models' servers by name."""
    programs = {file.name: file.read_text(encoding="utf-8") for file in PROGRAMS}
    return {"decisions.json": json.dumps(policy(spec, endpoints), indent=1), **programs}


def policy(spec: DecisionsSpec, endpoints: Mapping[str, str]) -> dict[str, Any]:
    """What the service is told."""
    return {
        "name": spec.ownership.workload,
        "within_ms": spec.within_ms,
        "parallel": spec.parallel,
        "fields": [_field(asdict(one)) for one in spec.fields],
        "model": _model(spec.model, endpoints),
        "challenger": _model(spec.challenger, endpoints) if spec.challenger else None,
        "outcomes": [{"name": one.name, "from": one.at_least, "people": one.people} for one in spec.outcomes],
        "rules": [asdict(one) for one in spec.rules],
        "otherwise": spec.otherwise,
        "features": asdict(spec.features) if spec.features else None,
        "burst": asdict(spec.burst) if spec.burst else None,
        "choices": list(spec.choices),
        "most_choices": spec.most_choices,
        "callers": list(spec.callers),
        "reviewers": spec.reviewers,
        "verdicts": list(spec.verdicts),
        "oidc": [{**asdict(one), "teams": dict(one.teams)} for one in spec.issuers],
        "log_values": spec.log_values,
        "keep_days": spec.keep_days,
    }


def _field(found: dict[str, Any]) -> dict[str, Any]:
    """One without a default has none: a request must have it."""
    return {name: value for name, value in found.items() if name != "default" or value is not None}


def _model(one: Asked, endpoints: Mapping[str, str]) -> dict[str, Any]:
    address = f"{endpoints[one.server]}/v2/models/{one.server}/versions/{one.version}/infer"
    return {**asdict(one), "address": address}
