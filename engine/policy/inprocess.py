"""Packs of our own, evaluated without a process between: the same policy classes, properties decoded once a resource.

A pack's folder has ``pack.py`` with ``NAME``, ``VERSION`` and ``POLICIES``; its ``__main__.py`` hands the same to
CrossGuard, so the Pulumi CLI runs the same rules.
"""

import asyncio
import functools
import importlib.util
import sys
from collections.abc import Callable, Mapping
from inspect import isawaitable
from typing import Any, cast

from pulumi_policy import EnforcementLevel, Policy, ResourceValidationPolicy, StackValidationPolicy
from pulumi_policy.deserialize import deserialize_properties, serialize_properties
from pulumi_policy.policy import (
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from engine import urn as urns
from engine.errors import ProjectError
from engine.policy.judges import Finding, Level, PackSource, Remedy, Verdict, cannot_tell
from engine.state.resource import ResourceState
from engine.values import Props, is_map, reveal

_LEVELS: dict[EnforcementLevel, Level] = {
    EnforcementLevel.ADVISORY: "advisory",
    EnforcementLevel.MANDATORY: "mandatory",
    EnforcementLevel.REMEDIATE: "remediate",
    EnforcementLevel.DISABLED: "disabled",
}


class InProcessPack:
    """One pack. Not for packs of strangers: a rule runs in this process."""

    def __init__(self, source: PackSource, project: str, stack: str) -> None:
        """Import the pack.

        Raises:
            ProjectError: the folder holds no pack that can be imported.
        """
        del project, stack
        module = _load(source)
        self.name: str = module.NAME
        self.version: str = module.VERSION
        self._policies: tuple[Policy, ...] = tuple(module.POLICIES)
        self._config = source.config
        self._resource_rules = [one for one in self._policies if isinstance(one, ResourceValidationPolicy)]
        self._stack_rules = [one for one in self._policies if isinstance(one, StackValidationPolicy)]

    def analyze(self, state: ResourceState, provider: ResourceState | None) -> list[Finding]:
        """Judge one resource by every rule."""
        rules = [one for one in self._resource_rules if one.has_validation() and self._level(one) != "disabled"]
        if not rules:
            return []
        props = unknown_checking_proxy(deserialize_properties(reveal(state.inputs)))
        options, behind = _options(state), _provider(provider)
        found: list[Finding] = []
        for rule in rules:
            args = ResourceValidationArgs(
                state.type, props, state.urn, urns.name_of(state.urn), options, behind, self._settings(rule)
            )
            found += self._run(rule, state.urn, _bound(rule, args))
        return found

    def analyze_stack(self, states: list[ResourceState]) -> list[Finding]:
        """Judge the stack by every rule."""
        rules = [one for one in self._stack_rules if self._level(one) != "disabled"]
        if not rules:
            return []
        resources = _policy_resources(states)
        found: list[Finding] = []
        for rule in rules:
            args = StackValidationArgs(resources, self._settings(rule))
            found += self._run(rule, "", _bound(rule, args))
        return found

    def remediate(self, state: ResourceState, provider: ResourceState | None) -> list[Remedy]:
        """Apply every remediating rule in turn."""
        made: list[Remedy] = []
        props: Mapping[str, Any] | None = None
        for rule in self._resource_rules:
            if self._level(rule) != "remediate" or not rule.has_remediation():
                continue
            current = props or unknown_checking_proxy(deserialize_properties(reveal(state.inputs)))
            args = ResourceValidationArgs(
                state.type,
                current,
                state.urn,
                urns.name_of(state.urn),
                _options(state),
                _provider(provider),
                self._settings(rule),
            )
            try:
                result: Any = rule.remediate(args)
                changed: Any = _settled(result) if isawaitable(result) else result
            except Exception as error:  # noqa: BLE001 a rule may raise anything
                if not _not_applicable(error):
                    made.append(Remedy(rule.name, self.name, self.version, None, f"cannot remediate: {error}"))
                continue
            if changed:
                props = changed
                made.append(Remedy(rule.name, self.name, self.version, dict(serialize_properties(changed))))
        return made

    def close(self) -> None:
        """Have nothing to end."""

    def _run(self, rule: Policy, urn: str, validate: Callable[[Callable[..., None]], Any]) -> list[Finding]:
        found: list[Finding] = []
        level = self._level(rule)

        def finding(verdict: Verdict, message: str, where: str) -> None:
            shown: Level = "mandatory" if level == "remediate" else level
            severity = rule.severity.value if rule.severity else ""
            found.append(Finding(rule.name, self.name, self.version, shown, verdict, message, where, severity))

        def report(message: str, where: str | None = None) -> None:
            verdict: Verdict = "undetermined" if cannot_tell(message) else "violation"
            finding(verdict, f"{rule.description}\n{message}", where or urn)

        try:
            result = validate(report)
            if isawaitable(result):
                _settled(result)
        except UnknownValueError as error:
            finding("undetermined", f"{rule.description}\ncannot be judged yet: {error.message}", urn)
        except Exception as error:  # noqa: BLE001 a rule that raises is a failure that names the rule
            if not _not_applicable(error):
                finding("error", f"the rule itself failed: {type(error).__name__}: {error}", urn)
        return found

    def _level(self, rule: Policy) -> Level:
        chosen = self._config.get(rule.name, self._config.get("all"))
        if isinstance(chosen, str):
            return cast("Level", chosen)
        if is_map(chosen) and "enforcementLevel" in chosen:
            return cast("Level", chosen["enforcementLevel"])
        return _LEVELS[rule.enforcement_level] if rule.enforcement_level else "advisory"

    def _settings(self, rule: Policy) -> Props:
        defaults: Props = {}
        schema = rule.config_schema
        for name, one in (schema.properties if schema and schema.properties else {}).items():
            if is_map(one) and "default" in one:
                defaults[name] = one["default"]
        given = self._config.get(rule.name)
        chosen = {key: value for key, value in given.items() if key != "enforcementLevel"} if is_map(given) else {}
        return {**defaults, **chosen}


def _load(source: PackSource) -> Any:
    file = source.folder / "pack.py"
    name = f"_domicile_pack_{source.folder.name}"
    specification = importlib.util.spec_from_file_location(name, file)
    if specification is None or specification.loader is None or not file.exists():
        message = f"{source.folder}: no policy pack here: expected pack.py with NAME, VERSION and POLICIES"
        raise ProjectError(message)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def _settled(result: Any) -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(result)
    finally:
        loop.close()


def _bound(rule: Any, args: Any) -> Callable[[Callable[..., None]], Any]:
    return functools.partial(rule.validate, args)


def _not_applicable(error: Exception) -> bool:
    return type(error).__name__ == "_NotApplicableError"


def _options(state: ResourceState) -> PolicyResourceOptions:
    timeouts = state.custom_timeouts
    return PolicyResourceOptions(
        state.protect,
        state.ignore_changes,
        None,
        state.aliases,
        PolicyCustomTimeouts(timeouts.get("create", 0), timeouts.get("update", 0), timeouts.get("delete", 0)),
        state.additional_secret_outputs,
        state.parent or None,
    )


def _provider(state: ResourceState | None) -> PolicyProviderResource | None:
    if state is None:
        return None
    props = unknown_checking_proxy(deserialize_properties(reveal(state.inputs)))
    return PolicyProviderResource(state.type, props, state.urn, urns.name_of(state.urn))


def _policy_resources(states: list[ResourceState]) -> list[PolicyResource]:
    made = {
        one.urn: PolicyResource(
            one.type,
            unknown_checking_proxy(deserialize_properties(reveal(one.outputs or one.inputs))),
            one.urn,
            urns.name_of(one.urn),
            _options(one),
            None,
            None,
            [],
            {},
        )
        for one in states
    }
    by_urn = {one.urn: one for one in states}
    for urn, resource in made.items():
        state = by_urn[urn]
        resource.parent = made.get(state.parent)
        resource.dependencies = [made[other] for other in state.dependencies if other in made]
        resource.property_dependencies = {
            key: [made[other] for other in needs if other in made] for key, needs in state.property_dependencies.items()
        }
        resource.provider = _provider(by_urn.get(urns.split_reference(state.provider)[0]))
    return list(made.values())
