"""How the rules are set: the file that the Pulumi CLI takes, laws by name, and the project's own file."""

from datetime import date
from pathlib import Path
from typing import Any

from cli.check.content import json_object
from engine.errors import ProjectError
from engine.project import Project
from engine.values import is_list, is_map
from policies.law import PROFILES
from policies.registry import BY_ID, RETIRED, RULES

NAME = "policy-config.json"
LEVELS = ("advisory", "mandatory", "remediate", "disabled")


def load(files: tuple[Path, ...], profiles: tuple[str, ...]) -> dict[str, Any]:
    """Settings by rule, of several files: later ones win, setting by setting.

    Raises:
        ProjectError: a file cannot be used, or there is no such law; names the file, the path and the way out.
    """
    merged: dict[str, Any] = {}
    for file in files:
        for rule, given in _read(file).items():
            before = merged.get(rule)
            merged[rule] = {**before, **given} if is_map(before) and is_map(given) else given
    for name in profiles:
        if name not in PROFILES:
            message = f"there is no profile '{name}'; there are {', '.join(PROFILES)}"
            raise ProjectError(message)
    if profiles:
        for rule in RULES:
            if "profiles" in rule.settings:
                given = merged.get(rule.id, {})
                own = given if is_map(given) else {"enforcementLevel": given}
                merged[rule.id] = {**own, "profiles": [*own.get("profiles", ()), *profiles]}
    return merged


def of_project(project: Project, files: tuple[Path, ...] = (), profiles: tuple[str, ...] = ()) -> dict[str, Any]:
    """The settings of a project's own file, where it has one, then of other files and laws.

    Raises:
        ProjectError: as `load`.
    """
    return load((*own_file(project), *files), profiles)


def own_file(project: Project) -> tuple[Path, ...]:
    """The project's own file; none where there is none."""
    file = project.config_dir / NAME
    return (file,) if file.is_file() else ()


def _read(file: Path) -> dict[str, Any]:
    content = json_object(
        file, "expected the JSON of a policy pack's configuration", "expected a JSON object: settings by rule"
    )
    for name, given in content.items():
        reason = _reason(name, given)
        if reason:
            message = f"{file}: {name}: {reason}"
            raise ProjectError(message)
    return content


def _reason(name: str, given: Any) -> str:
    if name in RETIRED:
        return f"the rule is retired: {RETIRED[name]}"
    if name != "all" and name not in BY_ID:
        return "there is no such rule: see the list in the documentation of the packs"
    chosen = given.get("enforcementLevel", "mandatory") if is_map(given) else given
    if chosen not in LEVELS:
        return f"'{chosen}' is no level; choose {', '.join(LEVELS)}"
    if name == "all" or not is_map(given):
        return ""
    known = {"enforcementLevel", "exemptions", "today", *BY_ID[name].settings}
    wrong = next((key for key in given if key not in known), None)
    if wrong is not None:
        return f"{wrong}: there is no such setting; there are {', '.join(sorted(known))}"
    return _exemptions(given.get("exemptions", []))


def _exemptions(given: Any) -> str:
    if not is_list(given):
        return "exemptions: expected a list"
    for index, one in enumerate(given):
        missing = [key for key in ("resource", "owner", "reason", "expires") if not (is_map(one) and one.get(key))]
        if missing:
            return f"exemptions[{index}]: {', '.join(missing)} is missing: an exemption has all four"
        try:
            date.fromisoformat(str(one["expires"]))
        except ValueError:
            return f"exemptions[{index}].expires: '{one['expires']}' is no date: write 2027-06-30"
    return ""
