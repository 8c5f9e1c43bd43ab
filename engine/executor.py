"""Carries out what the state machine asks for: calls providers, keeps the state on disk true, tells what happens."""

import threading
import traceback
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from engine import urn as urns
from engine.clock import now
from engine.core.deployment import Deployment
from engine.core.model import Analyze, Check, Checked, Diff, Diffed, DiffKind, Effect, Op, Step
from engine.errors import CancelledError, EngineError, PartialFailureError
from engine.events import Events
from engine.policy.contract import Judge
from engine.providers.contract import Found, Subject
from engine.providers.registry import Registry
from engine.state import snapshot as snapshots
from engine.state.resource import ResourceState
from engine.state.snapshot import PendingOperation, Snapshot
from engine.values import UNKNOWN, Props, annotate, has_unknown, reveal, secret, secret_strings

T = TypeVar("T")

_PENDING = {
    Op.CREATE: snapshots.CREATING,
    Op.CREATE_REPLACEMENT: snapshots.CREATING,
    Op.UPDATE: snapshots.UPDATING,
    Op.DELETE: snapshots.DELETING,
    Op.DELETE_REPLACED: snapshots.DELETING,
    Op.READ: snapshots.READING,
    Op.READ_REPLACEMENT: snapshots.READING,
    Op.IMPORT: snapshots.IMPORTING,
    Op.IMPORT_REPLACEMENT: snapshots.IMPORTING,
}


class Executor:
    """Drives generators of effects to their end. Several threads may drive at once."""

    def __init__(
        self, run: Deployment, registry: Registry, events: Events, judge: Judge, save: Callable[[Snapshot], None]
    ) -> None:
        """``save`` stores a snapshot durably; it is not called in a preview."""
        self.run = run
        self.registry = registry
        self.events = events
        self.judge = judge
        self.changes: Counter[str] = Counter()
        self.failed = False
        self._save = save
        self._lock = threading.RLock()
        self._save_lock = threading.Lock()
        self._version = 0
        self._saved = 0
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._flying = 0

    def stop(self) -> None:
        """Begin nothing new. Changes in flight go on to their end; waits for readiness are given up."""
        self._stopping.set()
        threading.Thread(target=self.registry.stop_waiting, daemon=True).start()

    def settle(self) -> None:
        """Wait until nothing is in flight."""
        with self._idle:
            self._idle.wait_for(lambda: self._flying == 0)

    @property
    def stopped(self) -> bool:
        """Whether nothing new is begun any more."""
        return self._stopping.is_set()

    def drive(self, effects: Generator[Effect, Any, T]) -> T:
        """Run a generator to its end.

        Raises:
            EngineError: what the generator or an effect has raised.
        """
        with self._idle:
            self._flying += 1
        try:
            return self._drive(effects)
        finally:
            with self._idle:
                self._flying -= 1
                self._idle.notify_all()

    def _drive(self, effects: Generator[Effect, Any, T]) -> T:
        answer: Any = None
        error: EngineError | None = None
        while True:
            try:
                with self._lock:
                    effect = effects.throw(error) if error else effects.send(answer)
            except StopIteration as end:
                return end.value
            error = None
            try:
                answer = self.perform(effect)
            except EngineError as raised:
                error = raised
            except Exception as bug:  # noqa: BLE001 a provider may raise anything; the run must end well
                error = _defect(bug)

    def perform(self, effect: Effect) -> Any:
        """Carry out one effect and return its answer."""
        if self.stopped:
            message = "the run was interrupted"
            raise CancelledError(message)
        match effect:
            case Check():
                return self._check(effect)
            case Diff():
                return self._diff(effect)
            case Analyze():
                return self._analyze(effect)
            case Step():
                return self.step(effect)

    def step(self, step: Step) -> ResourceState | None:
        """Carry out one step: announce it, record that it has begun, do it, record what came of it.

        Raises:
            EngineError: the step failed; the state holds what is known.
        """
        self.events.hide(secret_strings([step.state.inputs, step.state.outputs]))
        self.events.before(step, planning=self.run.preview)
        pending = self._begin(step)
        try:
            result = self._apply(step)
        except PartialFailureError as partial:
            self._keep_partial(step, partial, pending)
            self.events.failed(step)
            raise
        except Exception as error:
            with self._lock:
                self.failed = True
                self._end(pending)
            self.events.failed(step)
            self.persist()
            if isinstance(error, EngineError):
                raise
            raise _defect(error) from error
        with self._lock:
            self._end(pending)
            self.run.applied(step, result)
            self.changes[str(step.op)] += 1
        if result is not None:
            self.events.hide(secret_strings(result.outputs))
            step.new = result
        if pending or step.op not in (Op.SAME, Op.REPLACE):
            self.persist(wait=pending is not None)
        self.events.after(step, planning=self.run.preview)
        return result

    def persist(self, *, wait: bool = True) -> None:
        """Store the state as it is; concurrent calls are served by one write."""
        if self.run.preview:
            return
        with self._lock:
            self._version += 1
            wanted = self._version
        if not wait:
            return
        with self._save_lock:
            if self._saved >= wanted:
                return
            with self._lock:
                version, state = self._version, self.run.snapshot()
            self._save(state)
            self._saved = version

    def _begin(self, step: Step) -> PendingOperation | None:
        kind = _PENDING.get(step.op)
        if kind is None or not step.state.custom or self.run.preview or urns.is_provider(step.state.type):
            return None
        pending = PendingOperation(replace(step.state), kind)
        with self._lock:
            self.run.pending.append(pending)
        self.persist()
        return pending

    def _end(self, pending: PendingOperation | None) -> None:
        if pending is not None:
            self.run.pending.remove(pending)

    def _keep_partial(self, step: Step, partial: PartialFailureError, pending: PendingOperation | None) -> None:
        state = step.state
        state.id = partial.id
        state.outputs = annotate(partial.outputs, state.inputs)
        state.init_errors = partial.reasons
        state.created = state.created or now()
        state.modified = now()
        with self._lock:
            self.failed = True
            self._end(pending)
            self.run.applied(step, state)
        self.persist()

    def _check(self, ask: Check) -> Checked:
        subject = self._subject(ask.urn, ask.type)
        if urns.is_provider(ask.type):
            return self.registry.check_config(subject, ask.olds, ask.news)
        provider = self.registry.of(ask.provider, ask.type)
        if provider is None:
            return Checked(ask.news)
        return provider.check(subject, reveal(ask.olds), reveal(ask.news))

    def _diff(self, ask: Diff) -> Diffed:
        subject = replace(self._subject(ask.urn, ask.type), id=ask.old.id, ignore_changes=ask.ignore_changes)
        if urns.is_provider(ask.type):
            return self.registry.diff_config(subject, ask.old.inputs, ask.news)
        provider = self.registry.of(ask.provider, ask.type)
        if provider is None:
            return Diffed(DiffKind.UNKNOWN)
        return provider.diff(subject, reveal(ask.old.inputs), reveal(ask.old.outputs), reveal(ask.news))

    def _analyze(self, ask: Analyze) -> Props:
        provider = self.run.news.get(urns.split_reference(ask.state.provider)[0])
        inputs = self.judge.remediate(ask.state, provider)
        self.judge.analyze(replace(ask.state, inputs=inputs), provider)
        return inputs

    def subject(self, type_: str, id_: str) -> Subject:
        """A subject for looking up what the stack does not own."""
        return Subject("", type_, type_, id_, preview=self.run.preview)

    def _subject(self, urn: str, type_: str) -> Subject:
        return Subject(urn, type_, urns.name_of(urn), preview=self.run.preview)

    def _apply(self, step: Step) -> ResourceState | None:
        match step.op:
            case Op.SAME:
                return self._same(step)
            case Op.CREATE | Op.CREATE_REPLACEMENT:
                return self._create(step)
            case Op.UPDATE:
                return self._update(step)
            case Op.DELETE | Op.DELETE_REPLACED:
                return self._delete(step)
            case Op.READ | Op.READ_REPLACEMENT | Op.IMPORT | Op.IMPORT_REPLACEMENT:
                return self._read(step)
            case _:
                return None

    def _same(self, step: Step) -> ResourceState:
        state = step.state
        if urns.is_provider(state.type):
            self.registry.configure(state.urn, state.type, state.inputs)
        return state

    def _create(self, step: Step) -> ResourceState:
        state = step.state
        state.created = state.modified = now()
        if not state.custom:
            return state
        if urns.is_provider(state.type):
            fresh = self.registry.configure(state.urn, state.type, state.inputs)
            state.id = UNKNOWN if self.run.preview else fresh
            state.outputs = {key: value for key, value in state.inputs.items() if key != "__internal"}
            return state
        provider = self.registry.of(state.provider, state.type)
        if provider is None:
            state.outputs = dict(state.inputs)
            return state
        made = provider.create(self._timed(state, "create"), reveal(state.inputs))
        state.id = made.id
        state.outputs = self._secret_outputs(state, made.outputs)
        return state

    def _update(self, step: Step) -> ResourceState:
        state, old = step.state, step.old
        state.modified = now()
        if not state.custom or old is None:
            return state
        if urns.is_provider(state.type):
            self.registry.configure(state.urn, state.type, state.inputs)
            state.outputs = {key: value for key, value in state.inputs.items() if key != "__internal"}
            return state
        provider = self.registry.of(state.provider, state.type)
        if provider is None:
            state.outputs = {**old.outputs, **state.inputs}
            return state
        outputs = provider.update(
            self._timed(state, "update"), reveal(old.inputs), reveal(old.outputs), reveal(state.inputs)
        )
        state.outputs = self._secret_outputs(state, outputs)
        return state

    def _delete(self, step: Step) -> None:
        state = step.state
        if self.run.preview or not state.custom or state.retain_on_delete or urns.is_provider(state.type):
            return
        if state.deleted_with and self._goes_too(state.deleted_with):
            return
        provider = self.registry.of(state.provider, state.type)
        if provider is not None:
            provider.delete(self._timed(state, "delete"), reveal(state.inputs), reveal(state.outputs))

    def _goes_too(self, urn: str) -> bool:
        return urn not in self.run.news

    def _read(self, step: Step) -> ResourceState:
        state = step.state
        if has_unknown(state.id):
            state.outputs = {}
            return state
        provider = self.registry.of(state.provider, state.type)
        if provider is None:
            return state
        found = provider.read(self._timed(state, "read"), reveal(state.inputs), {})
        if found is None:
            message = f"{state.type} '{urns.name_of(state.urn)}': resource '{state.id}' does not exist"
            raise EngineError(message)
        return self.found(state, found)

    def found(self, state: ResourceState, found: Found) -> ResourceState:
        """Fill a state with what a read has found."""
        state.id = found.id
        if step_inputs := found.inputs:
            state.inputs = annotate(step_inputs, state.inputs)
        state.outputs = self._secret_outputs(state, found.outputs)
        state.created = state.created or now()
        state.modified = now()
        return state

    def _timed(self, state: ResourceState, action: str) -> Subject:
        subject = self._subject(state.urn, state.type)
        return replace(
            subject,
            id=state.id,
            timeout_s=state.custom_timeouts.get(action),
            ignore_changes=tuple(state.ignore_changes),
        )

    def _secret_outputs(self, state: ResourceState, outputs: Props) -> Props:
        marked = annotate(outputs, state.inputs)
        for key in state.additional_secret_outputs:
            if key in marked:
                marked[key] = secret(marked[key])
        return marked


def _defect(error: Exception) -> EngineError:
    """An exception no contract names: told as what it is, with the place it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return EngineError(f"internal error: {type(error).__name__}: {error}{place}")
