"""The file backend: Pulumi's DIY layout in a folder.

::

    <root>/.pulumi/meta.yaml
    <root>/.pulumi/stacks/<project>/<stack>.json         the checkpoint
    <root>/.pulumi/backups/<project>/<stack>/            the state before each run
    <root>/.pulumi/history/<project>/<stack>/            what each run did
    <root>/.pulumi/locks/organization/<project>/<stack>/ markers the CLI respects
    <root>/.pulumi/domicile/                             ours: OS locks, the default passphrase
"""

import contextlib
import json
import os
import secrets
import time
from collections.abc import Generator
from pathlib import Path
from urllib.parse import unquote, urlparse

from engine.clock import now
from engine.errors import StateError
from engine.state import lock, snapshot
from engine.state.files import write_atomic
from engine.state.secrets import Crypter, passphrase_from_environment
from engine.state.snapshot import Snapshot
from engine.state.written import Writer
from engine.values import Props

ENGINE_VERSION = "3.272.0"


def root_from_environment(project_root: Path) -> Path:
    """The backend's folder: PULUMI_BACKEND_URL if it is a file URL, else the project's folder.

    Raises:
        StateError: PULUMI_BACKEND_URL names a backend this engine does not serve.
    """
    url = os.environ.get("PULUMI_BACKEND_URL", "")
    if not url:
        return project_root
    parsed = urlparse(url)
    if parsed.scheme != "file":
        message = f"PULUMI_BACKEND_URL is '{url}': the embedded engine keeps state in file:// backends only"
        raise StateError(message)
    return Path(unquote(parsed.netloc + parsed.path)).expanduser().resolve()


class StackStore:
    """The stored state of one stack."""

    def __init__(self, root: Path, project: str, stack: str) -> None:
        """Name the stack; nothing is read or written yet."""
        self.project = project
        self.stack = stack
        self.home = root / ".pulumi"
        self.file = self.home / "stacks" / project / f"{stack}.json"
        self._crypter: Crypter | None = None
        self._writer = Writer()

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        """Hold the stack for one run.

        Raises:
            LockedError: another run holds it.
        """
        lock_file = self.home / "domicile" / "locks" / self.project / f"{self.stack}.lock"
        with lock.held(lock_file, self.cli_locks, self.stack):
            yield

    @property
    def cli_locks(self) -> Path:
        """The folder of the CLI's lock files."""
        return self.home / "locks" / "organization" / self.project / self.stack

    def exists(self) -> bool:
        """Whether the stack has a recorded state."""
        return self.file.exists()

    def crypter(self, salt: str | None = None) -> Crypter:
        """The stack's crypter; ``salt`` is the one of its configuration file, if it has one.

        Raises:
            StateError: the passphrase is wrong.
        """
        if self._crypter is None:
            stored = snapshot.salt_of(self._deployment()) if self.exists() else None
            self._crypter = Crypter(self._passphrase(), stored or salt)
        return self._crypter

    def load(self) -> Snapshot:
        """Read the state; a stack never deployed has an empty one.

        Raises:
            StateError: the file cannot be read, is inconsistent, or its secrets cannot be opened.
        """
        if not self.exists():
            return Snapshot()
        loaded = snapshot.from_json(self._deployment(), self.crypter())
        loaded.check()
        return loaded

    def save(self, state: Snapshot) -> None:
        """Replace the state: atomically, synced, mode 0600.

        Raises:
            StateError: it could not be written; the state before is intact, and a copy lies beside the backend.
        """
        full = f"organization/{self.project}/{self.stack}"
        document = snapshot.to_json(state, full, self.crypter(), f"v{ENGINE_VERSION}", now())
        content = self._writer.text(document).encode()
        try:
            meta = self.home / "meta.yaml"
            if not meta.exists():
                write_atomic(meta, b"version: 1\n")
            write_atomic(self.file, content)
        except OSError as error:
            rescue = _rescue(self.stack, content)
            kept = f"; the newest state was kept in {rescue}" if rescue else ""
            message = f"{self.file}: the state could not be written: {error.strerror}{kept}. The state before is intact"
            raise StateError(message) from error

    def backup(self) -> None:
        """Keep a copy of the state as it is before a run."""
        if self.exists():
            target = self.home / "backups" / self.project / self.stack / f"{self.stack}.{time.time_ns()}.json"
            write_atomic(target, self.file.read_bytes())

    def record(self, info: Props) -> None:
        """Add a run to the history."""
        base = self.home / "history" / self.project / self.stack / f"{self.stack}-{time.time_ns()}"
        write_atomic(Path(f"{base}.history.json"), json.dumps(info, indent=4).encode())
        if self.exists():
            write_atomic(Path(f"{base}.checkpoint.json"), self.file.read_bytes())

    def export(self, *, show_secrets: bool = False) -> Props:
        """The deployment as `pulumi stack export` writes it."""
        deployment = self._deployment() if self.exists() else {}
        if show_secrets:
            deployment = self.crypter().unseal(deployment, "")
        return {"version": snapshot.VERSION, "deployment": deployment}

    def restore(self, document: Props, where: str) -> None:
        """Replace the state by an export.

        Raises:
            StateError: it is not an export, inconsistent, or sealed with another passphrase.
        """
        deployment = snapshot.deployment_of(document, where)
        self._crypter = Crypter(self._passphrase(), snapshot.salt_of(deployment))
        restored = snapshot.from_json(deployment, self._crypter)
        restored.check()
        foreign = [one.urn for one in restored.resources if f":{self.stack}::{self.project}::" not in one.urn]
        if foreign:
            message = f"{where}: {foreign[0]} belongs to another stack than {self.project}/{self.stack}"
            raise StateError(message)
        self.save(restored)

    def remove(self) -> None:
        """Forget the stack; its history and backups stay.

        Raises:
            StateError: it still has resources.
        """
        if self.load().resources:
            message = f"stack '{self.stack}' still has resources: destroy it first"
            raise StateError(message)
        self.file.unlink(missing_ok=True)

    def _deployment(self) -> Props:
        try:
            document = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            message = f"{self.file}: the state cannot be read: {error}. Earlier copies lie in {self.home / 'backups'}"
            raise StateError(message) from error
        return snapshot.deployment_of(document, str(self.file))

    def _passphrase(self) -> str:
        given = passphrase_from_environment()
        if given is not None:
            return given
        path = self.home / "domicile" / "passphrase"
        if not path.exists():
            write_atomic(path, secrets.token_urlsafe(32).encode())
        return path.read_text(encoding="utf-8").strip()


def stacks(root: Path, project: str) -> list[str]:
    """The names of the project's stacks that have a state."""
    return sorted(path.stem for path in (root / ".pulumi" / "stacks" / project).glob("*.json"))


def _rescue(stack: str, content: bytes) -> Path | None:
    for folder in (Path.cwd(), Path("/tmp"), Path.home()):  # noqa: S108 a last resort, written with mode 0600
        target = folder / f"{stack}.rescued-state.json"
        try:
            write_atomic(target, content)
        except OSError:
            continue
        return target
    return None
