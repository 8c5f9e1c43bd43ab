"""`domicile cost`: the month's bill, its multiple of raw inference, levers and break-even."""

import dataclasses
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli import subject as subjects
from cli.output import as_json as print_json
from cli.output import console
from planning import breakeven, cost, levers, placement
from planning.cost import Cost
from planning.placement import Decision


def run(subject: str, folder: Path, *, as_json: bool) -> int:
    """Price a decision and show it. Returns the exit code."""
    decision = placement.decide(subjects.workload_of(subject, folder))
    bill = cost.bill_of(decision)
    if bill is None:
        from cli import place

        place.show(console(), decision, everything=False)
        return 2
    even, found = breakeven.break_even(decision), levers.levers(decision)
    if as_json:
        print_json(
            {
                "lines": [dataclasses.asdict(one) for one in bill.lines],
                "low": bill.low,
                "expected": bill.total,
                "high": bill.high,
                "raw_inference": bill.raw,
                "multiple": bill.multiple,
                "unpriced": bill.unknown,
                "in_a_year": placement.in_a_year(decision),
                "units": dataclasses.asdict(cost.units(decision.workload, bill)),
                "break_even": dataclasses.asdict(even) if even else None,
                "levers": [dataclasses.asdict(one) for one in found],
            }
        )
        return 0
    _show(console(), decision, bill)
    _show_more(console(), even, found)
    return 0


def _show(out: Console, decision: Decision, bill: Cost) -> None:
    workload = decision.workload
    where = decision.chosen.where if decision.chosen else "no place"
    out.print(f"[bold]{workload.name}[/] in {where}, USD a month")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("item", "USD", "rests on"):
        table.add_column(column, justify="right" if column == "USD" else "left")
    for line in bill.lines:
        table.add_row(line.item, "unknown" if line.usd is None else f"{line.usd:,.2f}", line.basis)
    out.print(table)
    multiple = f", {bill.multiple:.2f} times raw inference ({bill.raw:,.2f})" if bill.multiple else ""
    out.print(f"[bold]{bill.total:,.2f}[/] as the load goes, {bill.low:,.2f} to {bill.high:,.2f}{multiple}")
    if bill.unknown:
        out.print(f"[yellow]not priced[/] {', '.join(bill.unknown)}: the real multiple is higher, 3 to 5 in the field")
    units = cost.units(workload, bill)
    shown = [f"{units.per_1000_requests:,.4f} USD per 1,000 requests"]
    shown += [f"{units.per_million_tokens:,.4f} per million tokens"] if units.per_million_tokens else []
    shown += [f"{units.per_person:,.4f} per person"] if units.per_person else []
    out.print(", ".join(shown))
    grown = placement.in_a_year(decision)
    if grown is not None:
        out.print(
            f"in a year, {workload.traffic.growth_per_year:.0%} more load: {grown:,.2f} for accelerators or tokens"
        )
    if workload.budget:
        left = workload.budget.monthly_usd - float(bill.total)
        word = "left of" if left >= 0 else "over"
        out.print(f"budget: {abs(left):,.2f} USD {word} {workload.budget.monthly_usd:,.2f}")
        if left < 0:
            out.print("  first: take the lever that saves most, below")


def _show_more(out: Console, even: breakeven.BreakEven | None, found: tuple[levers.Lever, ...]) -> None:
    if even:
        out.print("\n[bold]break-even[/]")
        for text in even.changes or (
            "the same way of buying is the cheapest at a hundredth and a hundred times the load",
        ):
            out.print(f"  {text}")
        owned = even.ownership
        if owned:
            when = f"after {owned.even_month:.0f} months" if owned.even_month is not None else "never"
            servers = "1 owned server is" if owned.servers == 1 else f"{owned.servers} owned servers are"
            out.print(f"  {servers} even with renting {when}, without staff ({owned.basis})")
    out.print("\n[bold]levers[/]")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    for one in found:
        saved = (
            "not priced"
            if one.saves is None
            else f"saves {one.saves:,.0f}"
            if one.saves >= 0
            else f"costs {-one.saves:,.0f}"
        )
        table.add_row(one.name, saved, one.note)
    out.print(table)
