"""What happens when a program registers a resource."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from engine import paths
from engine import urn as urns
from engine.core import deletion
from engine.core.deployment import Deployment
from engine.core.model import Analyze, Check, Checked, Diff, Diffed, DiffKind, Effect, Goal, Op, PropertyDiff, Step
from engine.errors import ProgramError
from engine.state.resource import ResourceState
from engine.values import Props, annotate, has_unknown

Registration = Generator[Effect, Any, ResourceState]


def register(run: Deployment, goal: Goal) -> Registration:
    """Bring one resource to its goal; returns the state the program is told.

    Raises:
        ProgramError: the goal breaks a rule of the resource model, or a provider does not accept its inputs.
    """
    urn = run.claim(goal)
    run.inherited(goal)
    old = run.old_of(urn)
    if goal.read_id:
        return (yield from _read(run, urn, goal, old))
    new = _state(run, urn, goal, old)
    if goal.import_id and (old is None or old.external or old.id != goal.import_id):
        return (yield from _import(run, new, goal, old))
    if goal.custom:
        new.inputs = yield from _checked(new, old)
    new.inputs = yield Analyze(new)
    if old is None:
        return (yield from _create(new))
    if old.external and not new.external:
        return (yield from _replace_recorded(run, old, new, (), {}))
    return (yield from _compare(run, goal, old, new))


def _state(run: Deployment, urn: str, goal: Goal, old: ResourceState | None) -> ResourceState:
    inputs = goal.inputs
    if old is not None:
        for text in goal.ignore_changes:
            inputs = paths.keep_old(old.inputs, inputs, paths.parse(text))
    return ResourceState(
        urn=urn,
        type=goal.type,
        custom=goal.custom,
        inputs=inputs,
        parent=goal.parent,
        protect=bool(goal.protect),
        dependencies=goal.dependencies,
        provider=goal.provider,
        property_dependencies=goal.property_dependencies,
        additional_secret_outputs=goal.additional_secret_outputs,
        aliases=run.aliases[urn],
        custom_timeouts=goal.custom_timeouts,
        retain_on_delete=bool(goal.retain_on_delete),
        deleted_with=goal.deleted_with,
        replace_with=goal.replace_with,
        replacement_trigger=goal.replacement_trigger,
        ignore_changes=goal.ignore_changes,
        replace_on_changes=goal.replace_on_changes,
        hide_diff=goal.hide_diffs,
        source_position=goal.source_position,
        import_id=old.import_id if old else "",
        extra=dict(old.extra) if old else {},
    )


def _checked(new: ResourceState, old: ResourceState | None) -> Generator[Effect, Any, Props]:
    previous = old.inputs if old else {}
    answer: Checked = yield Check(new.provider, new.urn, new.type, previous, new.inputs)
    if answer.failures:
        lines = "\n".join(
            f"  {failure.property}: {failure.reason}" if failure.property else f"  {failure.reason}"
            for failure in answer.failures
        )
        message = f"{new.type} '{urns.name_of(new.urn)}' is not accepted by its provider{_written(new)}:\n{lines}"
        raise ProgramError(message)
    return annotate(answer.inputs, new.inputs)


def _written(state: ResourceState) -> str:
    """Where the program asks for a resource, as ` (file:line)`; blank where the SDK did not say."""
    place, _, line = state.source_position.partition("#")
    return f" ({place.removeprefix('project:///').removeprefix('file://')}:{line})" if line else ""


def _create(new: ResourceState) -> Registration:
    made: ResourceState = yield Step(Op.CREATE, new.urn, None, new)
    return made


def _compare(run: Deployment, goal: Goal, old: ResourceState, new: ResourceState) -> Registration:
    new.created, new.id = old.created, old.id
    if old.pending_replacement:
        return (yield from _finish_pending(run, old, new))
    diff, provider_changed = yield from _diff(goal, old, new)
    keys = _replace_keys(run, goal, old, new, diff)
    if provider_changed and "provider" not in keys:
        keys = (*keys, "provider")
    detailed = _marked(diff.detailed, keys)
    if keys:
        if goal.delete_before_replace or (goal.delete_before_replace is None and diff.delete_before_replace):
            return (yield from _delete_then_create(run, old, new, keys, detailed))
        return (yield from _replace_recorded(run, old, new, keys, detailed))
    if diff.kind is DiffKind.SOME or old.init_errors:
        new.outputs = old.outputs
        updated: ResourceState = yield Step(Op.UPDATE, new.urn, old, new, (), detailed)
        return updated
    new.outputs, new.modified = old.outputs, old.modified
    new.init_errors = old.init_errors
    same: ResourceState = yield Step(Op.SAME, new.urn, old, new)
    return same


def _diff(goal: Goal, old: ResourceState, new: ResourceState) -> Generator[Effect, Any, tuple[Diffed, bool]]:
    structural = paths.difference(old.inputs, new.inputs)
    detailed = {paths.render(change.path): PropertyDiff(change.kind) for change in structural}
    plain = Diffed(DiffKind.SOME if structural else DiffKind.NONE, (), detailed)
    if not new.custom:
        return plain, False
    changed = _provider_changed(old, new)
    answer: Diffed = yield Diff(new.provider, new.urn, new.type, old, new.inputs, tuple(goal.ignore_changes))
    if answer.kind is DiffKind.UNKNOWN:
        answer = replace(answer, kind=plain.kind)
    if not answer.detailed and answer.kind is DiffKind.SOME:
        answer = replace(answer, detailed=detailed)
    return answer, changed


def _provider_changed(old: ResourceState, new: ResourceState) -> bool:
    """Whether the provider itself was replaced: same name, other id. A moved or renamed provider is no change."""
    old_urn, old_id = urns.split_reference(old.provider)
    new_urn, new_id = urns.split_reference(new.provider)
    return old_urn == new_urn and old_id != new_id and not has_unknown(new_id)


def _replace_keys(run: Deployment, goal: Goal, old: ResourceState, new: ResourceState, diff: Diffed) -> tuple[str, ...]:
    keys = list(diff.replaces)
    for text in goal.replace_on_changes:
        pattern = paths.parse(text)
        keys += [key for key in diff.detailed if paths.touches(pattern, paths.parse(key))]
    if old.replacement_trigger is not None and not paths.equal(old.replacement_trigger, new.replacement_trigger):
        keys.append("replacementTrigger")
    keys += [f"replaceWith {urns.name_of(urn)}" for urn in goal.replace_with if urn in run.replaced]
    return tuple(dict.fromkeys(keys))


def _marked(detailed: dict[str, PropertyDiff], keys: tuple[str, ...]) -> dict[str, PropertyDiff]:
    patterns = [paths.parse(key) for key in keys if " " not in key]
    return {
        path: replace(
            one, replaces=one.replaces or any(paths.touches(pattern, paths.parse(path)) for pattern in patterns)
        )
        for path, one in detailed.items()
    }


def _guard(old: ResourceState, new: ResourceState) -> None:
    if old.protect and new.protect:
        message = (
            f"unable to replace resource {old.urn}: it is protected. Take `protect=True` away and run `up` first, "
            f"or run `domicile state unprotect '{old.urn}'`"
        )
        raise ProgramError(message)


def _replace_recorded(
    run: Deployment, old: ResourceState, new: ResourceState, keys: tuple[str, ...], detailed: dict[str, PropertyDiff]
) -> Registration:
    """Create the new one first; the old one is deleted at the end of the run."""
    _guard(old, new)
    run.replaced.add(new.urn)
    new.id = new.created = ""
    if new.custom:
        fresh = yield Check(new.provider, new.urn, new.type, {}, run.goals[new.urn].inputs)
        if not fresh.failures:
            new.inputs = annotate(fresh.inputs, run.goals[new.urn].inputs)
    made: ResourceState = yield Step(Op.CREATE_REPLACEMENT, new.urn, old, new, keys, detailed)
    yield Step(Op.REPLACE, new.urn, old, made, keys, detailed)
    return made


def _delete_then_create(
    run: Deployment, old: ResourceState, new: ResourceState, keys: tuple[str, ...], detailed: dict[str, PropertyDiff]
) -> Registration:
    """Delete the old one, and what depends on it, before the new one is made."""
    _guard(old, new)
    run.replaced.add(new.urn)
    for dependent in deletion.dependents_to_replace(run, old):
        if dependent.protect:
            message = f"unable to replace resource {dependent.urn}, which depends on {old.urn}: it is protected"
            raise ProgramError(message)
        if not dependent.pending_replacement:
            yield Step(Op.DELETE_REPLACED, dependent.urn, dependent, None, (), {})
            run.replaced.add(dependent.urn)
    yield Step(Op.DELETE_REPLACED, old.urn, old, None, keys, detailed)
    yield Step(Op.REPLACE, new.urn, old, new, keys, detailed)
    return (yield from _finish_pending(run, old, new))


def _finish_pending(run: Deployment, old: ResourceState, new: ResourceState) -> Registration:
    """Create what an earlier step, of this run or an interrupted one, has deleted in order to replace it."""
    new.id = new.created = ""
    run.replaced.add(new.urn)
    made: ResourceState = yield Step(Op.CREATE_REPLACEMENT, new.urn, old, new)
    return made


def _read(run: Deployment, urn: str, goal: Goal, old: ResourceState | None) -> Registration:
    new = _state(run, urn, goal, None)
    new.external, new.id = True, goal.read_id
    replaced = old is not None and (not old.external or old.id != goal.read_id)
    read: ResourceState = yield Step(Op.READ_REPLACEMENT if replaced else Op.READ, urn, old, new)
    return read


def _import(run: Deployment, new: ResourceState, goal: Goal, old: ResourceState | None) -> Registration:
    new.id = new.import_id = goal.import_id
    new.inputs = yield from _checked(new, None)
    new.inputs = yield Analyze(new)
    wanted = new.inputs
    op = Op.IMPORT if old is None or old.external else Op.IMPORT_REPLACEMENT
    read: ResourceState = yield Step(op, new.urn, old, new)
    answer: Diffed = yield Diff(new.provider, new.urn, new.type, read, wanted, tuple(goal.ignore_changes))
    if answer.kind is DiffKind.SOME:
        fields = ", ".join(sorted(answer.detailed)) or "its inputs"
        message = (
            f"inputs to import do not match the existing resource {goal.import_id}: {fields} differ. "
            "Copy its values into the program (or ignore them with ignore_changes) and run again"
        )
        raise ProgramError(message)
    read.inputs = wanted
    run.adopt(read, old)
    return read
