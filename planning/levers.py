"""What would make a placement cheaper, one lever at a time, each priced by deciding again."""

from dataclasses import dataclass

from planning import placement
from planning.demand import GENERATING
from planning.placement import Decision
from planning.workload import Weights, Workload


@dataclass(frozen=True, slots=True)
class Lever:
    """A change, and what the cheapest option costs a month with it; None where nothing is known of it."""

    name: str
    usd: float | None
    saves: float | None
    note: str


def levers(decision: Decision) -> tuple[Lever, ...]:
    """Every lever of a decision, the one that saves most first; what cannot be priced comes last, with the reason."""
    if decision.winner is None:
        return ()
    now = _cheapest(decision.workload)
    found: list[Lever] = []
    for name, changed, note in _changes(decision.workload):
        usd = _cheapest(changed)
        saves = now - usd if now is not None and usd is not None else None
        found.append(Lever(name, usd, saves, note if usd is not None else "no option does"))
    found.sort(key=lambda one: (-(one.saves if one.saves is not None else -1e18), one.name))
    return (
        *found,
        Lever("speculative decoding", None, None, "the catalog has no measurement of it"),
        Lever("a smaller model, fine-tuned", None, None, "what it answers has to be evaluated first"),
    )


def _cheapest(workload: Workload) -> float | None:
    only_cost = Weights(cost=1.0, latency=0.0, availability=0.0, operations=0.0, lock_in=0.0)
    winner = placement.decide(workload.model_copy(update={"weights": only_cost, "budget": None})).winner
    return winner.option.expected if winner else None


def _changes(workload: Workload) -> list[tuple[str, Workload, str]]:
    found = _of_models(workload) if workload.work in GENERATING else []
    if not workload.traffic.cacheable:
        changed = _traffic(workload, cacheable=0.2)
        found.append(("response caching, a fifth of requests repeated", changed, "assumed share"))
    for purchase in ("spot", "reserved-1y"):
        if purchase not in workload.purchases:
            changed = workload.model_copy(update={"purchases": [*workload.purchases, purchase]})
            found.append((f"purchase: {purchase}", changed, ""))
    return found


def _of_models(workload: Workload) -> list[tuple[str, Workload, str]]:
    found: list[tuple[str, Workload, str]] = []
    models, traffic = workload.models, workload.traffic
    for precision, words in (("fp8", "8-bit weights"), ("int4", "4-bit weights"), ("fp4", "4-bit floating point")):
        if precision not in models.precisions:
            chosen = models.model_copy(update={"precisions": [*models.precisions, precision]})
            changed = workload.model_copy(update={"models": chosen})
            found.append((f"quantization: {words}", changed, "quality has to be evaluated"))
    if not traffic.shared_prefix:
        changed = _traffic(workload, shared_prefix=0.33)
        found.append(("prefix caching, a third of each prompt shared", changed, "assumed share"))
    if not traffic.small_model:
        changed = _traffic(workload, requests_per_s=traffic.requests_per_s * 0.6)
        found.append(("routing: two fifths to a smaller model, its own cost apart", changed, "assumed share"))
    asked = workload.objectives
    slower = asked.model_copy(
        update={
            "per_token_ms": min(10_000, asked.per_token_ms * 2),
            "first_token_ms": min(600_000, asked.first_token_ms * 2),
            "end_to_end_ms": None,
        }
    )
    found.append(("batching: twice the time for each token", workload.model_copy(update={"objectives": slower}), ""))
    return found


def _traffic(workload: Workload, **changes: float) -> Workload:
    return workload.model_copy(update={"traffic": workload.traffic.model_copy(update=changes)})
