"""Every rule has its proofs: objects it passes, objects it fails, and one it cannot judge yet."""

from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policies.facts.contract import Fact
from policies.registry import PACKS, RULES, AnyRule
from policies.rule import Rule, StackRule
from policies.runner import as_policies, facts_of

U = UNKNOWN_STRING_VALUE
NAMESPACE = "kubernetes:core/v1:Namespace"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
SET = "kubernetes:apps/v1:StatefulSet"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
MAP = "kubernetes:core/v1:ConfigMap"
WALL = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
PART = {"app.kubernetes.io/part-of": "x"}


def place(labels: Any, notes: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {**PART, **labels}, "annotations": notes}}


def pod(env: Any, gpus: str = "0", labels: Any = None) -> dict[str, Any]:
    container = {"name": "c", "env": env, "resources": {"limits": {"nvidia.com/gpu": gpus}}}
    return {
        "metadata": {"labels": labels or {}},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [container]}}},
    }


def claim(name: Any) -> dict[str, Any]:
    return {"spec": {"storageClassName": name} if name else {}}


def ingress(hosts: list[Any], tls: list[Any]) -> dict[str, Any]:
    return {"spec": {"rules": [{"host": host} for host in hosts], "tls": [{"hosts": tls}]}}


def routes(base: Any) -> dict[str, Any]:
    text = f"model_list: [{{model_name: a, litellm_params: {{model: m, api_base: {base}}}}}]" if base != U else U
    return {"data": {"config.yaml": text}}


def wall(part: Any, cidr: Any) -> dict[str, Any]:
    rule = {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"port": 443}]}
    return {"spec": {"podSelector": {"matchLabels": {"app.kubernetes.io/name": part}}, "egress": [rule]}}


J, C, B = "domicile.dev/jurisdictions", "domicile.dev/data-class", "domicile.dev/monthly-budget-usd"
OWNER, CENTRE = "domicile.dev/owner", "domicile.dev/cost-centre"
Case = tuple[str, list[Any], list[Any], Any, dict[str, Any]]
CASES: dict[str, Case] = {
    "residency-declared": (
        NAMESPACE,
        [place({C: "x"}, {J: "DE"}), {"metadata": {"labels": {}}}, {}],
        [place({}, {J: "DE"}), place({C: "x"}, {}), place({}, {})],
        {"metadata": {"labels": U}},
        {},
    ),
    "residency-allowed": (
        NAMESPACE,
        [place({}, {J: "DE"}), place({}, {J: "DE,FR"}), place({}, {})],
        [place({}, {J: "US"}), place({}, {J: "DE,US"}), place({}, {J: "IN"})],
        place({}, {J: U}),
        {"allowed": ["DE", "FR"]},
    ),
    "residency-inference-path": (
        MAP,
        [routes("http://chat:8000/v1"), routes("http://chat.x.svc.cluster.local/v1"), {"data": {"other": "x"}}],
        [routes("https://api.openai.com/v1"), routes("http://1.2.3.4/v1"), routes("https://eu.example.com")],
        routes(U),
        {},
    ),
    "residency-egress": (
        WALL,
        [wall("weights", "0.0.0.0/0"), wall("chat", "10.0.0.0/8"), {"spec": {"podSelector": {}}}],
        [wall("chat", "0.0.0.0/0"), wall("", "::/0"), wall("gateway", "0.0.0.0/0")],
        wall("chat", U),
        {},
    ),
    "encryption-at-rest": (
        CLAIM,
        [claim("encrypted"), claim("encrypted-shared"), claim("encrypted")],
        [claim("standard"), claim(None), claim("gp2")],
        claim(U),
        {},
    ),
    "encryption-in-transit": (
        INGRESS,
        [ingress(["a.b"], ["a.b"]), ingress([], []), ingress(["a.b", "c.d"], ["c.d", "a.b"])],
        [ingress(["a.b"], []), ingress(["a.b", "c.d"], ["a.b"]), {"spec": {"rules": [{}]}}],
        {"spec": {"rules": [{"host": U}]}},
        {},
    ),
    "encryption-no-plain-secrets": (
        DEPLOYMENT,
        [pod([{"name": "HOME", "value": "/tmp"}]), pod([{"name": "API_KEY", "valueFrom": {}}]), pod([])],
        [
            pod([{"name": "API_KEY", "value": "x"}]),
            pod([{"name": "DB_PASSWORD", "value": "x"}]),
            pod([{"name": "token", "value": "x"}]),
        ],
        pod([{"name": "API_KEY", "value": U}]),
        {},
    ),
    "budget-gpu-owner": (
        DEPLOYMENT,
        [pod([], "1", {OWNER: "a", CENTRE: "b"}), pod([]), pod([], "0")],
        [pod([], "1"), pod([], "2", {OWNER: "a"}), pod([], "1", {CENTRE: "b"})],
        pod([], U),
        {},
    ),
    "budget-declared": (
        NAMESPACE,
        [place({}, {B: "100"}), {}, {"metadata": {"labels": {}}}],
        [place({}, {}), place({}, {B: "none"}), place({}, {B: "0"})],
        place({}, {B: U}),
        {},
    ),
    "budget-gpu-total": (
        DEPLOYMENT,
        [pod([], "1"), pod([]), pod([], "8")],
        [pod([], "9"), pod([], "100"), pod([], "16")],
        pod([], U),
        {},
    ),
}


def problems(rule: AnyRule, type_: str, props: Any, settings: dict[str, Any]) -> list[Any]:
    defaults = {name: one["default"] for name, one in rule.settings.items()}
    merged = {**defaults, **settings}
    seen = unknown_checking_proxy(props)
    if isinstance(rule, StackRule):
        return list(rule.problems(facts_of(type_, seen, "urn", Fact), merged))
    return [text for fact in facts_of(type_, seen, "urn", rule.reads) for text in rule.problems(fact, merged)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_passes_fails_and_does_not_guess(rule: AnyRule) -> None:
    type_, passing, failing, unknown, settings = CASES[rule.id]
    assert len(passing) >= 3
    assert len(failing) >= 3
    for props in passing:
        assert problems(rule, type_, props, settings) == [], props
    for props in failing:
        assert problems(rule, type_, props, settings), props
    with pytest.raises(UnknownValueError):
        problems(rule, type_, unknown, settings)
    assert problems(rule, "aws:s3/bucket:Bucket", failing[0], settings) == [], "another resource is not its business"


def test_every_rule_has_its_proofs_and_its_own_id() -> None:
    assert {rule.id for rule in RULES} == set(CASES)
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_every_rule_is_in_a_pack_and_becomes_a_policy() -> None:
    assert {rule.id for pack in PACKS.values() for rule in pack} == {rule.id for rule in RULES}
    assert [policy.name for policy in as_policies(RULES)] == [rule.id for rule in RULES]
    for rule in RULES:
        assert rule.remedy.endswith("."), rule.id
        assert isinstance(rule, Rule | StackRule)


def test_a_stateful_sets_claims_count_too() -> None:
    rule = next(rule for rule in RULES if rule.id == "encryption-at-rest")
    props: dict[str, Any] = {"spec": {"template": {}, "volumeClaimTemplates": [claim("encrypted"), claim("plain")]}}
    assert len(problems(rule, SET, props, {})) == 1
