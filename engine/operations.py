"""The operations on a stack: preview, up, refresh, destroy."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

from engine import paths
from engine import urn as urns
from engine.clock import now
from engine.core import deletion
from engine.core.deployment import Deployment
from engine.core.model import Op, PropertyDiff, Step
from engine.errors import CancelledError, EngineError, ProgramError, StateError
from engine.events import Events, Sink
from engine.executor import Executor
from engine.monitor import Engine, Monitor
from engine.policy.contract import Judge
from engine.program.launch import Program, Running, run_in_process
from engine.project import Config
from engine.providers.contract import Subject
from engine.providers.registry import Registry
from engine.state import snapshot as snapshots
from engine.state.backend import StackStore
from engine.state.resource import ResourceState
from engine.state.snapshot import Snapshot
from engine.values import Props, annotate, reveal

PARALLEL = 16


@dataclass(frozen=True, slots=True)
class Setting:
    """What an operation works with. ``registry`` and ``judge`` are made for each run, which may be dry."""

    store: StackStore
    config: Config
    registry: Callable[[bool], Registry]
    judge: Callable[[Events, bool], Judge]
    sink: Sink
    in_process: bool = False
    parallel: int = PARALLEL


@dataclass(frozen=True, slots=True)
class Result:
    """How an operation ended."""

    ok: bool
    changes: dict[str, int]
    outputs: Props
    seconds: float
    error: str = ""
    cancelled: bool = False


def run(kind: str, setting: Setting, program: Program) -> Result:
    """Carry out the operation of a name: preview, up, refresh or destroy; the last two need no program."""
    match kind:
        case "preview":
            return preview(setting, program)
        case "up":
            return up(setting, program)
        case "refresh":
            return refresh(setting)
        case _:
            return destroy(setting)


def preview(setting: Setting, program: Program) -> Result:
    """Tell what `up` would do; changes nothing."""
    return _operate(setting, "preview", program, dry=True)


def up(setting: Setting, program: Program) -> Result:
    """Bring the stack to what the program asks for."""
    return _operate(setting, "update", program, dry=False)


def refresh(setting: Setting) -> Result:
    """Bring the state to what is really there."""
    return _operate(setting, "refresh", None, dry=False)


def destroy(setting: Setting) -> Result:
    """Delete every resource of the stack."""
    return _operate(setting, "destroy", None, dry=False)


def _operate(setting: Setting, kind: str, program: Program | None, *, dry: bool) -> Result:
    events = Events(setting.sink)
    started = time.monotonic()
    holding = contextlib.nullcontext() if dry else setting.store.locked()
    with holding:
        events.hide({setting.config.values[key] for key in setting.config.secret_keys})
        events.prelude(setting.config.masked())
        snapshot = setting.store.load()
        if not dry:
            setting.store.backup()
        run = Deployment(setting.store.project, setting.store.stack, snapshot, preview=dry)
        registry = setting.registry(dry)
        registry.remember(snapshot.resources)
        judge = setting.judge(events, dry)
        executor = Executor(run, registry, events, judge, setting.store.save)
        try:
            error = _body(setting, kind, program, executor, snapshot)
        finally:
            judge.close()
            registry.close()
        seconds = time.monotonic() - started
        cancelled = isinstance(error, CancelledError)
        if error is not None and str(error):
            events.diagnose("error", str(error))
        events.summary(dict(executor.changes), seconds, judge.packs())
        events.cancelled()
        final = run.snapshot()
        if not dry:
            _record(setting, kind, executor, ok=error is None)
        return Result(error is None, dict(executor.changes), final.outputs(), seconds, str(error or ""), cancelled)


def _body(
    setting: Setting, kind: str, program: Program | None, executor: Executor, snapshot: Snapshot
) -> EngineError | None:
    running = Running()
    with _interruptible(executor, running):
        try:
            _resume(executor, snapshot)
            if program is not None:
                _run_program(setting, program, executor, running)
            elif kind == "refresh":
                _refresh(executor, snapshot)
            else:
                _delete_all(executor, deletion.everything(executor.run), setting.parallel)
        except EngineError as error:
            failure: EngineError | None = error
        else:
            failure = None
        executor.settle()
        if not executor.run.preview:
            try:
                executor.persist()
            except StateError as unsaved:
                failure = unsaved
    return failure


def _resume(executor: Executor, snapshot: Snapshot) -> None:
    """Settle operations that an interrupted run had begun, by asking what became of them."""
    for pending in snapshot.pending:
        recorded = snapshot.find(pending.resource.urn)
        if pending.type == snapshots.CREATING and (recorded is None or recorded.pending_replacement):
            _resume_create(executor, pending.resource)
        elif pending.type in (snapshots.DELETING, snapshots.UPDATING):
            for state in [one for one in executor.run.old_list if one.urn == pending.resource.urn and one.id]:
                _resume_change(executor, state)


def _resume_create(executor: Executor, state: ResourceState) -> None:
    """Take over what was created; where its id cannot be known, say so."""
    name = f"{state.type} '{urns.name_of(state.urn)}'"
    provider = executor.registry.of(state.provider, state.type)
    subject = Subject(state.urn, state.type, urns.name_of(state.urn))
    candidate = provider.expected_id(subject, reveal(state.inputs)) if provider is not None else ""
    if provider is None or not candidate:
        text = (
            f"an interrupted run was creating {name}; whether it exists is not known. If it does, delete or import it"
        )
        executor.events.diagnose("warning", text, state.urn)
        return
    found = provider.read(replace(subject, id=candidate), reveal(state.inputs), {})
    if found is None:
        return
    adopted = replace(state, id=found.id, outputs=annotate(found.outputs, state.inputs), modified=now())
    executor.run.old_list.append(adopted)
    executor.run.olds[adopted.urn] = adopted
    executor.events.diagnose("info", f"{name} had been created by an interrupted run and was taken over", state.urn)


def _resume_change(executor: Executor, state: ResourceState) -> None:
    """Bring a recorded resource to what is there after an update or a deletion that may have happened."""
    run = executor.run
    provider = executor.registry.of(state.provider, state.type)
    if provider is None:
        return
    subject = Subject(state.urn, state.type, urns.name_of(state.urn), state.id)
    found = provider.read(subject, reveal(state.inputs), reveal(state.outputs))
    if found is None:
        run.old_list[:] = [one for one in run.old_list if one is not state]
        if run.olds.get(state.urn) is state:
            del run.olds[state.urn]
        return
    state.inputs = annotate(found.inputs, state.inputs) if found.inputs else state.inputs
    state.outputs = annotate(found.outputs, state.outputs)


def _run_program(setting: Setting, program: Program, executor: Executor, running: Running) -> None:
    disabled = setting.config.values.get("pulumi:disable-default-providers", "")
    names = frozenset(part.strip('[]" ') for part in disabled.split(",")) - {""}
    monitor = Monitor(executor, setting.config, disabled_defaults=names)
    engine = Engine(executor)
    preview_run = executor.run.preview

    def line(severity: str, text: str) -> None:
        executor.events.diagnose("info" if severity == "info" else "info#err", text)

    if setting.in_process:
        code = run_in_process(program, monitor, engine, preview=preview_run)
    else:
        code = running.run(program, monitor, engine, line, preview=preview_run)
    if monitor.failure is not None:
        raise monitor.failure
    if executor.stopped:
        message = "interrupted: what was in flight has ended and is in the state; run `up` again to go on"
        raise CancelledError(message)
    if code != 0:
        message = "" if engine.errors else f"the program ended with exit code {code} and said nothing"
        raise ProgramError(message or "the program failed; its message stands above")
    executor.judge.analyze_stack(list(executor.run.news.values()))
    _delete_all(executor, deletion.leftovers(executor.run), setting.parallel)
    executor.judge.conclude()


def _delete_all(executor: Executor, steps: list[Step], parallel: int) -> None:
    """Delete in parallel, each resource after everything that needs it."""
    order = deletion.waits(steps)
    order.prepare()
    failures: list[EngineError] = []
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        flying: dict[Future[Any], int] = {}
        while order.is_active():
            if not failures and not executor.stopped:
                for index in order.get_ready():
                    flying[pool.submit(executor.step, steps[index])] = index
            if not flying:
                break
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                index = flying.pop(future)
                error = future.exception()
                if error is None:
                    order.done(index)
                elif isinstance(error, EngineError):
                    failures.append(error)
                else:
                    raise error
    if failures:
        raise failures[0]
    if executor.stopped:
        message = "interrupted: what was in flight has ended and is in the state; run again to go on"
        raise CancelledError(message)


def _refresh(executor: Executor, snapshot: Snapshot) -> None:
    """Read every resource the stack owns; what is gone leaves the state, what differs is taken over."""
    run = executor.run
    for state in snapshot.resources:
        if state.delete:
            continue
        fresh = replace(state)
        step = Step(Op.REFRESH, state.urn, state, fresh)
        executor.events.before(step, planning=False)
        if state.custom and not urns.is_provider(state.type) and not state.pending_replacement:
            _refresh_one(executor, state, fresh, step)
        else:
            run.news[state.urn] = fresh
            executor.changes[str(Op.SAME)] += 1
        run.taken[state.urn] = state.urn
        executor.events.after(step, planning=False)
        if executor.stopped:
            message = "interrupted: the state holds what was read so far"
            raise CancelledError(message)


def _refresh_one(executor: Executor, state: ResourceState, fresh: ResourceState, step: Step) -> None:
    provider = executor.registry.of(state.provider, state.type)
    found = (
        provider.read(
            Subject(state.urn, state.type, urns.name_of(state.urn), state.id),
            reveal(state.inputs),
            reveal(state.outputs),
        )
        if provider
        else None
    )
    if found is None:
        step.new = None
        executor.run.deleted.add(id(state))
        executor.changes[str(Op.DELETE)] += 1
        return
    fresh.inputs = annotate(found.inputs, state.inputs) if found.inputs else state.inputs
    fresh.outputs = annotate(found.outputs, state.outputs)
    fresh.init_errors = []
    changes = paths.difference(state.outputs, fresh.outputs)
    if changes:
        fresh.modified = now()
        step.detailed = {paths.render(change.path): PropertyDiff(change.kind, input_diff=False) for change in changes}
        executor.changes[str(Op.UPDATE)] += 1
    else:
        executor.changes[str(Op.SAME)] += 1
    executor.run.news[state.urn] = fresh


@contextlib.contextmanager
def _interruptible(executor: Executor, running: Running) -> Generator[None]:
    """First interrupt: begin nothing new. Second: end the program and leave at once; begun operations stay recorded."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    count = 0

    def interrupt(_signal: int, _frame: object) -> None:
        nonlocal count
        count += 1
        if count == 1:
            executor.stop()
            executor.events.diagnose("warning", "interrupted: finishing what is in flight; once more to abort")
            threading.Thread(target=_let_program_end, args=(running,), daemon=True).start()
        else:
            running.kill()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _let_program_end(running: Running) -> None:
    time.sleep(10)
    running.kill()


def _record(setting: Setting, kind: str, executor: Executor, *, ok: bool) -> None:
    info: Props = {
        "kind": kind,
        "startTime": int(time.time()),
        "message": "",
        "environment": {},
        "config": {
            key: {"string": "[secret]" if key in setting.config.secret_keys else value}
            for key, value in setting.config.values.items()
        },
        "result": "succeeded" if ok else "failed",
        "endTime": int(time.time()),
        "resourceChanges": dict(executor.changes),
    }
    with contextlib.suppress(OSError):
        setting.store.record(info)
