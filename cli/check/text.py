"""The report for a terminal: a tree of stacks, rules and resources."""

import sys

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from cli.check.report import KINDS, Judged, Report, Said, tally
from cli.output import console

#: columns where there is no terminal: no line is cut
WIDE = 2000
_COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": "cyan"}
_VERDICTS = {
    "ok": "[green]passes[/]",
    "violation": "[red]fails[/]",
    "undetermined": "[yellow]cannot be judged[/]",
    "error": "[red]has no plan[/]",
}


def show(report: Report) -> None:
    """Write the report."""
    out = console() if sys.stdout.isatty() else Console(highlight=False, width=WIDE)
    for judged in report.judged:
        out.print(_tree(judged))
    total = tally(report.findings)
    counts = ", ".join(f"{total[kind]} {kind}" for kind in KINDS if total[kind])
    against = f" against {report.base}" if report.base else ""
    laws = f" under {', '.join(report.profiles)}" if report.profiles else ""
    out.print(f"{len(report.judged)} judged{against}{laws}: {counts or 'no finding'}: {_VERDICTS[report.verdict]}")


def _tree(judged: Judged) -> Tree:
    tree = Tree(f"[bold]{escape(judged.name)}[/] {_VERDICTS[judged.verdict]} [dim]{escape(_facts(judged))}[/]")
    if judged.error:
        tree.add(escape(judged.error))
    if judged.changes:
        tree.add(escape(changes(judged)))
    by_rule: dict[str, list[Said]] = {}
    for said in judged.findings:
        by_rule.setdefault(f"{said.rule}\0{said.verdict}", []).append(said)
    for group in by_rule.values():
        first = group[0]
        grade = f"[{_COLOURS[first.severity]}]{first.severity}[/]"
        branch = tree.add(f"{grade} {first.rule} {_kind(first)}: {escape(first.title)}")
        for said in group[:10]:
            name = f"{said.resource} ({said.type})" if said.resource else judged.name
            at = f" {said.path}" if said.path else ""
            branch.add(escape(f"{said.file}:{said.line}:{said.column}: {name}{at}: {said.text}"))
        if len(group) > 10:
            branch.add(f"and {len(group) - 10} more")
        branch.add(f"[dim]{escape(first.remedy)} {escape('; '.join(first.refs))}[/]")
    return tree


def _kind(said: Said) -> str:
    words = {"violation": "is broken" if said.fails else "advises", "exempt": "is exempt"}
    return words.get(said.verdict, said.verdict)


def _facts(judged: Judged) -> str:
    parts = [f"{judged.resources} resources", f"{judged.counts.judged} judgements"]
    if judged.usd is not None:
        parts.append(money(judged))
    return ", ".join(parts)


def money(judged: Judged) -> str:
    """What a stack costs a month, and what that changes."""
    if judged.usd is None:
        return "not priced"
    text = f"{judged.usd:,.2f} USD a month"
    if judged.usd_before is not None and judged.usd_before != judged.usd:
        text += f" ({judged.usd - judged.usd_before:+,.2f})"
    parts = len(judged.unpriced)
    return text + (f", {parts} part{'s' if parts > 1 else ''} not priced" if parts else "")


def changes(judged: Judged) -> str:
    """How many resources a revision creates, updates and deletes."""
    kinds = [one.kind for one in judged.changes or ()]
    return ", ".join(f"{kinds.count(kind)} {kind}d" for kind in ("create", "update", "delete") if kind in kinds)
