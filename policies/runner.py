"""From rules to CrossGuard policies. Under any engine they say what `policies.evaluate` says."""

import threading
from collections.abc import Callable
from typing import Any

import pulumi_policy
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies import evaluate
from policies.evaluate import EXEMPT, UNDETERMINED, Finding
from policies.resource import Resource
from policies.rule import SHARED, AnyRule, Rule, StackRule
from policies.values import plain

Report = Callable[..., None]
#: how a finding that could not be made begins: engines that know Domicile show it as undetermined, others as broken
CANNOT_TELL = "cannot be judged: "
_seen = threading.local()


def as_policies(rules: tuple[AnyRule, ...]) -> list[Policy]:
    """A policy for each rule, mandatory unless configured otherwise."""
    return [_resource_policy(rule) if isinstance(rule, Rule) else _stack_policy(rule) for rule in rules]


def message(rule: AnyRule, finding: Finding) -> str:
    """What a person reads of a finding."""
    lead = CANNOT_TELL if finding.verdict == UNDETERMINED else ""
    at = f"{finding.path}: " if finding.path else ""
    return f"{lead}{at}{finding.text}. {rule.remedy}"


def _resource_policy(rule: Rule) -> Policy:
    def validate(args: ResourceValidationArgs, report: Report) -> None:
        resource = _resource(args)
        fact = rule.reads.of(resource)
        if fact is None:
            args.not_applicable()
        settings = evaluate.settings_of(rule, {rule.id: plain(dict(args.get_config()))})
        _report(rule, evaluate.judge(rule, fact, settings, args.urn), args.urn, report)

    async def remediate(args: ResourceValidationArgs) -> dict[str, Any] | None:
        settings = evaluate.settings_of(rule, {rule.id: plain(dict(args.get_config()))})
        return rule.repairs(_resource(args), settings) if rule.repairs else None

    mending: Any = remediate if rule.repairs else None
    return ResourceValidationPolicy(
        name=rule.id,
        description=rule.title,
        validate=validate,
        remediate=mending,
        enforcement_level=EnforcementLevel(evaluate.level(rule, {})),
        config_schema=_schema(rule),
        severity=pulumi_policy.Severity(rule.severity.value),
        remediation_steps=rule.remedy,
        tags=list(rule.refs) or None,
    )


def _stack_policy(rule: StackRule) -> Policy:
    def validate(args: StackValidationArgs, report: Report) -> None:
        settings = evaluate.settings_of(rule, {rule.id: plain(dict(args.get_config()))})
        resources = [_of_stack(one) for one in args.resources]
        _report(rule, evaluate.judge(rule, resources, settings, ""), "", report)

    return StackValidationPolicy(
        name=rule.id,
        description=rule.title,
        validate=validate,
        enforcement_level=EnforcementLevel(evaluate.level(rule, {})),
        config_schema=_schema(rule),
        severity=pulumi_policy.Severity(rule.severity.value),
        remediation_steps=rule.remedy,
        tags=list(rule.refs) or None,
    )


def _report(rule: AnyRule, found: list[Finding], urn: str, report: Report) -> None:
    for finding in found:
        if finding.verdict != EXEMPT:
            report(message(rule, finding), finding.urn or urn or None)


def _resource(args: ResourceValidationArgs) -> Resource:
    """What is judged; an engine that shows each rule the same properties has them copied once."""
    last: tuple[Any, Any, Resource] | None = getattr(_seen, "last", None)
    if last is not None and last[0] is args.props and last[1] is args.provider:
        return last[2]
    provider: dict[str, Any] = plain(args.provider.props) if args.provider is not None else {}
    parent = str(args.opts.parent or "")
    made = Resource(args.resource_type, args.name, args.urn, plain(args.props), provider, parent)
    _seen.last = (args.props, args.provider, made)
    return made


def _of_stack(one: Any) -> Resource:
    provider: dict[str, Any] = plain(one.provider.props) if one.provider is not None else {}
    needs = {key: [other.urn for other in found] for key, found in one.property_dependencies.items()}
    parent = one.parent.urn if one.parent is not None else ""
    return Resource(one.resource_type, one.name, one.urn, plain(one.props), provider, parent, needs)


def _schema(rule: AnyRule) -> PolicyConfigSchema:
    return PolicyConfigSchema(properties={**SHARED, **rule.settings})
