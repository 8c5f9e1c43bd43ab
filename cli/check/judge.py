"""From resources to a verdict: every rule, with the line of the blueprint that a finding is about."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from blueprints import trace
from catalog.documents import Document
from cli.check.planned import Planned
from cli.check.report import Bill, Change, Judged, Said, clean
from engine import paths
from policies.evaluate import Evaluator, Finding, level
from policies.registry import BY_ID, PACK_OF, RULES
from policies.resource import Resource

Config = dict[str, Any]


def judge(planned: Planned, config: Config, file: Path, document: Document | None) -> Judged:
    """Judge what is planned; ``document`` is the blueprint, where there is one."""
    if planned.error:
        return Judged(name=clean(planned.stack), file=clean(str(file)), error=clean(planned.error))
    evaluator = Evaluator(RULES, config)
    by_urn = {one.urn: one for one in planned.resources}
    found = evaluator.all(list(planned.resources))
    said = [_said(one, by_urn, config, file, document) for one in found]
    return Judged(
        name=clean(planned.stack),
        file=clean(str(file)),
        resources=len(planned.resources),
        edges=_edges(planned.resources),
        findings=tuple(sorted(dict.fromkeys(said), key=lambda one: one.order)),
        counts=evaluator.counts,
    )


def _said(one: Finding, by_urn: dict[str, Resource], config: Config, file: Path, document: Document | None) -> Said:
    rule = BY_ID[one.rule]
    resource = by_urn.get(one.urn)
    line, column = _position(one, by_urn, document)
    return Said(
        rule=rule.id,
        pack=PACK_OF[rule.id],
        title=rule.title,
        severity=rule.severity.value,
        level=level(rule, config),
        verdict=one.verdict,
        resource=clean(resource.name) if resource else "",
        type=clean(resource.type) if resource else "",
        urn=clean(one.urn),
        path=clean(one.path),
        text=clean(one.text),
        remedy=rule.remedy,
        refs=rule.refs,
        file=clean(str(file)),
        line=line,
        column=column,
    )


def _position(one: Finding, by_urn: dict[str, Resource], document: Document | None) -> tuple[int, int]:
    if document is None:
        return 1, 1
    names: list[str] = []
    resource = by_urn.get(one.urn)
    while resource is not None:
        names.append(resource.name)
        resource = by_urn.get(resource.parent)
    return trace.position(document, tuple(names), one.text)


def _edges(resources: tuple[Resource, ...]) -> tuple[tuple[str, str], ...]:
    """Which component needs which: resources are counted for the component they belong to."""
    by_urn = {one.urn: one for one in resources}

    def component(urn: str) -> str:
        one = by_urn.get(urn)
        while one is not None and one.parent in by_urn:
            one = by_urn[one.parent]
        return clean(one.name) if one is not None else ""

    found = {(component(one.urn), component(urn)) for one in resources for urns in one.needs.values() for urn in urns}
    return tuple(sorted((a, b) for a, b in found if a and b and a != b))


def compare(before: Planned, after: Planned) -> tuple[Change, ...]:
    """What changes from one revision's plan to the other's."""
    olds, news = ({one.urn: one for one in planned.resources} for planned in (before, after))
    found = [_change("create", one) for urn, one in news.items() if urn not in olds]
    found += [_change("delete", one) for urn, one in olds.items() if urn not in news]
    for urn in olds.keys() & news.keys():
        changed = paths.difference(dict(olds[urn].props), dict(news[urn].props))
        if changed:
            found.append(_change("update", news[urn], {clean(paths.render(one.path)) for one in changed}))
    return tuple(sorted(found, key=lambda one: (one.kind, one.urn)))


def _change(kind: str, one: Resource, touched: Iterable[str] = ()) -> Change:
    return Change(kind, clean(one.type), clean(one.name), clean(one.urn), tuple(sorted(touched)))


def bill(plan: Any) -> Bill:
    """What a plan costs a month, line by line; lines of the same name are one."""
    found: dict[str, Decimal | None] = {}
    for line in plan.cost.lines:
        item, before = clean(line.item), found.get(clean(line.item))
        found[item] = line.usd if before is None else before + (line.usd or 0)
    return tuple(found.items())
