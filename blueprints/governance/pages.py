"""`docs/phases.md`: what each phase asks for, who agrees to what, and what each kind's examples lack. `make docs`."""

from collections.abc import Iterator

from blueprints.governance import practices
from blueprints.governance.approvals import BUSINESS_FROM, FINANCE_FROM
from blueprints.governance.promotion import Promotion, promotion
from blueprints.governed import PHASES, Governed, Phase
from blueprints.load import KINDS
from blueprints.pages import ROOT, SITES, sites

FILE = ROOT / "docs" / "phases.md"
ABOUT: dict[Phase, str] = {
    "prototype": "It answers; nobody counts on it.",
    "foundation": "People count on it: it may fail in parts, its data are looked after, its money is bounded.",
    "scale": "It may grow: who spends is known, alerts arrive, a zone may go.",
    "governed": "Those who answer for it have agreed, know who asks, and look again.",
}


def page() -> str:
    """The page."""
    lines = ["# Phases", "", "`phase:` of a blueprint is a promise: without what it asks for there is no plan.", ""]
    lines += [f"- **{phase}**: {ABOUT[phase]}" for phase in PHASES]
    lines += ["", "## What they ask for", "", "| from | area | what | practice |", "|---|---|---|---|"]
    ranked = sorted(practices.PRACTICES, key=lambda one: PHASES.index(one.phase))
    lines += [f"| {one.phase} | {one.area} | {one.title} | `{one.id}` |" for one in ranked]
    lines += ["", *_agreements(), "", *_kinds()]
    return "\n".join(lines) + "\n"


def _agreements() -> Iterator[str]:
    yield from (
        "## Who agrees",
        "",
        "In the phase `governed`, by `approvals/<blueprint>.yaml` beside the blueprint. What grows beyond what was",
        "agreed to needs a new agreement; one whose last day has passed is none (`ai-approvals`).",
        "",
        "| role | agrees to | when |",
        "|---|---|---|",
        f"| finance | a month's cost | from {FINANCE_FROM:,} USD |",
        "| data | a class of data, in countries | confidential, restricted |",
        "| security | being reached from outside, asking outside, restricted data | where it is so |",
        "| ai-platform | models | always |",
        f"| business | a use of high risk by the AI Act, a month's cost | high risk; from {BUSINESS_FROM:,} USD |",
    )


def _kinds() -> Iterator[str]:
    yield from (
        "## Kinds, targets and phases",
        "",
        "For each example: the phase that it has reached, and for each phase after it a month's cost with what",
        "`domicile promote` can write, and how much is left for people to decide. Refused targets are in",
        "[blueprints](blueprints/README.md).",
        "",
        f"| kind | target | reached | {' | '.join(PHASES[1:])} |",
        "|---|---|---|" + "---|" * len(PHASES[1:]),
    )
    for kind, model in KINDS.items():
        if not issubclass(model, Governed):
            continue
        there = sites(kind)
        for name, end in SITES:
            if end in there:
                ways = {phase: promotion(there[end], phase) for phase in PHASES[1:]}
                cells = [_cell(way) for way in ways.values()]
                yield f"| {kind} | {name} | {ways['governed'].reached} | {' | '.join(cells)} |"


def _cell(way: Promotion) -> str:
    usd = f"{way.then:,.0f}" if way.then is not None else "no plan"
    return f"{usd}, {len(way.left)} left" if way.left else usd


def main() -> None:
    """Write the page."""
    FILE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
