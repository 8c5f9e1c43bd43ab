"""One ValidatingAdmissionPolicy with the packs' rules, and what binds it to namespaces. Pure.

Which rules the API server cannot ask, and why, stands in `ELSEWHERE`. An exemption holds for objects of that name; the
policy that is made after its last day has it no more.
"""

import fnmatch
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from policies.admission.checks import CHECKS, VARIABLES, Check, cel
from policies.evaluate import Config, level, settings_of, today
from policies.registry import BY_ID
from policies.rule import AnyRule, Settings

Action = Literal["deny", "warn"]
Thing = dict[str, Any]
#: rules that read Kubernetes objects and that only the packs ask, with the reason
ELSEWHERE: Mapping[str, str] = {
    "ai-fallback": "the gateway's configuration is YAML in a text: the API server does not read it",
    "ai-rate-limit": "the gateway's configuration is YAML in a text: the API server does not read it",
    "residency-inference-path": "the gateway's configuration is YAML in a text: the API server does not read it",
    "ai-approvals": "it asks for today's date, which the API server does not tell",
    "ai-dates-kept": "it asks for today's date, which the API server does not tell",
    "budget-gpu-total": "it is about all objects together; a ResourceQuota holds the namespace to its GPUs",
    "residency-allowed": "where data may be is decided with the blueprint, before there is a namespace",
}
_PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "StorageClass": "storageclasses"}
_NOT_GOING = {"name": "not-going", "expression": "!has(object.metadata.deletionTimestamp)"}


def spec(config: Config | None = None, *, of_cluster: bool = False) -> Thing:
    """A policy's specification. ``config`` is a CrossGuard policy config; ``of_cluster`` takes what is in no namespace.

    An object that is going is let go. A rule that is disabled or advises is left out.
    """
    rules = [
        (BY_ID[id_], check)
        for id_, check in CHECKS.items()
        if check.of_cluster <= of_cluster and level(BY_ID[id_], config or {}) in ("mandatory", "remediate")
    ]
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": _resources(check for _, check in rules)},
        "matchConditions": [_NOT_GOING],
        "variables": [
            *({"name": name, "expression": expression} for name, expression in VARIABLES.items()),
            *({"name": _variable(rule), "expression": _asked(rule, check, config or {})} for rule, check in rules),
        ],
        "validations": [_validation(rule) for rule, _ in rules],
    }


def binding(policy: str, namespaces: Thing, action: Action) -> Thing:
    """What binds a policy to the namespaces that a selector chooses; what is in no namespace is always asked about."""
    return {
        "policyName": policy,
        "validationActions": ["Deny", "Audit"] if action == "deny" else ["Warn", "Audit"],
        "matchResources": {"namespaceSelector": namespaces},
    }


def _variable(rule: AnyRule) -> str:
    return rule.id.replace("-", "_")


def _asked(rule: AnyRule, check: Check, config: Config) -> str:
    settings = settings_of(rule, config)
    kinds = sorted({token.rpartition(":")[2] for token in check.reads.TOKENS})
    excused = "".join(f" && !object.metadata.name.matches({cel(one)})" for one in _exempt(settings))
    return f"object.kind in {cel(kinds)}{excused} ? ({check.problems(settings)}) : []"


def _exempt(settings: Settings) -> Iterable[str]:
    """Patterns of the names of objects that are exempt on the day the policy is made."""
    for one in settings["exemptions"]:
        if today(settings) <= date.fromisoformat(str(one["expires"])):
            yield fnmatch.translate(str(one["resource"]).rpartition("::")[2]).replace("\\Z", "\\z")


def _validation(rule: AnyRule) -> Thing:
    found = f"variables.{_variable(rule)}"
    said = f"'{rule.id}: ' + {found}.join('; ') + {cel('. ' + rule.remedy)}"
    return {
        "expression": f"{found}.size() == 0",
        "messageExpression": said,
        "message": f"{rule.id}: {rule.title}. {rule.remedy}",
        "reason": "Forbidden",
    }


def _resources(checks: Iterable[Check]) -> list[Thing]:
    """The API resources of the facts that checks read, by group and version."""
    tokens = {token.removeprefix("kubernetes:") for check in checks for token in check.reads.TOKENS}
    found: dict[str, set[str]] = {}
    for token in tokens:
        version, _, kind = token.partition(":")
        found.setdefault(version, set()).add(_PLURALS.get(kind, f"{kind.lower()}s"))
    return [
        {
            "apiGroups": ["" if group == "core" else group],
            "apiVersions": [version],
            "operations": ["CREATE", "UPDATE"],
            "resources": sorted(found[f"{group}/{version}"]),
        }
        for group, version in (tuple(one.split("/")) for one in sorted(found))
    ]
