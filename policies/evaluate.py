"""Rules over resources, without any engine: a resource's facts are made once and shared by the rules that read them."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from policies import limits
from policies.resource import Resource
from policies.rule import AnyRule, Problem, Rule, Settings, Severity, StackRule
from policies.values import UnknownError, is_map

Config = Mapping[str, Any]
VIOLATION, UNDETERMINED, FAILED, EXEMPT = "violation", "undetermined", "error", "exempt"


class Finding(NamedTuple):
    """What a rule says of a resource. ``urn`` is empty for the stack as a whole, ``path`` where it is no property."""

    rule: str
    urn: str
    verdict: str
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often rules were asked, each of them too, and how often they had no say."""

    judged: int = 0
    not_applicable: int = 0
    by_rule: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(slots=True)
class _Group:
    """Rules that read the same fact, and how many resources were one."""

    reads: type[Any]
    rules: list[tuple[Rule, Settings]]
    facts: int = 0
    others: int = 0


class Evaluator:
    """Rules with their settings, ready to judge. ``config`` is a CrossGuard policy config: settings by rule id."""

    def __init__(self, rules: Sequence[AnyRule], config: Config | None = None) -> None:
        """Prepare the settings."""
        given = config or {}
        groups: dict[type[Any], _Group] = {}
        self._stack_rules: list[tuple[StackRule, Settings]] = []
        self._stacks = 0
        for rule in rules:
            if level(rule, given) == "disabled":
                continue
            settings = settings_of(rule, given)
            if isinstance(rule, Rule):
                groups.setdefault(rule.reads, _Group(rule.reads, [])).rules.append((rule, settings))
            else:
                self._stack_rules.append((rule, settings))
        self._groups = tuple(groups.values())

    def resource(self, resource: Resource) -> list[Finding]:
        """Judge one resource by every rule about resources."""
        found: list[Finding] = []
        self._add(resource, found)
        return found

    def _add(self, resource: Resource, found: list[Finding]) -> None:
        for group in self._groups:
            fact = group.reads.of(resource)
            if fact is None:
                group.others += 1
                continue
            group.facts += 1
            _ask(group.rules, fact, resource.urn, found)

    def stack(self, resources: list[Resource]) -> list[Finding]:
        """Judge all resources together by every rule about stacks."""
        self._stacks += 1
        return [one for rule, settings in self._stack_rules for one in judge(rule, resources, settings, "")]

    def all(self, resources: list[Resource]) -> list[Finding]:
        """Judge a whole stack."""
        found: list[Finding] = []
        for one in resources:
            self._add(one, found)
        return found + self.stack(resources)

    @property
    def counts(self) -> Counts:
        """What was asked so far."""
        by_rule = {rule.id: group.facts for group in self._groups for rule, _ in group.rules}
        by_rule |= {rule.id: self._stacks for rule, _ in self._stack_rules}
        others = sum(group.others * len(group.rules) for group in self._groups)
        return Counts(sum(by_rule.values()), others, by_rule)


def judge(rule: AnyRule, subject: Any, settings: Settings, urn: str) -> list[Finding]:
    """What one rule says. A value that is not known makes it undetermined; anything else it raises is a failure."""
    found: list[Finding] = []
    _ask(((rule, settings),), subject, urn, found)
    return found


def _ask(rules: Iterable[tuple[AnyRule, Settings]], subject: Any, urn: str, found: list[Finding]) -> None:
    """Ask each rule. What it found before it raised stays: rules are asked often, so their problems are not copied."""
    for rule, settings in rules:
        try:
            for problem in rule.problems(subject, settings):
                found.append(_finding(rule, problem, settings, urn))  # noqa: PERF401 what came before an error stays
        except UnknownError as error:
            found.append(Finding(rule.id, urn, UNDETERMINED, str(error), error.path))
        except Exception as error:  # noqa: BLE001 a rule that raises is a failure that names the rule
            found.append(Finding(rule.id, urn, FAILED, f"the rule itself failed: {type(error).__name__}: {error}"))


def _finding(rule: AnyRule, problem: Problem, settings: Settings, urn: str) -> Finding:
    where = problem.urn or urn
    excuse = _exemption(settings, where) if settings.get("exemptions") else None
    if excuse is None:
        return Finding(rule.id, where, VIOLATION if problem.known else UNDETERMINED, problem.text, problem.path)
    return Finding(rule.id, where, excuse[0], f"{problem.text}{excuse[1]}", problem.path)


def settings_of(rule: AnyRule, config: Config) -> dict[str, Any]:
    """A rule's settings: its defaults, then what is given for every rule, then what is given for it."""
    defaults = {name: one["default"] for name, one in rule.settings.items() if "default" in one}
    shared = {key: value for key, value in _given(config, "*").items() if key in rule.settings}
    own = {key: value for key, value in _given(config, rule.id).items() if key != "enforcementLevel"}
    made: dict[str, Any] = {"exemptions": [], "today": "", **_known(config), **defaults, **shared, **own}
    if "profiles" in rule.settings:
        made[limits.KEY] = limits.key_of(made)
    return made


def level(rule: AnyRule, config: Config) -> str:
    """How a rule is enforced: advisory, mandatory, remediate or disabled; one of low severity advises."""
    chosen = config.get(rule.id, config.get("all"))
    if isinstance(chosen, str):
        return chosen
    usual = "advisory" if rule.severity == Severity.LOW else "mandatory"
    return str(_given(config, rule.id).get("enforcementLevel", usual))


def _given(config: Config, key: str) -> Mapping[str, Any]:
    found = config.get(key)
    return found if is_map(found) else {}


def _known(config: Config) -> dict[str, Any]:
    return {key: value for key, value in _given(config, "*").items() if key in ("exemptions", "today")}


def today(settings: Settings) -> date:
    """The day that expiries are compared with: a setting, else the clock's."""
    given = settings.get("today")
    return date.fromisoformat(str(given)) if given else datetime.now(UTC).date()


def _exemption(settings: Settings, urn: str) -> tuple[str, str] | None:
    """The verdict and the words of the exemption that covers a resource; None where there is none."""
    for one in settings["exemptions"]:
        name = urn.rpartition("::")[2]
        if not (fnmatch.fnmatchcase(urn, one["resource"]) or fnmatch.fnmatchcase(name, one["resource"])):
            continue
        if today(settings) <= date.fromisoformat(str(one["expires"])):
            return EXEMPT, f" (exempt until {one['expires']}: {one['reason']}; {one['owner']})"
        return VIOLATION, f" (its exemption of {one['owner']} expired on {one['expires']})"
    return None
