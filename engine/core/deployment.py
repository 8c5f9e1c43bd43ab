"""The bookkeeping of one run: what was there, what the program has asked for so far, what became of it."""

from dataclasses import replace

from engine import urn as urns
from engine.core.model import Alias, Goal, Op, Step
from engine.errors import ProgramError
from engine.state.resource import ResourceState
from engine.state.snapshot import PendingOperation, Snapshot


class Deployment:
    """One run over a stack's snapshot. Not thread-safe: its driver serialises access.

    Attributes:
        news: the resources of this run, in the order their steps ended.
        replaced: URNs of resources replaced in this run.
        deleted: resources (by identity) this run has removed.
    """

    def __init__(self, project: str, stack: str, snapshot: Snapshot, *, preview: bool) -> None:
        """Start from the recorded state."""
        self.project = project
        self.stack = stack
        self.preview = preview
        self.metadata = snapshot.metadata
        self.old_list = list(snapshot.resources)
        self.olds = {one.urn: one for one in snapshot.resources if not one.delete}
        self.news: dict[str, ResourceState] = {}
        self.goals: dict[str, Goal] = {}
        self.aliases: dict[str, list[str]] = {}
        self.taken: dict[str, str] = {}
        self.replaced: set[str] = set()
        self.deleted: set[int] = set()
        self.pending: list[PendingOperation] = []

    def claim(self, goal: Goal) -> str:
        """Give a goal its URN.

        Raises:
            ProgramError: the name is taken, or the parent is not known.
        """
        if goal.parent and goal.parent not in self.goals:
            message = f"{goal.type} '{goal.name}': its parent {goal.parent} is not registered in this run"
            raise ProgramError(message)
        urn = urns.make(self.stack, self.project, goal.parent, goal.type, goal.name)
        if urn in self.goals:
            message = (
                f"Duplicate resource URN '{urn}': two resources of type {goal.type} are named '{goal.name}' "
                "under the same parent; give one of them another name"
            )
            raise ProgramError(message)
        self.goals[urn] = goal
        self.aliases[urn] = self._alias_urns(urn, goal)
        return urn

    def old_of(self, urn: str) -> ResourceState | None:
        """The recorded resource this one continues, under its own name or an alias.

        Raises:
            ProgramError: two resources of the program claim the same recorded one.
        """
        for candidate in (urn, *self.aliases[urn]):
            old = self.olds.get(candidate)
            if old is None:
                continue
            holder = self.taken.get(candidate)
            if holder and holder != urn:
                if candidate == urn:
                    message = f"Duplicate resource: {urn} was already aliased by {holder}"
                    raise ProgramError(message)
                continue
            self.taken[candidate] = urn
            return old
        return None

    def inherited(self, goal: Goal) -> None:
        """Fill in what children take from their parents: protect, retainOnDelete, deletedWith."""
        parent = self.goals.get(goal.parent)
        if parent is None:
            return
        if goal.protect is None:
            goal.protect = parent.protect
        if goal.retain_on_delete is None:
            goal.retain_on_delete = parent.retain_on_delete
        if not goal.deleted_with:
            goal.deleted_with = parent.deleted_with

    def applied(self, step: Step, result: ResourceState | None) -> None:
        """Record what a step has done."""
        old = step.old
        if step.op in (Op.DELETE, Op.READ_DISCARD, Op.DISCARD_REPLACED, Op.REMOVE_PENDING_REPLACE):
            self.deleted.add(id(old))
        elif step.op is Op.DELETE_REPLACED and old is not None:
            if old.delete:
                self.deleted.add(id(old))
            else:
                old.pending_replacement = True
        elif step.op in (Op.CREATE_REPLACEMENT, Op.READ_REPLACEMENT) and result is not None:
            self.adopt(result, old)
        elif step.op in (Op.SAME, Op.CREATE, Op.UPDATE, Op.READ) and result is not None:
            self.news[step.urn] = result

    def adopt(self, state: ResourceState, old: ResourceState | None) -> None:
        """Put a resource in the place of the recorded one, which is deleted later unless it is gone already."""
        if old is not None and (old.pending_replacement or old.external):
            self.deleted.add(id(old))
        elif old is not None:
            old.delete = True
        self.news[state.urn] = state

    def snapshot(self) -> Snapshot:
        """The state as it is now: this run's resources first, then the recorded ones not yet reached."""
        done = {id(one) for one in self.news.values()}
        settled = self.taken.keys() & {old.urn for old in self.olds.values() if self.taken.get(old.urn) in self.news}
        rest = [
            one
            for one in self.old_list
            if id(one) not in self.deleted and id(one) not in done and (one.delete or one.urn not in settled)
        ]
        moved = {old: new for old, new in self.taken.items() if old != new and new in self.news}
        if moved:
            rest = [_renamed(one, moved) for one in rest]
        return Snapshot(_ordered([*self.news.values(), *rest]), list(self.pending), self.metadata)

    def _alias_urns(self, urn: str, goal: Goal) -> list[str]:
        found: list[str] = []
        for alias in goal.aliases:
            found.extend(self._resolve(alias, goal))
        if goal.parent:
            parent_name = urns.name_of(goal.parent)
            for parent_urn in self.aliases[goal.parent]:
                name = goal.name
                if name.startswith(parent_name):
                    name = urns.name_of(parent_urn) + name[len(parent_name) :]
                found.append(
                    urns.make(urns.stack_of(parent_urn), urns.project_of(parent_urn), parent_urn, goal.type, name)
                )
                found += [
                    urns.make(
                        urns.stack_of(parent_urn),
                        urns.project_of(parent_urn),
                        parent_urn,
                        alias.type or goal.type,
                        alias.name or name,
                    )
                    for alias in goal.aliases
                    if not alias.urn and not alias.parent_urn and not alias.no_parent
                ]
        return [one for one in dict.fromkeys(found) if one != urn]

    def _resolve(self, alias: Alias, goal: Goal) -> list[str]:
        if alias.urn:
            return [alias.urn]
        parent = "" if alias.no_parent else alias.parent_urn or goal.parent
        parents = [parent]
        if parent and not alias.no_parent:
            parents += self.aliases.get(parent, [])
        return [
            urns.make(
                alias.stack or self.stack,
                alias.project or self.project,
                one,
                alias.type or goal.type,
                alias.name or goal.name,
            )
            for one in parents
        ]


def _renamed(one: ResourceState, moved: dict[str, str]) -> ResourceState:
    """Copy a recorded resource with its references following the resources that got a new name."""
    if not one.references() & moved.keys():
        return one
    provider, _, provider_id = one.provider.rpartition("::")
    return replace(
        one,
        parent=moved.get(one.parent, one.parent),
        deleted_with=moved.get(one.deleted_with, one.deleted_with),
        dependencies=[moved.get(urn, urn) for urn in one.dependencies],
        replace_with=[moved.get(urn, urn) for urn in one.replace_with],
        property_dependencies={
            key: [moved.get(urn, urn) for urn in needs] for key, needs in one.property_dependencies.items()
        },
        provider=f"{moved.get(provider, provider)}::{provider_id}" if provider else "",
    )


def _ordered(resources: list[ResourceState]) -> list[ResourceState]:
    """Keep the order, except where a resource would stand before one it needs."""
    first: dict[str, ResourceState] = {}
    for one in resources:
        first.setdefault(one.urn, one)
    placed: set[int] = set()
    opened: set[int] = set()
    result: list[ResourceState] = []
    for start in resources:
        stack = [(start, False)]
        while stack:
            one, expanded = stack.pop()
            if id(one) in placed:
                continue
            if not expanded and id(one) in opened:
                continue
            opened.add(id(one))
            if expanded:
                placed.add(id(one))
                result.append(one)
                continue
            stack.append((one, True))
            needs = [first[urn] for urn in sorted(one.references()) if urn in first]
            stack.extend((need, False) for need in reversed(needs) if id(need) not in placed and need is not one)
    return result
