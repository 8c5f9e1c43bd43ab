"""Everything an operation needs, put together from a project folder: the engine's front door."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine import project as projects
from engine.errors import StateError
from engine.events import Events, Sink
from engine.operations import Setting
from engine.policy.contract import Judge
from engine.policy.judges import PackSource, Panel
from engine.program.launch import Program
from engine.project import Config, Project
from engine.providers import plugin
from engine.providers.builtin import BuiltinProvider
from engine.providers.contract import Provider
from engine.providers.registry import Registry
from engine.state import backend
from engine.state.backend import StackStore
from engine.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Session:
    """One stack of one project, ready for operations."""

    project: Project
    stack: str
    store: StackStore
    config: Config

    def setting(
        self,
        sink: Sink,
        *,
        packs: tuple[PackSource, ...] = (),
        unknowns_fail: bool = False,
        in_process: bool = False,
    ) -> Setting:
        """What the operations take. ``unknowns_fail`` makes an undetermined rule fail a preview."""

        def judge(events: Events, dry: bool) -> Judge:  # noqa: FBT001 a callback's own shape
            return Panel(packs, events, self.project.name, self.stack, preview=dry, unknowns_fail=unknowns_fail)

        return Setting(self.store, self.config, self._registry, judge, sink, in_process)

    def program(self) -> Program:
        """The project's program."""
        return Program(
            self.project.main,
            self.project.root,
            self.project.name,
            self.stack,
            config=self.config.values,
            secret_keys=self.config.secret_keys,
            python=self.project.python or Path(sys.executable),
        )

    def _registry(self) -> Registry:
        def kubernetes() -> Provider:
            from engine.providers.kubernetes.provider import KubernetesProvider

            return KubernetesProvider()

        def random() -> Provider:
            from engine.providers.random import RandomProvider

            return RandomProvider()

        def dynamic() -> Provider:
            return plugin.start_dynamic(self.project.name, self.stack, self.project.python)

        factories: dict[str, Callable[[], Provider]] = {
            "kubernetes": kubernetes,
            "random": random,
            plugin.DYNAMIC: dynamic,
        }

        def installed(package: str, version: str) -> Provider | None:
            command = None if package in factories else plugin.find(package, version)
            return plugin.PluginProvider(package, command) if command else None

        return Registry(factories, installed, BuiltinProvider(self.project.name, self._other))

    def _other(self, project: str, stack: str) -> Snapshot:
        store = StackStore(self.store.home.parent, project, stack)
        if not store.exists():
            message = f"stack reference '{project}/{stack}': no such stack in {self.store.home}"
            raise StateError(message)
        return store.load()


def open_session(folder: Path, stack: str, *, overrides: dict[str, str] | None = None) -> Session:
    """Open a stack of the project around ``folder``; ``overrides`` win over its configuration file.

    Raises:
        EngineError: the project, its configuration or its state cannot be used.
    """
    project = projects.load(folder)
    store = StackStore(backend.root_from_environment(project.root), project.name, stack)
    salt = projects.salt(project, stack)
    if store.exists() or salt:
        try:
            store.crypter(salt)  # a wrong passphrase is told now; a new stack derives its key when it needs one
        except StateError as error:
            where = store.file if store.exists() else project.stack_file(stack)
            message = f"{where}: {error}"
            raise StateError(message) from error
    config = projects.load_config(project, stack, lambda: store.crypter(salt))
    merged = Config({**config.values, **(overrides or {})}, config.secret_keys)
    return Session(project, stack, store, merged)
