"""Pulumi.yaml and a stack's configuration file, read as Pulumi reads them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from catalog import documents
from catalog.documents import Document
from engine.errors import ProjectError, StateError
from engine.values import MASK, Props, is_list, is_map

NAME = re.compile(r"^[A-Za-z0-9_.-]{1,100}\Z")
PLUGIN = "PulumiPlugin.yaml"
Runtime = Literal["python", "nodejs"]
RUNTIMES: tuple[Runtime, ...] = ("python", "nodejs")
#: what a folder's program is, by runtime
PROGRAMS = {"python": ("__main__.py",), "nodejs": ("package.json", "index.ts", "index.js")}
KEY = re.compile(r"^([^:\s]+:)?[^:\s]+\Z")


@dataclass(frozen=True, slots=True)
class Project:
    """A Pulumi project. ``main`` is the program file; ``config_dir`` holds the stacks' configuration files.

    ``packages`` are folders of packages of components by name, as `packages` of Pulumi.yaml has them.
    """

    name: str
    root: Path
    main: Path
    runtime: Runtime
    config_dir: Path
    python: Path | None
    defaults: Props
    packages: Mapping[str, Path]

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


class Opener(Protocol):
    """Opens sealed texts."""

    def decrypt(self, text: str, /) -> str:
        """The text that was sealed."""
        ...


class Sealed:
    """Opens nothing."""

    def decrypt(self, text: str, /) -> str:
        """A mask, whatever was sealed."""
        del text
        return MASK


def load(folder: Path) -> Project:
    """Read the project that contains ``folder``.

    Raises:
        ProjectError: there is none, or its file cannot be used; names file, line and remedy.
    """
    file = _find(folder)
    document = _read(file)
    content: Props = document.content or {}
    name = content.get("name")
    if not isinstance(name, str) or not NAME.match(name):
        found = "none" if name is None else repr(name)
        reason = f"a project needs a name of at most 100 letters, digits, '_', '.' or '-'; found {found}"
        raise _refusal(document, ("name",), reason)
    runtime = content.get("runtime")
    kind = runtime.get("name") if is_map(runtime) else runtime
    if kind not in RUNTIMES:
        reason = f"the embedded engine runs programs of {' and '.join(RUNTIMES)}; found {kind!r}: use --engine pulumi"
        raise _refusal(document, ("runtime",), reason)
    options = _mapping(document, "runtime", "options") if is_map(runtime) else {}
    root = file.parent
    return Project(
        name=name,
        root=root,
        main=_program(document, root, kind),
        runtime=kind,
        config_dir=root / _word(document, ".", "stackConfigDir"),
        python=_interpreter(root, options),
        defaults=_mapping(document, "config"),
        packages=_packages(document, root),
    )


def load_config(project: Project, stack: str, crypter: Callable[[], Opener]) -> Config:
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
    if not file.exists():
        return Config(values, ())
    document = _read(file)
    for key, entry in _mapping(document, "config").items():
        if not KEY.match(key):
            raise _refusal(document, ("config", key), "a key is '<name>' or '<namespace>:<name>'")
        name = _full(project, key)
        if is_map(entry) and set(entry) == {"secure"}:
            sealed = entry["secure"]
            if not isinstance(sealed, str):
                raise _refusal(document, ("config", key, "secure"), f"expected a sealed text; found {sealed!r}")
            try:
                values[name] = crypter().decrypt(sealed)
            except StateError as error:
                raise _refusal(document, ("config", key, "secure"), str(error)) from error
            hidden.append(name)
        elif entry is not None:
            values[name] = _text(entry)
    return Config(values, tuple(hidden))


def salt(project: Project, stack: str) -> str | None:
    """The encryption salt in a stack's configuration file.

    Raises:
        ProjectError: the file cannot be read.
    """
    file = project.stack_file(stack)
    return _word(_read(file), "", "encryptionsalt") or None if file.exists() else None


def _read(file: Path) -> Document:
    try:
        document = documents.read(file)
    except documents.DocumentError as error:
        raise ProjectError(str(error)) from error
    if document.content is not None and not is_map(document.content):
        raise _refusal(document, (), "expected a mapping of keys to values")
    return document


def _refusal(document: Document, path: tuple[str, ...], reason: str) -> ProjectError:
    shown = f"{'.'.join(path)}: " if path else ""
    return ProjectError(f"{document.where(path)}: {shown}{reason}")


def _at(document: Document, path: tuple[str, ...]) -> Any:
    found: Any = document.content
    for part in path:
        found = found.get(part) if is_map(found) else None
    return found


def _mapping(document: Document, *path: str) -> Props:
    found = _at(document, path)
    if found is not None and not is_map(found):
        raise _refusal(document, path, f"must map keys to values; found {found!r}")
    return found or {}


def _word(document: Document, default: str, *path: str) -> str:
    found = _at(document, path)
    if found is not None and (not isinstance(found, str) or "\0" in found):
        raise _refusal(document, path, f"must be a text; found {found!r}")
    return found or default


def _find(folder: Path) -> Path:
    for candidate in (folder.resolve(), *folder.resolve().parents):
        for name in ("Pulumi.yaml", "Pulumi.yml"):
            if (candidate / name).is_file():
                return candidate / name
    message = f"{folder}: no Pulumi.yaml here or above; run this inside a project, or name one with --cwd"
    raise ProjectError(message)


def _program(document: Document, root: Path, runtime: Runtime) -> Path:
    """The program's file; of Node.js a folder may be the program, as its `package.json` says."""
    target = root / _word(document, ".", "main")
    names = PROGRAMS[runtime]
    try:
        found = target / names[0] if target.is_dir() and runtime == "python" else target
        there = any((found / name).is_file() for name in names) if found.is_dir() else found.is_file()
    except OSError as error:
        raise _refusal(document, ("main",), f"no program can be there: {error.strerror}") from error
    if not there:
        reason = f"no program at {found}; it is a file or a folder with {' or '.join(names)}"
        raise _refusal(document, ("main",), reason)
    return found


def _interpreter(root: Path, options: Props) -> Path | None:
    folder = options.get("virtualenv")
    if not folder:
        return None
    python = root / str(folder) / "bin" / "python"
    return python if python.exists() else None


def _packages(document: Document, root: Path) -> dict[str, Path]:
    """Packages that lie in folders here; what is named otherwise is for the Pulumi CLI to fetch."""
    found: dict[str, Path] = {}
    for name, said in _mapping(document, "packages").items():
        source = said.get("source") if is_map(said) else said
        if not isinstance(source, str):
            raise _refusal(document, ("packages", name), f"must be a folder or a package; found {said!r}")
        if not source.startswith(("./", "../", "/")) and source not in (".", ".."):
            continue
        folder = (root / source).resolve()
        if not (folder / PLUGIN).is_file():
            raise _refusal(document, ("packages", name), f"no package of components at {folder}: there is no {PLUGIN}")
        found[name] = folder
    return found


def _full(project: Project, key: str) -> str:
    return key if ":" in key else f"{project.name}:{key}"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or is_map(value) or is_list(value):
        return json.dumps(value)
    return str(value)
