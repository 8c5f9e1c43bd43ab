"""What has to go, and in which order."""

from graphlib import TopologicalSorter

from engine.core.deployment import Deployment
from engine.core.model import Op, Step
from engine.errors import ProgramError
from engine.state.resource import ResourceState


def dependents_to_replace(run: Deployment, root: ResourceState) -> list[ResourceState]:
    """The recorded resources that need ``root``, the furthest first, not yet reached in this run."""
    gone = {root.urn}
    found: list[ResourceState] = []
    for one in run.old_list:
        if one.delete or one is root or not one.custom or run.taken.get(one.urn) in run.news:
            continue
        needs = {urn for urns in one.property_dependencies.values() for urn in urns} | set(one.dependencies)
        if needs & gone:
            gone.add(one.urn)
            found.append(one)
    return found[::-1]


def leftovers(run: Deployment) -> list[Step]:
    """The deletions at the end of a run: replaced resources, and those the program no longer asks for.

    Raises:
        ProgramError: one of them is protected.
    """
    kept = set(run.taken)
    steps: list[Step] = []
    for one in reversed(run.old_list):
        if id(one) in run.deleted:
            continue
        if one.delete:
            steps.append(Step(Op.DISCARD_REPLACED if one.external else Op.DELETE_REPLACED, one.urn, one))
        elif one.urn not in kept:
            steps.append(_removal(one))
    _refuse_protected(steps)
    return steps


def everything(run: Deployment) -> list[Step]:
    """The deletions of a destroy.

    Raises:
        ProgramError: a resource is protected.
    """
    steps = [_removal(one) for one in reversed(run.old_list)]
    _refuse_protected(steps)
    return steps


def _removal(one: ResourceState) -> Step:
    if one.pending_replacement:
        return Step(Op.REMOVE_PENDING_REPLACE, one.urn, one)
    if one.external:
        return Step(Op.READ_DISCARD, one.urn, one)
    return Step(Op.DELETE, one.urn, one)


def _refuse_protected(steps: list[Step]) -> None:
    held = [step.urn for step in steps if step.op is Op.DELETE and step.state.protect]
    if held:
        names = "\n".join(f"  {urn}" for urn in held)
        message = (
            f"these resources are protected and cannot be deleted:\n{names}\n"
            "Take `protect=True` away and run `up` first, or run `domicile state unprotect <urn>`"
        )
        raise ProgramError(message)


def waits(steps: list[Step]) -> TopologicalSorter[int]:
    """Order deletions so that a resource goes after everything that needs it; nodes are indices into ``steps``."""
    by_urn: dict[str, list[int]] = {}
    for index, step in enumerate(steps):
        by_urn.setdefault(step.urn, []).append(index)
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for index, step in enumerate(steps):
        sorter.add(index)
        for urn in step.state.references():
            for needed in by_urn.get(urn, []):
                if needed > index:
                    sorter.add(needed, index)
    return sorter
