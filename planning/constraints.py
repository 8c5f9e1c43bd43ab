"""What no option may break: targets, skills, residency, distance, time, availability; each reason in a sentence."""

from catalog import places
from catalog.places import Place
from planning.law import Territory
from planning.option import CLOUDS
from planning.workload import Workload

CAPABILITIES = ("none", "managed", "kubernetes", "platform")
NEEDS = {"hosted": "none", "cloud": "managed", "gpu-cloud": "kubernetes", "owned": "kubernetes", "hybrid": "kubernetes"}


def users(workload: Workload) -> tuple[Place, ...]:
    """Where the people or machines are that ask."""
    codes = workload.users or workload.data.subjects or sorted({one.country for one in workload.sites})
    return tuple(places.countries()[code].place for code in codes if code in places.countries())


def network_ms(place: Place | None, people: tuple[Place, ...]) -> float:
    """The round trip to the farthest users; 0 where nobody said who they are."""
    return max((places.round_trip_ms(place, one) for one in people), default=0.0) if place else 0.0


def floor_reason(workload: Workload, network: float, first_ms: float, whole_ms: float) -> str | None:
    """Why a place is too slow."""
    if workload.work == "batch":
        return None
    asked = workload.objectives
    if first_ms > asked.first_token_ms:
        return (
            f"the first answer takes {first_ms:.0f} ms at p95, {network:.0f} of them the network; "
            f"{asked.first_token_ms} ms are asked"
        )
    if asked.end_to_end_ms is not None and whole_ms > asked.end_to_end_ms:
        return (
            f"an answer takes {whole_ms:.0f} ms at p95, {network:.0f} of them the network; "
            f"{asked.end_to_end_ms} ms are asked"
        )
    return None


def targeted(workload: Workload, target: str) -> list[str]:
    """Why a kind of target is out of the question."""
    if workload.targets and target not in workload.targets:
        return [f"only {', '.join(workload.targets)} may be used"]
    return []


def capable(workload: Workload, kind: str) -> list[str]:
    """Why the team cannot run a kind of place."""
    needed = NEEDS[kind]
    if CAPABILITIES.index(workload.operations.capability) < CAPABILITIES.index(needed):
        return [f"running it takes the capability '{needed}', the team has '{workload.operations.capability}'"]
    return []


def disconnected(workload: Workload) -> list[str]:
    """Why nothing but a site's own hardware will do."""
    found: list[str] = []
    cut = [one.name for one in workload.sites if one.uplink == "none"]
    if cut:
        found.append(f"{', '.join(cut)} {'has' if len(cut) == 1 else 'have'} no uplink: requests cannot leave")
    poor = [one.name for one in workload.sites if one.uplink == "poor" and one.kind == "edge"]
    if poor and workload.work != "batch":
        found.append(f"the uplink of {', '.join(poor)} is poor: answers cannot hang on it")
    return found


def region_reasons(workload: Workload, territory: Territory, cloud: str, region: str) -> list[str]:
    """Why a region is out of the question, whatever runs there."""
    kind = "cloud" if cloud in CLOUDS else "gpu-cloud"
    found = targeted(workload, cloud) + capable(workload, kind) + disconnected(workload)
    known = places.regions().get((cloud, region))
    if known is None or not known.country:
        return [*found, "the catalog does not know its country"]
    if known.partition.startswith("aws-"):
        found.append(f"it belongs to the partition '{known.partition}', which takes accounts of its own")
    found += territory.against(known.country)
    asked = workload.objectives
    network = network_ms(known.place, users(workload))
    limit = min(asked.first_token_ms, asked.end_to_end_ms or asked.first_token_ms)
    if workload.work != "batch" and network > limit:
        found.append(f"the network alone takes {network:.0f} ms to the farthest users, {limit} ms are asked")
    return found


def enough(availability: float, workload: Workload) -> bool:
    """Whether a place is available enough; batch work can wait."""
    return availability >= workload.objectives.availability_percent or workload.work == "batch"


def seldom(availability: float, workload: Workload) -> str:
    """That a place is not available enough, in words."""
    return f"it gives {availability:g} %, {workload.objectives.availability_percent:g} % are asked"
