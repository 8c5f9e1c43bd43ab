"""The report as JSON for programs."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from cli.check.report import Report, tally


def render(report: Report) -> dict[str, Any]:
    """The report: verdict, then stacks with their findings, worst first."""
    return {
        "verdict": report.verdict,
        "base": report.base,
        "profiles": list(report.profiles),
        "counts": dict(sorted(tally(report.findings).items())),
        "judged": [
            {
                "name": one.name,
                "file": one.file,
                "verdict": one.verdict,
                "error": one.error,
                "resources": one.resources,
                "judgements": one.counts.judged,
                "not_applicable": one.counts.not_applicable,
                "usd_month": _text(one.usd),
                "usd_month_before": _text(one.usd_before),
                "bill": [
                    {"line": item, "usd_month": _text(now), "usd_month_before": _text(before)}
                    for item, now, before in one.prices
                ],
                "not_priced": list(one.unpriced),
                "changes": None if one.changes is None else [asdict(change) for change in one.changes],
                "findings": [
                    {**asdict(said), "fails": said.fails, "fingerprint": said.fingerprint} for said in one.findings
                ],
            }
            for one in report.judged
        ],
    }


def _text(usd: Decimal | None) -> str | None:
    return None if usd is None else str(usd)
