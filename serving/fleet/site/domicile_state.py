"""What a site's agent is told when it is installed, and what it knows after a power cut."""

from dataclasses import dataclass, field
from typing import Any

from domicile_rings import Gates


@dataclass(frozen=True)
class Settings:
    """What a site is told when its agent is installed; seconds, and shares of one.

    After ``ready_s`` a release must be ready, after ``trial_s`` it has settled if nothing speaks against it. Every
    ``compare_s`` the cluster is compared with the release: two questions for each object.
    ``window`` is when releases may begin: two times of day in ``zone``; empty for always.
    """

    site: str
    fleet: str
    namespace: str
    keys: tuple[str, ...]
    gates: Gates
    ready_s: float
    trial_s: float
    correct: bool = True
    compare_s: float = 900.0
    window: tuple[str, ...] = ()
    zone: str = "Etc/UTC"
    service: str = "decisions"
    port: int = 8080
    documents: str = "http://documents:8888"

    @staticmethod
    def read(said: dict[str, Any]) -> "Settings":
        """From JSON."""
        lists: dict[str, Any] = {name: tuple(said[name]) for name in ("keys", "window") if name in said}
        found: dict[str, Any] = {**said, **lists, "gates": Gates(**said["gates"])}
        return Settings(**found)


@dataclass
class State:
    """What a site knows after a power cut.

    ``aim`` is a release it had begun to put in place, ``carried`` one that came as a file, ``told`` the one that was
    last wanted here, with what became of it; ``counts`` are of the one that runs, ``before`` of the one before it.
    """

    running: str = ""
    previous: str = ""
    carried: str = ""
    aim: str = ""
    told: str = ""
    status: str = ""
    why: str = ""
    since: float = 0.0
    compared: float = 0.0
    drift: list[str] = field(default_factory=list[str])
    stocked: bool = True
    sequence: int = 0
    counts: dict[str, Any] = field(default_factory=dict[str, Any])
    before: dict[str, Any] = field(default_factory=dict[str, Any])
    seen: dict[str, Any] = field(default_factory=dict[str, Any])
    meter: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    bad: dict[str, str] = field(default_factory=dict[str, str])
