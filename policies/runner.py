"""From rules to CrossGuard policies: token to fact to predicate."""

from collections.abc import Callable
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.facts.contract import Fact
from policies.facts.kubernetes import FACTS
from policies.registry import AnyRule
from policies.rule import Rule, StackRule

Report = Callable[..., None]


def as_policies(rules: tuple[AnyRule, ...]) -> list[Policy]:
    """A policy for each rule, mandatory unless configured otherwise."""
    return [_resource_policy(rule) if isinstance(rule, Rule) else _stack_policy(rule) for rule in rules]


def facts_of(type_: str, props: Any, urn: str, wanted: type[Any] = Fact) -> list[Any]:
    """The facts a resource is, of the wanted kind."""
    made: list[Any] = []
    for fact in FACTS:
        tokens: frozenset[str] = getattr(fact, "TOKENS", frozenset())
        if type_ in tokens and issubclass(fact, wanted):
            made.append(fact(props, urn))
    return made


def _resource_policy(rule: Rule[Any]) -> Policy:
    def validate(args: ResourceValidationArgs, report: Report) -> None:
        settings = {**_defaults(rule), **args.get_config()}
        for fact in facts_of(args.resource_type, args.props, args.urn, rule.reads):
            for problem in rule.problems(fact, settings):
                report(f"{problem}. {rule.remedy}")

    return ResourceValidationPolicy(
        name=rule.id,
        description=rule.title,
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=_schema(rule),
        severity=rule.severity,
        remediation_steps=rule.remedy,
    )


def _stack_policy(rule: StackRule) -> Policy:
    def validate(args: StackValidationArgs, report: Report) -> None:
        settings = {**_defaults(rule), **args.get_config()}
        facts = [fact for one in args.resources for fact in facts_of(one.resource_type, one.props, one.urn)]
        for problem, urn in rule.problems(facts, settings):
            report(f"{problem}. {rule.remedy}", urn)

    return StackValidationPolicy(
        name=rule.id,
        description=rule.title,
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=_schema(rule),
        severity=rule.severity,
        remediation_steps=rule.remedy,
    )


def _schema(rule: AnyRule) -> PolicyConfigSchema | None:
    return PolicyConfigSchema(properties=dict(rule.settings)) if rule.settings else None


def _defaults(rule: AnyRule) -> dict[str, Any]:
    return {name: one["default"] for name, one in rule.settings.items() if "default" in one}
