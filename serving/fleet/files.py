"""The files of a fleet's hub and of its sites' agents, exactly as their pods and the tests get them."""

import json
from dataclasses import asdict
from pathlib import Path

from serving.fleet.spec import HubSpec, SiteSpec

HERE = Path(__file__).parent
SERVING = HERE.parent
HUB, SITE = HERE / "hub", HERE / "site"
JUDGE = SERVING / "rollout" / "judge.py"
OF_HUB = (*(HUB / f"domicile_{name}.py" for name in ("fleet", "hub", "rings")), SITE / "domicile_release.py", JUDGE)
OF_SITE = (
    *(SITE / f"domicile_{name}.py" for name in ("cluster", "depot", "meter", "release", "site", "state")),
    HUB / "domicile_rings.py",
    SERVING / "scripts" / "filer.py",
    JUDGE,
)
#: a hub is begun so; its application is made when the server starts
SERVE = ("--factory", "domicile_hub:served", "--no-access-log")


def hub(spec: HubSpec) -> dict[str, str]:
    """The hub's folder by file name."""
    fleet = {
        "name": spec.ownership.workload,
        "keys": list(spec.keys),
        "rings": [asdict(ring) for ring in spec.rings],
        "sites": dict(spec.sites),
        "gates": asdict(spec.gates),
        "keep_days": spec.keep_days,
    }
    return {"fleet.json": json.dumps(fleet, indent=1), **{file.name: file.read_text("utf-8") for file in OF_HUB}}


def site(spec: SiteSpec) -> dict[str, str]:
    """The folder of a site's agent by file name."""
    settings = json.dumps(asdict(spec), indent=1)
    return {"settings.json": settings, **{file.name: file.read_text("utf-8") for file in OF_SITE}}
