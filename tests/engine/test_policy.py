"""CrossGuard packs: unmodified over the Analyzer protocol, and ours in process."""

from pathlib import Path

import pytest
from conftest import ROOT, MakeStack, Stack

from engine.errors import ProjectError
from engine.policy.judges import PackSource

STRANGERS = Path(__file__).parents[1] / "packs" / "strangers"
HEAD = "import pulumi\nimport pulumi_random as r\n"


def verdicts(stack: Stack) -> set[tuple[str, str]]:
    found = [event["policyEvent"] for event in stack.events if "policyEvent" in event]
    return {(one["policyName"], one["verdict"]) for one in found}


def strangers(make_stack: MakeStack, program: str, **options: object) -> Stack:
    return make_stack(HEAD + program, packs=(PackSource(STRANGERS),), **options)


def test_a_mandatory_violation_stops_the_create(make_stack: MakeStack) -> None:
    stack = strangers(make_stack, "r.RandomPet('long', length=9)")
    result = stack.run("up")
    assert not result.ok
    assert ("short", "violation") in verdicts(stack)
    assert result.error.startswith("policy: 1 broken (strangers/short)")
    assert not any(one.urn.endswith("::long") for one in stack.session().store.load().resources)


def test_a_preview_tells_every_violation(make_stack: MakeStack) -> None:
    stack = strangers(make_stack, "for i in range(4): r.RandomPet(f'long-{i}', length=9)")
    assert not stack.run("preview").ok
    assert verdicts(stack) == {("short", "violation"), ("few", "violation")}
    assert sum("policyEvent" in event for event in stack.events) == 5


def test_configuration_reaches_the_rules(make_stack: MakeStack) -> None:
    stack = make_stack(
        HEAD + "r.RandomPet('a', length=5)", packs=(PackSource(STRANGERS, config={"short": {"most": 6}}),)
    )
    assert stack.run("up").ok, stack.messages()
    stack.packs = (PackSource(STRANGERS, config={"short": {"most": 4, "enforcementLevel": "advisory"}}),)
    assert stack.run("up").ok
    assert ("short", "violation") in verdicts(stack)


def test_an_advice_is_told_and_lets_pass(make_stack: MakeStack) -> None:
    stack = strangers(make_stack, "r.RandomUuid('a', keepers={'of': 'x'})")
    assert stack.run("up").ok, stack.messages()
    assert verdicts(stack) == {("advice", "violation")}


def test_a_remediation_rewrites_the_inputs(make_stack: MakeStack) -> None:
    stack = strangers(make_stack, "pulumi.export('pet', r.RandomPet('a').id)")
    result = stack.run("up")
    assert result.ok, stack.messages()
    assert str(result.outputs["pet"]).startswith("remedied-")
    assert stack.run("up").changes == {"same": 3}, stack.steps()


@pytest.mark.parametrize(("unknowns_fail", "passes"), [(True, False), (False, True)])
def test_an_unknown_is_undetermined_never_a_silent_pass(
    make_stack: MakeStack, *, unknowns_fail: bool, passes: bool
) -> None:
    program = "pet = r.RandomPet('a')\nr.RandomUuid('b', keepers={'of': pet.id})"
    stack = strangers(make_stack, program, unknowns_fail=unknowns_fail)
    assert stack.run("preview").ok is passes
    assert ("known", "undetermined") in verdicts(stack)
    assert stack.run("up").ok, "on up the value is known"


def test_a_rule_that_raises_is_a_failure(make_stack: MakeStack) -> None:
    stack = strangers(make_stack, "r.RandomPet('breaks-the-rule')")
    result = stack.run("up")
    assert not result.ok
    assert any(verdict == "error" for _, verdict in verdicts(stack))
    assert "a bug in the rule" in str([event for event in stack.events if "policyEvent" in event])


def test_a_pack_that_does_not_start_is_told(make_stack: MakeStack, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n", encoding="utf-8")
    (pack / "__main__.py").write_text("raise RuntimeError('no start')\n", encoding="utf-8")
    stack = make_stack(HEAD, packs=(PackSource(pack),))
    with pytest.raises(ProjectError, match="no start"):
        stack.run("preview")


def test_our_packs_say_the_same_on_both_ways(make_stack: MakeStack, kubeconfig: object) -> None:
    del kubeconfig
    program = """
import os, pulumi, pulumi_kubernetes as k8s
o = pulumi.ResourceOptions(provider=k8s.Provider('p', kubeconfig=os.environ['TEST_KUBECONFIG']))
k8s.core.v1.Namespace('n', metadata={'name': 'judged', 'labels': {'app.kubernetes.io/part-of': 'x'}}, opts=o)
k8s.core.v1.PersistentVolumeClaim('v', metadata={'namespace': 'judged'}, spec={'accessModes': ['ReadWriteOnce'], 'resources': {'requests': {'storage': '1Gi'}}}, opts=o)
k8s.core.v1.ConfigMap('c', metadata={'namespace': 'judged'}, data={'config.yaml': 'model_list: [{model_name: a, litellm_params: {model: openai/gpt, api_base: https://api.example.com/v1}}]'}, opts=o)
"""
    packs = sorted((ROOT / "policies" / "packs").glob("*/pack.py"))
    found: list[set[tuple[str, str]]] = []
    for in_process in (True, False):
        stack = make_stack(program, packs=tuple(PackSource(one.parent, in_process=in_process) for one in packs))
        assert not stack.run("preview").ok
        found.append(verdicts(stack))
    assert found[0] == found[1]
    assert {name for name, _ in found[0]} == {
        "residency-declared",
        "residency-inference-path",
        "encryption-at-rest",
        "budget-declared",
        "residency-limits-known",
        "ai-rate-limit",
        "ai-fallback",
    }
