"""Leaks of residency are caught wherever they are, and nothing that is in order is taken for one."""

import pytest
from leaks import INNOCENT, SITES, paired, pairs
from leaks_further import FURTHER
from rule_cases import One

from policies.evaluate import VIOLATION, Evaluator
from policies.registry import PACKS
from policies.resource import Resource
from policies.rule import Rule

PAIRS = [*pairs(), *(one for site in SITES for group in FURTHER for one in paired(site, group))]
RULES = tuple(rule for rule in PACKS["residency"] if isinstance(rule, Rule))


def verdicts(one: One, allowed: tuple[str, ...]) -> set[str]:
    config = {rule.id: {"allowed": list(allowed)} for rule in RULES if "allowed" in rule.settings}
    resource = Resource(one.type, one.name, "urn", one.props, one.provider)
    return {found.verdict for found in Evaluator(RULES, config).resource(resource)}


@pytest.mark.parametrize(("name", "site", "leak", "twin"), PAIRS, ids=[one[0] for one in PAIRS])
def test_a_leak_is_caught_and_its_twin_is_not(name: str, site: object, leak: One, twin: One) -> None:
    allowed = next(one.allowed for one in SITES if one is site)
    assert verdicts(leak, allowed) == {VIOLATION}, name
    assert verdicts(twin, allowed) == set(), name


def test_there_are_leaks_enough() -> None:
    assert len(PAIRS) >= 340


@pytest.mark.parametrize("one", INNOCENT, ids=lambda one: one.type)
def test_a_mention_is_no_leak(one: One) -> None:
    assert verdicts(one, ("IN",)) == set()
