"""Pulumi.yaml and a stack's configuration file, read as Pulumi reads them."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import documents
from engine.errors import ProjectError
from engine.state.secrets import Crypter
from engine.values import Props, is_list, is_map

NAME = re.compile(r"^[A-Za-z0-9_.-]{1,100}$")


@dataclass(frozen=True, slots=True)
class Project:
    """A Pulumi project. ``main`` is the program file; ``config_dir`` holds the stacks' configuration files."""

    name: str
    root: Path
    main: Path
    config_dir: Path
    python: Path | None
    defaults: Props

    def stack_file(self, stack: str) -> Path:
        """The configuration file of a stack."""
        return self.config_dir / f"Pulumi.{stack}.yaml"

    def stacks(self) -> list[str]:
        """The stacks that have a configuration file."""
        return sorted(path.name[len("Pulumi.") : -len(".yaml")] for path in self.config_dir.glob("Pulumi.*.yaml"))


@dataclass(frozen=True, slots=True)
class Config:
    """A stack's configuration, with secrets opened; ``secret_keys`` name them. Keys are ``<namespace>:<name>``."""

    values: dict[str, str]
    secret_keys: tuple[str, ...]

    def masked(self) -> dict[str, str]:
        """The configuration without its secrets, for people and events."""
        return {key: "[secret]" if key in self.secret_keys else value for key, value in self.values.items()}


def load(folder: Path) -> Project:
    """Read the project that contains ``folder``.

    Raises:
        ProjectError: there is none, or its file cannot be used; names file, line and remedy.
    """
    file = _find(folder)
    document = _read(file)
    name = document.get("name")
    if not isinstance(name, str) or not NAME.match(name):
        message = f"{file}: name: a project needs a name of letters, digits, '_', '.' or '-'; found {name!r}"
        raise ProjectError(message)
    runtime = document.get("runtime")
    kind = runtime.get("name") if is_map(runtime) else runtime
    if kind != "python":
        message = f"{file}: runtime: the embedded engine runs python programs; found {kind!r}. Use --engine pulumi"
        raise ProjectError(message)
    defaults = document.get("config")
    options: Any = runtime.get("options") if is_map(runtime) else None
    root = file.parent
    return Project(
        name=name,
        root=root,
        main=_program(file, root, str(document.get("main") or ".")),
        config_dir=root / str(document.get("stackConfigDir") or "."),
        python=_interpreter(root, options if is_map(options) else {}),
        defaults=defaults if is_map(defaults) else {},
    )


def load_config(project: Project, stack: str, crypter: Callable[[], Crypter]) -> Config:
    """Read a stack's configuration, with the project's defaults below it; ``crypter`` is asked for by secrets only.

    Raises:
        ProjectError: the file cannot be used; names file, key and remedy.
        StateError: a secret cannot be opened.
    """
    values: dict[str, str] = {}
    hidden: list[str] = []
    for key, entry in project.defaults.items():
        default = entry.get("value", entry.get("default")) if is_map(entry) else entry
        if default is not None:
            values[_full(project, key)] = _text(default)
    file = project.stack_file(stack)
    document = _read(file) if file.exists() else {}
    config: Any = document.get("config") or {}
    if not is_map(config):
        message = f"{file}: config: must map keys to values"
        raise ProjectError(message)
    for key, entry in config.items():
        name = _full(project, key)
        if is_map(entry) and set(entry) == {"secure"}:
            values[name] = crypter().decrypt(str(entry["secure"]))
            hidden.append(name)
        else:
            values[name] = _text(entry)
    return Config(values, tuple(hidden))


def salt(project: Project, stack: str) -> str | None:
    """The encryption salt in a stack's configuration file.

    Raises:
        ProjectError: the file cannot be read.
    """
    file = project.stack_file(stack)
    found = _read(file).get("encryptionsalt") if file.exists() else None
    return str(found) if found else None


def _read(file: Path) -> Props:
    try:
        return documents.read_map(file)
    except documents.DocumentError as error:
        raise ProjectError(str(error)) from error


def _find(folder: Path) -> Path:
    for candidate in (folder.resolve(), *folder.resolve().parents):
        for name in ("Pulumi.yaml", "Pulumi.yml"):
            if (candidate / name).is_file():
                return candidate / name
    message = f"{folder}: no Pulumi.yaml here or above; run this inside a project, or name one with --cwd"
    raise ProjectError(message)


def _program(file: Path, root: Path, main: str) -> Path:
    target = root / main
    found = target / "__main__.py" if target.is_dir() else target
    if not found.is_file():
        message = f"{file}: main: no program at {found}; a Python program is a file or a folder with __main__.py"
        raise ProjectError(message)
    return found


def _interpreter(root: Path, options: Props) -> Path | None:
    folder = options.get("virtualenv")
    if not folder:
        return None
    python = root / str(folder) / "bin" / "python"
    return python if python.exists() else None


def _full(project: Project, key: str) -> str:
    return key if ":" in key else f"{project.name}:{key}"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or is_map(value) or is_list(value):
        return json.dumps(value)
    return str(value)
