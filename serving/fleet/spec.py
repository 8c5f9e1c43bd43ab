"""The hub of a fleet of sites: who they are, in which rings a release reaches them, and what a ring must show."""

from dataclasses import dataclass

from components.ownership import Ownership

NAME, PORT = "fleet-hub", 8080
AGENT = "site-agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class RingSpec:
    """Sites that get a release together; the next ring waits ``soak_s`` seconds at least."""

    name: str
    soak_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatesSpec:
    """What a ring must show before the next one gets a release; shares of one.

    ``least_requests`` are looked at; ``margin`` more of them may fail or be decided without a model, ``shift`` more may
    have an outcome than before. More than ``rolled_back`` of a ring's sites that went back stop it, ``enough`` of them
    must have settled. Nobody waits for a site that is silent for ``silent_s`` seconds.
    """

    least_requests: int
    margin: float
    shift: float
    rolled_back: float
    enough: float
    silent_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpec:
    """A hub. ``sites`` are the places of sites' rings, by site; ``keys`` are the raw Ed25519 keys of whoever releases.

    ``hostname`` is the name under which sites reach it, empty where they are in the same cluster.
    """

    ownership: Ownership
    image: str
    keys: tuple[str, ...]
    rings: tuple[RingSpec, ...]
    sites: tuple[tuple[str, int], ...]
    gates: GatesSpec
    keep_days: int
    storage_gib: int
    storage_class: str
    hostname: str
    ingress_class: str
    gateway_api: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """What a site's agent is told; see ``Settings`` in ``site/domicile_state.py``."""

    site: str
    fleet: str
    namespace: str
    keys: tuple[str, ...]
    gates: GatesSpec
    ready_s: int
    trial_s: int
    correct: bool
    window: tuple[str, ...]
    zone: str
