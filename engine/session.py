"""Everything an operation needs, put together from a project folder: the engine's front door."""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine import project as projects
from engine.errors import StateError
from engine.events import Events, Sink
from engine.operations import Setting
from engine.policy.contract import Judge
from engine.policy.judges import PackSource, Panel
from engine.program.launch import Program
from engine.project import Config, Project, Sealed
from engine.providers import plugin
from engine.providers.builtin import BuiltinProvider
from engine.providers.contract import Provider
from engine.providers.registry import Mode, Registry, Sources
from engine.state import backend
from engine.state.backend import StackStore
from engine.state.snapshot import Snapshot

if TYPE_CHECKING:
    from engine.providers.offline.shared import Offline

REHEARSALS = Path(".pulumi") / "domicile" / "rehearsal"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A run against offline clouds, with a state of its own; ``faults`` are what goes wrong (see offline.faults)."""

    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """One stack of one project, ready for operations."""

    project: Project
    stack: str
    store: StackStore
    config: Config
    rehearsal: Rehearsal | None = None
    offline: bool = False

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

        def registry(dry: bool) -> Registry:  # noqa: FBT001 as above
            return self.registry(dry=dry)

        return Setting(self.store, self.config, registry, judge, sink, in_process)

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
            runtime=self.project.runtime,
        )

    def registry(self, *, dry: bool) -> Registry:
        """The providers of one run."""

        def kubernetes() -> Provider:
            from engine.providers.kubernetes.provider import KubernetesProvider

            return KubernetesProvider()

        def random() -> Provider:
            from engine.providers.random import RandomProvider

            return RandomProvider()

        def dynamic() -> Provider:
            return plugin.start_dynamic(self.project.name, self.stack, self.project.python)

        def installed(package: str, version: str) -> Provider | None:
            folder = self.project.packages.get(package)
            if folder is not None:
                here = plugin.hosted(folder, made.engine)
                return plugin.PluginProvider(package, here, folder=self.project.root)
            command = plugin.find(package, version)
            return plugin.PluginProvider(package, command) if command else None

        factories: dict[str, Callable[[], Provider]] = {
            "kubernetes": kubernetes,
            "random": random,
            plugin.DYNAMIC: dynamic,
        }
        builtin = BuiltinProvider(self.project.name, self._other, self._planned)
        local = frozenset({"random", plugin.DYNAMIC, *self.project.packages})
        made = Registry(Sources(factories, installed, self._clouds(), builtin, local), self._mode(dry))
        return made

    def _mode(self, dry: bool) -> Mode:  # noqa: FBT001 as above
        if self.rehearsal:
            return Mode.REHEARSAL
        if not dry:
            return Mode.REAL
        return Mode.OFFLINE if self.offline else Mode.PREVIEW

    def _clouds(self) -> Callable[[str], Provider | None]:
        """Makes the offline providers of one run: they share what was made, what was seen, and the faults."""

        @functools.cache
        def shared() -> "Offline":
            from engine.providers.offline.shared import Offline

            if self.rehearsal is None:
                return Offline(None)
            return Offline(self.store.home / "clouds.sqlite", self.rehearsal.faults)

        def make(package: str) -> Provider | None:
            from engine.providers.offline import sdk

            return shared().provider(package) if sdk.installed(package) else None

        return make

    def _planned(self, project: str, stack: str) -> bool:
        store = StackStore(self.store.home.parent, project, stack)
        return project == self.project.name and not store.exists() and self.project.stack_file(stack).exists()

    def _other(self, project: str, stack: str) -> Snapshot:
        store = StackStore(self.store.home.parent, project, stack)
        if not store.exists():
            flag = " --rehearse" if self.rehearsal else ""
            message = (
                f"stack reference '{project}/{stack}': no such stack in {self.store.home}; "
                f"bring it up first: `domicile up -s {stack}{flag}`"
            )
            raise StateError(message)
        return store.load()


def open_session(
    folder: Path,
    stack: str,
    *,
    overrides: dict[str, str] | None = None,
    rehearsal: Rehearsal | None = None,
    offline: bool = False,
    state: Path | None = None,
    sealed: bool = False,
) -> Session:
    """Open a stack of the project around ``folder``; ``overrides`` win over its configuration file.

    ``offline`` previews ask neither clouds nor clusters. ``state`` is where states are, if not where they usually are.
    With ``sealed`` no secret of the configuration is opened: programs get a mask in its place.

    Raises:
        EngineError: the project, its configuration or its state cannot be used.
    """
    project = projects.load(folder)
    root = state or backend.root_from_environment(project.root)
    store = StackStore(root / REHEARSALS if rehearsal else root, project.name, stack)
    salt = projects.salt(project, stack)
    if (store.exists() or salt) and not sealed:
        try:
            store.crypter(salt)  # a wrong passphrase is told now; a new stack derives its key when it needs one
        except StateError as error:
            where = store.file if store.exists() else project.stack_file(stack)
            message = f"{where}: {error}"
            raise StateError(message) from error
    config = projects.load_config(project, stack, Sealed if sealed else lambda: store.crypter(salt))
    merged = Config({**config.values, **(overrides or {})}, config.secret_keys)
    return Session(project, stack, store, merged, rehearsal, offline)
