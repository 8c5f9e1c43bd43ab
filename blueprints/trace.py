"""From a resource back to the blueprint: the place that made it what it is."""

from collections.abc import Callable, Iterator
from typing import Any

from catalog.documents import Document, is_map

Path = tuple[str | int, ...]
#: components of each kind of blueprint, and where the blueprint speaks of them
_PLATFORM: dict[str, Path] = {
    "keys": ("data", "classes"),
    "network": ("network",),
    "audit": ("data", "audit_retention_days"),
    "cluster": ("target",),
    "budget": ("budget",),
    "models": ("stores", "models"),
    "sql": ("stores", "sql"),
    "vectors": ("stores", "vectors"),
    "cache": ("stores", "cache"),
    "queue": ("stores", "queue"),
    "warehouse": ("stores", "warehouse"),
    "features": ("stores", "features"),
    "registry": ("stores", "registry"),
}
_SERVED: dict[str, Path] = {
    "chat": ("models",),
    "fallback": ("fallback",),
    "embedding": ("models",),
    "weights": ("models",),
    "gateway": ("access",),
    "vectors": ("documents",),
    "documents": ("documents",),
    "ingestion": ("documents",),
    "monitoring": ("latency",),
    "chat-scaling": ("users",),
    "chat-small": ("fallback",),
    "chat-next": ("models", "candidate"),
    "worker": ("worker",),
    "batch": ("window",),
    "training": ("dataset",),
    "scorer": ("model",),
    "challenger": ("challenger",),
    "decisions": ("outcomes",),
}
_STATE_STORE: dict[str, Path] = {"state": ("target",)}


def position(document: Document, names: tuple[str, ...], text: str) -> tuple[int, int]:
    """Line and column, from 1: of a value that the finding's text names, else of what made the resource.

    ``names`` are the resource's and those of the components around it, from inside out.
    """
    for path, value in _scalars(document.content):
        if isinstance(value, str) and len(value) > 3 and value in text.split():
            return document.positions.get(path, (1, 1))
    content = document.content if is_map(document.content) else {}
    find = _KINDS.get(str(content.get("kind")), _of_served)
    for name in names:
        path = find(content, name)
        if path is not None:
            return _nearest(document, path)
    return _nearest(document, ("target",))


def _nearest(document: Document, path: Path) -> tuple[int, int]:
    while path and path not in document.positions:
        path = path[:-1]
    return document.positions.get(path, (1, 1))


def _scalars(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType] YAML
            yield from _scalars(item, (*path, str(key)))  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for index, item in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            yield from _scalars(item, (*path, index))
    else:
        yield path, value


def _of_platform(content: dict[str, Any], name: str) -> Path | None:
    for kind, prefix, at in (("pools", "pool-", ("pools",)), ("identities", "identity-", ("identities",))):
        if name.startswith(prefix):
            return _named(content.get(kind), name.removeprefix(prefix), at, content)
    if name in _PLATFORM:
        return _PLATFORM[name]
    stores: Any = content.get("stores") or {}
    return _named(stores.get("objects"), name, ("stores", "objects"), content)


def _named(listed: Any, name: str, at: Path, content: dict[str, Any]) -> Path | None:
    wanted = (name, name.removeprefix(f"{content.get('name')}-"))
    for index, one in enumerate(listed or ()):
        if is_map(one) and one.get("name") in wanted:
            return (*at, index, "name")
    return None


def _of_served(content: dict[str, Any], name: str) -> Path | None:
    if name == content.get("name"):
        return ("name",)
    listed: Any = content.get("models")
    for index, one in enumerate(listed if isinstance(listed, list) else ()):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] YAML
        if is_map(one) and one.get("alias") == name.removesuffix("-scaling"):
            return ("models", index)
    return _SERVED.get(name)


def _of_state_store(content: dict[str, Any], name: str) -> Path | None:
    del content
    return _STATE_STORE.get(name)


_KINDS: dict[str, Callable[[dict[str, Any], str], Path | None]] = {
    "platform": _of_platform,
    "state-store": _of_state_store,
}
