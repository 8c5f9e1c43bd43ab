"""Every rule has its proofs; the packs say the same in process, in CrossGuard and over Pulumi's protocol."""

from typing import Any

import pytest
from rule_cases import CASES, Case, One, Stack

from cli.operate import OWN_PACKS
from engine.policy.analyzer import AnalyzerPack
from engine.policy.inprocess import InProcessPack
from engine.policy.judges import CANNOT_TELL, Finding, PackSource
from engine.state.resource import ResourceState
from policies import runner
from policies.evaluate import UNDETERMINED, VIOLATION, Evaluator
from policies.registry import PACKS, RETIRED, RULES
from policies.resource import Resource
from policies.rule import AnyRule, Rule, StackRule

BY_ID = {rule.id: rule for rule in RULES}
PROOFS = {id_: case for cases in CASES.values() for id_, case in cases.items()}


def resources(stack: Stack) -> list[Resource]:
    return [Resource(one.type, one.name, urn(one), one.props, one.provider, needs=one.needs) for one in stack]


def urn(one: One) -> str:
    return f"urn:pulumi:s::p::{one.type}::{one.name}"


def verdicts(rule: AnyRule, stack: Stack, settings: dict[str, Any]) -> list[str]:
    return [one.verdict for one in Evaluator((rule,), {rule.id: settings}).all(resources(stack))]


@pytest.mark.parametrize("id_", PROOFS)
def test_a_rule_passes_fails_and_does_not_guess(id_: str) -> None:
    rule, case = BY_ID[id_], PROOFS[id_]
    assert len(case.passing) >= 3
    assert len(case.failing) >= 3
    for stack in case.passing:
        assert verdicts(rule, stack, case.settings) == [], stack
    for stack in case.failing:
        assert VIOLATION in verdicts(rule, stack, case.settings), stack
        assert UNDETERMINED not in verdicts(rule, stack, case.settings), stack
    assert verdicts(rule, case.elsewhere, case.settings) == []
    if case.unknown:
        assert verdicts(rule, case.unknown, case.settings) == [UNDETERMINED]
    else:
        assert id_ in ASKS_NOTHING


#: rules that only ask whether something is there: what is computed is there
ASKS_NOTHING = {"budget-alerts", "budget-idle-address", "budget-idle-disk", "encryption-policies"}


def test_every_rule_has_its_proofs_and_its_own_id() -> None:
    assert set(BY_ID) == set(PROOFS)
    assert len(BY_ID) == len(RULES)
    assert not BY_ID.keys() & RETIRED.keys(), "an id never means something else"
    for name, rules in PACKS.items():
        assert {rule.id for rule in rules} == set(CASES[name])


def test_every_rule_names_its_remedy_and_its_frameworks() -> None:
    assert [policy.name for policy in runner.as_policies(RULES)] == [rule.id for rule in RULES]
    for rule in RULES:
        assert isinstance(rule, Rule | StackRule)
        assert rule.remedy.endswith("."), rule.id
        assert rule.refs, rule.id


def states(stack: Stack) -> list[tuple[ResourceState, ResourceState | None]]:
    made: list[tuple[ResourceState, ResourceState | None]] = []
    for index, one in enumerate(stack):
        provider = None
        if one.provider:
            type_ = f"pulumi:providers:{one.type.partition(':')[0]}"
            provider = ResourceState(
                f"urn:pulumi:s::p::{type_}::p{index}", type_, id="p", inputs=one.provider, custom=True
            )
        reference = f"{provider.urn}::p" if provider else ""
        made.append(
            (
                ResourceState(
                    urn(one),
                    one.type,
                    custom=True,
                    inputs=one.props,
                    provider=reference,
                    property_dependencies=one.needs,
                ),
                provider,
            )
        )
    return made


def said(found: list[Finding]) -> set[tuple[str, str, str, str]]:
    return {(one.policy, one.verdict, one.urn, one.message.rpartition("\n")[2]) for one in found}


def judged(pack: Any, stack: Stack) -> set[tuple[str, str, str, str]]:
    pairs = states(stack)
    found = [finding for state, provider in pairs for finding in pack.analyze(state, provider)]
    everything = [one for state, provider in pairs for one in (provider, state) if one is not None]
    return said(found + pack.analyze_stack(everything))


def stacks(case: Case) -> list[Stack]:
    return [*case.passing, *case.failing, case.unknown, case.elsewhere]


def direct(evaluator: Evaluator, stack: Stack) -> set[tuple[str, str, str, str]]:
    found = evaluator.all(resources(stack))
    return {(one.rule, one.verdict, one.urn, runner.message(BY_ID[one.rule], one)) for one in found}


@pytest.mark.parametrize("name", PACKS)
def test_the_packs_say_the_same_however_they_run(name: str) -> None:
    config = {id_: case.settings for id_, case in CASES[name].items()}
    folder = OWN_PACKS / name
    evaluator = Evaluator(PACKS[name], config)
    inside = InProcessPack(PackSource(folder, in_process=True, config=config), "p", "s")
    outside = AnalyzerPack(PackSource(folder, config=config), "p", "s", preview=True)
    compared = 0
    try:
        for case in CASES[name].values():
            for stack in stacks(case):
                expected = direct(evaluator, stack)
                assert judged(inside, stack) == expected, stack
                assert judged(outside, stack) == expected, stack
                compared += 1
    finally:
        outside.close()
    assert compared >= {"residency": 120, "encryption": 90, "budget": 60, "ai": 100}[name]


def test_engine_and_packs_agree_on_what_cannot_be_told() -> None:
    assert runner.CANNOT_TELL == CANNOT_TELL
