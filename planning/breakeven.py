"""When another way of buying becomes the cheaper one: over load, and over time."""

from dataclasses import dataclass

from planning import cost, demand, placement
from planning.option import Option
from planning.placement import Decision

POINTS = tuple(10 ** (exponent / 8) for exponent in range(-16, 17))
MONTHS = (0, 6, 12, 18, 24, 30, 36, 48, 60)
GPUS_PER_SERVER = 8


@dataclass(frozen=True, slots=True)
class Curve:
    """USD a month at each load; None where the way of buying cannot carry it."""

    name: str
    usd: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Ownership:
    """Owned servers against rented ones of the same kind: money spent by month, and the month they are even."""

    servers: int
    rented_usd: tuple[float, ...]
    owned_usd: tuple[float, ...]
    even_month: float | None
    basis: str


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Curves over mean requests a second, the loads at which the cheapest changes, and ownership over time."""

    requests_per_s: tuple[float, ...]
    curves: tuple[Curve, ...]
    changes: tuple[str, ...]
    ownership: Ownership | None


def break_even(decision: Decision) -> BreakEven | None:
    """The break-even of a decision's ways of buying; None when nothing was chosen."""
    if decision.winner is None:
        return None
    workload = decision.workload
    ways = _ways(decision)
    loads = tuple(workload.traffic.requests_per_s * one for one in POINTS)
    curves = tuple(
        Curve(name, tuple(placement.usd_at(demand.scaled(workload, one), option) for one in POINTS))
        for name, option in ways
    )
    return BreakEven(loads, curves, _changes(loads, curves), _ownership([option for _, option in ways]))


def _ways(decision: Decision) -> list[tuple[str, Option]]:
    """The best option of each way of buying."""
    found: dict[str, Option] = {}
    scored = [decision.winner] if decision.winner else []
    for one in [*scored, *(other.scored for other in decision.runners_up)]:
        option = one.option
        if option.kind == "hybrid":
            continue
        name = {"hosted": "hosted API", "owned": "owned"}.get(option.kind, option.purchase)
        name = (
            f"{name}: {option.target} {option.accelerator}".strip()
            if option.kind != "hosted"
            else f"{name}: {option.what}"
        )
        found.setdefault(name, option)
    return sorted(found.items())


def _changes(loads: tuple[float, ...], curves: tuple[Curve, ...]) -> tuple[str, ...]:
    found: list[str] = []
    before: str | None = None
    for index, load in enumerate(loads):
        priced = [(curve.usd[index], curve.name) for curve in curves]
        known = [(usd, name) for usd, name in priced if usd is not None]
        if not known:
            continue
        name = min(known)[1]
        if before is not None and name != before:
            found.append(f"from about {load:,.3g} requests/s on {name} is the cheapest, before it {before}")
        before = name
    return tuple(found)


def _ownership(ways: list[Option]) -> Ownership | None:
    server = cost.owned_server()
    rented = next(
        (one for one in ways if one.accelerator == "H100" and one.offer and one.purchase == "on-demand"), None
    )
    if server is None or rented is None:
        return None
    servers = -(-rented.gpus // GPUS_PER_SERVER)
    spent = tuple(rented.expected * month for month in MONTHS)
    own = tuple(servers * (server.outlay_usd + server.monthly_usd * month) for month in MONTHS)
    saved = rented.expected - servers * server.monthly_usd
    even = servers * server.outlay_usd / saved if saved > 0 else None
    return Ownership(servers, spent, own, even, server.basis)
