"""`domicile place` and `domicile explain`: where a workload goes, and why not elsewhere."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from cli import subject as subjects
from cli.output import as_json as print_json
from cli.output import console
from planning import placement
from planning.option import Option
from planning.placement import Decision


def run(subject: str, folder: Path, *, as_json: bool, everything: bool) -> int:
    """Decide and show; ``everything`` adds every rejection and assumption. Returns the exit code."""
    decision = placement.decide(subjects.workload_of(subject, folder))
    if as_json:
        print_json(as_dict(decision))
    else:
        show(console(), decision, everything=everything)
    return 2 if decision.refused else 0


def as_dict(decision: Decision) -> dict[str, Any]:
    """A decision for programs."""
    found: dict[str, Any] = dataclasses.asdict(dataclasses.replace(decision, workload=None))  # pyright: ignore[reportArgumentType] written below
    return {**found, "workload": decision.workload.model_dump(mode="json"), "refused": decision.refused}


def show(out: Console, decision: Decision, *, everything: bool) -> None:
    """Write a decision for a person."""
    name = decision.workload.name
    if decision.refused:
        out.print(f"[bold red]{name} is refused[/]: none of its options will do")
        _lines(out, "", _told(decision, everything=True))
        return
    if decision.winner:
        _winner(out, name, decision.winner.option, decision)
    if decision.small:
        one = decision.small
        out.print(
            f"  beside it {one.what} {one.accelerator} in {one.where}, {one.expected:,.0f} USD a month {one.purchase}"
        )
    if decision.training:
        one = decision.training
        out.print(f"[bold]{name} trains[/] in {one.where}: {one.what}, {one.expected:,.0f} USD a month {one.purchase}")
    _lines(out, "[dim]law[/] ", decision.laws)
    if decision.runners_up:
        _runners_up(out, decision)
    _lines(out, "[yellow]warning[/] ", decision.warnings)
    out.print(
        f"\n[bold]rejected[/] {len(decision.rejected)} places or configurations; options scored: {decision.considered}"
    )
    _lines(out, "", _told(decision, everything=everything))
    if everything:
        out.print("\n[bold]assumed[/]")
        _lines(out, "", decision.assumed)
    else:
        out.print(f"[dim]{len(decision.assumed)} assumptions and every reason: domicile explain[/]")


def _lines(out: Console, mark: str, lines: Iterable[str]) -> None:
    for text in lines:
        out.print(f"  {mark}{escape(text)}")


def _winner(out: Console, name: str, option: Option, decision: Decision) -> None:
    out.print(f"[bold]{name}[/] goes to [bold]{option.where}[/]: {option.what} {option.accelerator}".rstrip())
    if option.replicas:
        machine = f" on {option.instance}" if option.instance else ""
        replicas = "1 replica" if option.replicas == 1 else f"{option.replicas} replicas"
        out.print(f"  {replicas} at the busiest{machine}, bought {option.purchase}")
    out.print(
        f"  {option.expected:,.0f} USD a month ({option.low:,.0f} to {option.high:,.0f}) for accelerators or tokens; "
        f"first answer {option.first_ms:.0f} ms at p95, availability {option.availability:.3f} %"
    )
    for reason in option.fit.reasons if option.fit else ():
        out.print(f"  because {reason}")
    if decision.winner:
        parts = ", ".join(f"{label} {value:.2f}" for label, value in decision.winner.parts)
        out.print(f"  score {decision.winner.score:.3f} of 1: {parts}")


def _runners_up(out: Console, decision: Decision) -> None:
    out.print("\n[bold]runners-up[/]")
    for one in decision.runners_up:
        option = one.scored.option
        on = f"{option.accelerator or option.what}, {option.purchase}"
        out.print(f"  {option.where}: {on}, {option.expected:,.0f} USD a month, score {one.scored.score:.3f}")
        out.print(f"    [dim]would win {'; '.join(one.changes)}[/]")


def _told(decision: Decision, *, everything: bool) -> list[str]:
    """Reasons against, each with what it holds for; what holds for most comes first."""
    grouped: dict[str, list[str]] = {}
    for one in decision.rejected:
        for reason in one.reasons:
            grouped.setdefault(reason, []).append(one.what)
    lines: list[str] = []
    for reason, names in sorted(grouped.items(), key=lambda pair: -len(pair[1])):
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        lines.append(f"{shown}: {reason}")
    if everything or len(lines) <= 6:
        return lines
    return [*lines[:6], f"and {len(lines) - 6} more reasons"]
