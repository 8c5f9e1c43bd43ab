"""The report as one comment on a pull request: it never grows beyond what a forge takes.

Whatever comes from a blueprint or a program is quoted: it can neither become markup nor mention anyone.
"""

import re
from decimal import Decimal

from cli.check.report import KINDS, Judged, Report, Said, tally
from cli.check.text import changes, money

LIMIT = 60_000
MARK = "<!-- domicile-check -->"
_VERDICTS = {
    "ok": "✅ passes", "violation": "❌ fails", "undetermined": "⚠️ cannot be judged", "error": "❌ has no plan",
}  # fmt: skip


def render(report: Report) -> str:
    """The comment: verdict, cost, counts, findings, changes, graph; the last go first where there is no room."""
    head = [MARK, f"## Domicile: {_VERDICTS[report.verdict]}", "", _table(report), ""]
    parts = [*head]
    used = sum(map(len, parts)) + len(parts)
    left_out = 0
    for section in filter(None, _sections(report)):
        if used + len(section) + 200 > LIMIT:
            left_out += 1
            continue
        parts.append(section)
        used += len(section) + 1
    if left_out:
        parts.append(
            f"\n_{left_out} sections are left out for their length; the job's artefacts have the full report._"
        )
    return "\n".join(parts) + "\n"


def _table(report: Report) -> str:
    names = ("stack", "verdict", "resources", "changes", "cost", *KINDS)
    rows = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    for one in report.judged[:200]:
        counts = tally(one.findings)
        cells = [
            quote(one.name), _VERDICTS[one.verdict], str(one.resources), changes(one) or "-", money(one),
            *(str(counts[kind]) for kind in KINDS),
        ]  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _sections(report: Report) -> list[str]:
    found: list[str] = [f"### {quote(one.name)}\n\n{fence(one.error[:4000])}" for one in report.judged if one.error]
    serious = [said for said in report.findings if said.fails or said.open]
    found += [_finding(said) for said in serious]
    others = [said for said in report.findings if not (said.fails or said.open)]
    if others:
        lines = "\n".join(
            f"- `{said.rule}` {quote(said.resource or said.file)}: {quote(said.text)}" for said in others[:100]
        )
        found.append(_folded(f"{len(others)} advisory or exempt", lines))
    found += [_bill(one) for one in report.judged if one.bill]
    found += [_diff(one) for one in report.judged if one.changes]
    found += [_graph(one) for one in report.judged if one.edges]
    return found


def _finding(said: Said) -> str:
    where = f"{quote(f'{said.file}:{said.line}')}"
    resource = f" {quote(said.resource)} ({quote(said.type)})" if said.resource else ""
    path = f" {quote(said.path)}" if said.path else ""
    refs = f" _{'; '.join(said.refs)}_" if said.refs else ""
    what = f"{said.lead}{quote(said.text)}. {said.remedy}{refs}"
    return f"- **{said.severity}** `{said.rule}` {where}{resource}{path}: {what}"


def _bill(one: Judged) -> str:
    """The bill line by line: against another revision, the lines that differ."""
    compared = one.bill_before is not None
    lines = [line for line in one.prices if not compared or line[1] != line[2]]
    if not lines:
        return ""
    rows = ["| line | USD a month | before | change |", "|---|---|---|---|"] if compared else []
    rows = rows or ["| line | USD a month |", "|---|---|"]
    for item, now, before in lines[:60]:
        cells = [quote(item), _usd(now)]
        if compared:
            cells += [_usd(before), f"{(now or Decimal(0)) - (before or Decimal(0)):+,.2f}"]
        rows.append(f"| {' | '.join(cells)} |")
    return _folded(f"{quote(one.name)}: cost line by line", "\n".join(rows))


def _usd(usd: Decimal | None) -> str:
    return "-" if usd is None else f"{usd:,.2f}"


def _diff(one: Judged) -> str:
    marks = {"create": "+", "update": "~", "delete": "-"}
    lines = [
        f"{marks[change.kind]} {change.type} {change.name} {', '.join(change.paths[:6])}".rstrip()
        for change in (one.changes or ())[:300]
    ]
    return _folded(f"{quote(one.name)}: {changes(one)}", fence("\n".join(lines), "diff"))


def _graph(one: Judged) -> str:
    names = sorted({name for edge in one.edges for name in edge})
    ids = {name: f"n{index}" for index, name in enumerate(names)}
    failing = {said.resource for said in one.findings if said.fails}
    lines = ["graph LR", *(f'  {ids[name]}["{_plain(name)}"]' for name in names)]
    lines += [f"  {ids[a]} --> {ids[b]}" for a, b in one.edges[:200]]
    lines += [f"  style {ids[name]} stroke:#c00,stroke-width:3px" for name in names if name in failing]
    return _folded(f"{quote(one.name)}: what needs what", fence("\n".join(lines), "mermaid"))


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def quote(text: str) -> str:
    """A text from outside, as code: on one line, without what could end the code or the table's cell."""
    flat = " ".join(text.split())[:500] or "-"
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", flat)), default=0) + 1)
    padded = f" {flat} " if flat.startswith("`") or flat.endswith("`") else flat
    return f"{ticks}{padded.replace('|', '¦')}{ticks}"


def fence(text: str, language: str = "") -> str:
    """A block of text from outside."""
    ticks = "`" * max(3, max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9 ._:/-]", "_", name)[:80]
