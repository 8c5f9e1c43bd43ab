"""Where: every option rejected with its reasons or scored, the winner, and what would have to change for another."""

import math
from dataclasses import dataclass, replace

from catalog import hardware, prices
from planning import clouds, constraints, demand, hosted, law, sites
from planning.hybrids import cheapest, hybrids
from planning.option import Option, Rejected
from planning.training import best_training
from planning.workload import Workload, assumed

RUNNERS_UP = 5
LOADS = tuple(10 ** (exponent / 12) for exponent in range(-24, 25))


@dataclass(frozen=True, slots=True)
class Scored:
    """An option with its score, 0 to 1, and what makes it: the weighted part of each criterion."""

    option: Option
    score: float
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """A place that did not win, and what would have to change for it to."""

    scored: Scored
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a workload goes, and why not elsewhere.

    ``training`` is where it is trained, ``small`` where a smaller model answers part of the requests, if so asked.
    """

    workload: Workload
    winner: Scored | None
    runners_up: tuple[RunnerUp, ...]
    rejected: tuple[Rejected, ...]
    considered: int
    laws: tuple[str, ...]
    warnings: tuple[str, ...]
    assumed: tuple[str, ...]
    training: Option | None
    small: Option | None

    @property
    def chosen(self) -> Option | None:
        """Where it goes: the winner, or where it is trained if that is all there is."""
        return self.winner.option if self.winner else self.training

    @property
    def refused(self) -> bool:
        """Whether no option will do."""
        return self.chosen is None


def decide(workload: Workload) -> Decision:
    """Decide. Deterministic: the same workload and catalog give the same decision."""
    territory = law.territory(workload.data)
    rejected = [Rejected("model", tuple(why)) for why in [_models(workload)] if why]
    found, trained = _enumerate(workload, territory, rejected)
    scored = rank(found, workload)
    winner = scored[0] if scored else None
    small = _small(workload, winner, rejected) if winner and workload.traffic.small_model else None
    if winner and workload.traffic.small_model and small is None:
        winner, scored = None, []
    beside = sum(one.expected for one in (trained, small) if one)
    over = _over(workload, winner.option.expected + beside) if winner else None
    warnings = _warnings(workload, winner, trained)
    if over and workload.budget and workload.budget.when_exceeded == "refuse":
        rejected.append(Rejected("budget", (over,)))
        winner, scored, trained, small = None, [], None, None
    return Decision(
        workload,
        winner,
        _runners_up(workload, scored) if winner else (),
        tuple(rejected),
        len(found),
        tuple(one.reason for one in territory.bounds) + territory.notes,
        (*warnings, over) if over and winner else warnings,
        tuple(assumed(workload)),
        trained,
        small,
    )


def _small(workload: Workload, winner: Scored, rejected: list[Rejected]) -> Option | None:
    """The best option for the small model beside the winner: in its country."""
    traffic, share = workload.traffic, workload.traffic.small_model
    changed = workload.model_copy(
        update={
            "traffic": traffic.model_copy(
                update={"requests_per_s": traffic.requests_per_s * share, "small_model": 0.0}
            ),
            "models": workload.models.model_copy(update={"allowed": [workload.models.small], "least_tier": None}),
            "training": None,
            "budget": None,
        }
    )
    found, _ = _enumerate(changed, law.territory(workload.data), [])
    near = [one for one in rank(found, changed) if one.option.country == winner.option.country]
    if not near:
        reason = f"{workload.models.small} finds no place in {winner.option.country} beside the model it relieves"
        rejected.append(Rejected("small model", (reason,)))
        return None
    return near[0].option


def _enumerate(
    workload: Workload, territory: law.Territory, rejected: list[Rejected]
) -> tuple[list[Option], Option | None]:
    if workload.work in ("fine-tuning", "training"):
        return [], best_training(workload, territory.worked(), rejected)
    in_clouds, no_clouds, cloud_standby = clouds.clouds(workload, territory)
    in_apis, no_apis, api_standby = hosted.hosted(workload, territory)
    on_sites, no_sites, partial = sites.sites(workload, territory)
    rejected += no_sites + no_apis + no_clouds
    found = in_clouds + in_apis + on_sites
    beside = in_clouds or cloud_standby
    worked = territory.worked()
    if partial and worked != territory:
        nearby, _, seldom = clouds.clouds(workload, worked)
        beside = nearby or seldom
    bases = partial + ([] if found else api_standby + cheapest(cloud_standby))
    mixed, no_mixed = hybrids(workload, beside, bases)
    rejected += no_mixed
    trained = best_training(workload, worked, rejected) if workload.training else None
    return found + mixed, trained


def _models(workload: Workload) -> list[str]:
    if workload.work in ("vision", "tabular", "training", "fine-tuning"):
        return []
    known, refused = demand.open_models(workload)
    hosted = {one.id for one in prices.hosted()}
    refused += [
        f"the catalog knows no model '{name}'"
        for name in workload.models.allowed
        if name not in hosted and not any(name == one.id for one in known) and demand.models.find(name) is None
    ]
    return refused


def rank(found: list[Option], workload: Workload) -> list[Scored]:
    """Score and order. A criterion's part is its weight's share times how near the option is to the best."""
    if not found:
        return []
    weights = workload.weights
    total = sum((weights.cost, weights.latency, weights.availability, weights.operations, weights.lock_in)) or 1.0
    least = min(one.expected for one in found)
    asked = workload.objectives

    def scored(one: Option) -> Scored:
        headroom = 1 - one.first_ms / asked.first_token_ms
        if asked.end_to_end_ms:
            headroom = min(headroom, 1 - one.whole_ms / asked.end_to_end_ms)
        down = 100 - one.availability
        parts = (
            ("cost", weights.cost * ((least + 1) / (one.expected + 1))),
            ("latency", weights.latency * max(0.0, min(1.0, headroom))),
            ("availability", weights.availability * (1 - min(1.0, down))),
            ("operations", weights.operations * (1 - one.complexity)),
            ("lock-in", weights.lock_in * (1 - one.lock_in)),
        )
        return Scored(
            one, sum(value for _, value in parts) / total, tuple((name, value / total) for name, value in parts)
        )

    return sorted(map(scored, found), key=lambda one: (-round(one.score, 9), one.option.key))


def _runners_up(workload: Workload, scored: list[Scored]) -> tuple[RunnerUp, ...]:
    winner = scored[0]
    seen = {(winner.option.kind, winner.option.target, winner.option.accelerator)}
    found: list[RunnerUp] = []
    for one in scored[1:]:
        kind = (one.option.kind, one.option.target, one.option.accelerator)
        if kind in seen:
            continue
        seen.add(kind)
        found.append(RunnerUp(one, _changes(workload, winner, one)))
        if len(found) == RUNNERS_UP:
            break
    return tuple(found)


def _changes(workload: Workload, winner: Scored, other: Scored) -> tuple[str, ...]:
    found: list[str] = []
    price = _price_to_win(workload, winner.option, other.option)
    if price is not None:
        found.append(f"at {price:,.0f} USD a month instead of {other.option.expected:,.0f}")
    flip = crossing(workload, winner.option, other.option)
    if flip:
        found.append(flip)
    return tuple(found) or ("no price makes up for its other criteria",)


def _price_to_win(workload: Workload, winner: Option, other: Option) -> float | None:
    """The price, below today's, at which the other takes the first place from the winner."""

    def wins(usd: float) -> bool:
        pair = rank([winner, replace(other, expected=usd)], workload)
        return pair[0].option.key == other.key

    low, high = 0.0, other.expected
    if not wins(low):
        return None
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if wins(middle) else (low, middle)
    return low


def usd_at(workload: Workload, option: Option) -> float | None:
    """What the option costs a month under the workload's load; None where it cannot carry it."""
    if option.hosted:
        return hosted.tokens_usd(workload, option.hosted)
    if option.kind == "hybrid" or option.fit is None:
        return None
    if option.site:
        room = option.site.nodes * (option.site.gpus_per_node // max(1, option.fit.gpus))
        return option.expected if demand.replicas_at_peak(workload, option.fit) <= room else None
    if option.offer is None:
        return None
    each = clouds.per_instance(option.offer, option.fit)
    least, mean, most = clouds.instances(demand.replicas(workload, option.fit), each)
    price = clouds.monthly(option.offer, option.purchase, least, mean, most)
    return price[1] if price else None


def in_a_year(decision: Decision) -> float | None:
    """What the winner's accelerators or tokens cost a month after a year's growth; None without growth or a price."""
    growth = decision.workload.traffic.growth_per_year
    if decision.winner is None or growth == 0:
        return None
    return usd_at(demand.scaled(decision.workload, 1 + growth), decision.winner.option)


def crossing(workload: Workload, winner: Option, other: Option) -> str | None:
    """The load nearest to today's at which the other becomes the cheaper of the two, in words."""
    mean = workload.traffic.requests_per_s
    start = [usd_at(workload, winner), usd_at(workload, other)]
    if start[0] is None or start[1] is None or start[1] < start[0]:
        return None
    for factor in sorted(LOADS, key=lambda one: abs(math.log(one))):
        changed = demand.scaled(workload, factor)
        one, two = usd_at(changed, winner), usd_at(changed, other)
        if one is not None and two is not None and two < one:
            side = "above" if factor > 1 else "below"
            return f"{side} about {mean * factor:,.3g} requests/s it is the cheaper of the two"
    return None


def _over(workload: Workload, usd: float) -> str | None:
    if workload.budget is None or usd <= workload.budget.monthly_usd:
        return None
    return (
        f"the best fitting plan costs {usd:,.0f} USD a month for its accelerators alone, the budget is "
        f"{workload.budget.monthly_usd:,.0f}: raise it, cache more, allow a smaller model or slower answers"
    )


def _warnings(workload: Workload, winner: Scored | None, trained: Option | None) -> tuple[str, ...]:
    found: list[str] = []
    if winner is None:
        return ()
    option = winner.option
    if option.unpriced:
        found.append(option.unpriced)
    if option.offer and option.purchase == "spot" and option.offer.spot is None:
        found.append("the spot price is an estimate from a discount, not a price that was read")
    known = hardware.accelerators().get(option.accelerator)
    if known and known.notes and option.fit and option.fit.sizing:
        found.append(f"no measurement of {known.name} is in the catalog: its speed rests on its vendor's figures")
    found += [
        f"the price of {option.instance or option.what} has no exact date ({dated.as_of})"
        for dated in (option.offer, option.hosted, trained.offer if trained else None)
        if dated and len(dated.as_of) < len("2026-01-01")
    ]
    if not constraints.users(workload):
        found.append("nobody said where the users are: the network is counted as nothing")
    return tuple(found)
