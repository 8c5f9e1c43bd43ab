"""Options behind somebody's API."""

from catalog import places, prices
from catalog.prices import Hosted
from planning import constraints, demand
from planning.demand import HOURS_PER_MONTH
from planning.law import Territory
from planning.option import AVAILABILITY, COMPLEXITY, LOCK_IN, Option, Rejected
from planning.workload import Workload

# Where hosted APIs compute, as far as it was read. What is not here is not known.
HOSTED_COUNTRY = {"bedrock": "US", "bedrock_converse": "US"}
HOSTED_FIRST_MS = 800.0
HOSTED_TOKEN_MS = 20.0


def hosted(workload: Workload, territory: Territory) -> tuple[list[Option], list[Rejected], list[Option]]:
    """Options behind somebody's API: those that do, what does not, and those that are only too seldom available."""
    found: list[Option] = []
    standby: list[Option] = []
    rejected: list[Rejected] = []
    wanted = {model.id for model in demand.open_models(workload)[0]} | set(workload.models.allowed)
    mode = {"embeddings": "embedding"}.get(workload.work, "chat")
    for one in prices.hosted():
        if one.mode != mode or (one.id not in wanted and one.same_weights_as not in wanted):
            continue
        reasons = constraints.targeted(workload, "hosted") + constraints.disconnected(workload)
        if not workload.models.hosted:
            reasons.append("hosted models are not allowed")
        country = HOSTED_COUNTRY.get(one.provider, "")
        reasons += territory.against(country)
        place = places.countries()[country].place if country else None
        network = constraints.network_ms(place, constraints.users(workload))
        first = HOSTED_FIRST_MS + network
        whole = first + HOSTED_TOKEN_MS * workload.traffic.answer_tokens
        slow = constraints.floor_reason(workload, network, first, whole)
        if slow:
            reasons.append(slow)
        name = f"{one.id} hosted by {one.provider}"
        if reasons:
            rejected.append(Rejected(name, tuple(dict.fromkeys(reasons))))
            continue
        usd = tokens_usd(workload, one)
        lock = LOCK_IN["hosted-open" if one.same_weights_as else "hosted"]
        option = Option(
            "hosted",
            one.provider,
            one.provider,
            country,
            name,
            "tokens",
            usd,
            usd,
            usd,
            first,
            whole,
            AVAILABILITY["hosted"],
            COMPLEXITY["hosted"],
            lock,
            0,
            0,
            hosted=one,
        )
        if not constraints.enough(AVAILABILITY["hosted"], workload):
            rejected.append(Rejected(name, (constraints.seldom(AVAILABILITY["hosted"], workload),)))
            standby.append(option)
            continue
        found.append(option)
    return found, rejected, standby


def tokens_usd(workload: Workload, one: Hosted) -> float:
    """A month's tokens at an API's price; a shared prefix counts at the price of cached input where there is one."""
    traffic = workload.traffic
    requests = demand.served(workload) * 3600 * HOURS_PER_MONTH
    cached = float(
        one.cached_input_usd_per_mtok if one.cached_input_usd_per_mtok is not None else one.input_usd_per_mtok
    )
    prompt = demand.prompt(workload) * (
        (1 - traffic.shared_prefix) * float(one.input_usd_per_mtok) + traffic.shared_prefix * cached
    )
    answer = 0 if one.mode == "embedding" else traffic.answer_tokens * float(one.output_usd_per_mtok)
    return requests * (prompt + answer) / 1e6
