"""What the gate judges besides stacks: a recorded state, a preview's JSON, rendered Kubernetes objects."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from cli.check.content import json_object, measure
from cli.check.planned import Planned, resources
from engine import urn as urns
from engine.errors import ProjectError
from engine.state.resource import ResourceState
from engine.values import MASK, Props, is_list, is_map, rewrite
from policies.resource import Resource


def state(file: Path) -> Planned:
    """The resources of a stack export, of `pulumi stack export`, or of a state file. Secrets stay sealed.

    Raises:
        ProjectError: the file is none of these.
    """
    return Planned(file.name, resources(states(file)))


def states(file: Path) -> list[ResourceState]:
    """The records of a state, as `state` reads it.

    Raises:
        ProjectError: the file is none of these.
    """
    content = json_object(file, "expected JSON", "expected a JSON object")
    found: Any = content.get("deployment", content)
    if is_map(found.get("checkpoint")):
        found = found["checkpoint"].get("latest") or {}
    listed: Any = found.get("resources")
    if not is_list(listed):
        message = f"{file}: no resources here: expected the output of `pulumi stack export` or a state file"
        raise ProjectError(message)
    return [_recorded(one, file) for one in listed if is_map(one)]


def preview(file: Path) -> Planned:
    """The resources of the JSON of `pulumi preview --json`.

    Raises:
        ProjectError: the file is no such JSON.
    """
    steps: Any = json_object(file, "expected JSON", "expected a JSON object").get("steps")
    if not is_list(steps):
        message = f"{file}: no steps here: expected the output of `pulumi preview --json`"
        raise ProjectError(message)
    states = [one["newState"] for one in steps if is_map(one) and is_map(one.get("newState"))]
    return Planned(file.name, resources([_recorded(one, file) for one in states]))


def manifests(path: Path) -> Planned:
    """The Kubernetes objects of a YAML file, or of every one in a folder.

    Raises:
        ProjectError: a file is no YAML, or an object of it none of Kubernetes.
    """
    files = sorted(one for one in path.rglob("*") if one.suffix in (".yaml", ".yml")) if path.is_dir() else [path]
    found: list[Resource] = []
    for file in files:
        for index, content in enumerate(_documents(file)):
            found += _objects(content, file, index)
    return Planned(path.name, tuple(found))


def _documents(file: Path) -> Iterator[Any]:
    try:
        measure(file)
        with file.open(encoding="utf-8") as stream:
            yield from yaml.load_all(stream, Loader=_Loader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        message = f"{file}: {' '.join(str(error).split())[:300]}: expected rendered Kubernetes objects"
        raise ProjectError(message) from error


class _Loader(yaml.SafeLoader):
    """YAML without aliases: a few lines of them can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias.

        Raises:
            yaml.YAMLError: there is one.
        """
        if self.check_event(yaml.events.AliasEvent):  # pyright: ignore[reportUnknownMemberType] no types
            mark = self.peek_event().start_mark  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            message = f"line {mark.line + 1}: aliases are refused"  # pyright: ignore[reportUnknownMemberType]
            raise yaml.YAMLError(message)
        return super().compose_node(parent, index)


def _objects(content: Any, file: Path, index: int) -> list[Resource]:
    if content is None:
        return []
    if is_map(content) and content.get("kind") == "List":
        return [one for item in content.get("items") or () for one in _objects(item, file, index)]
    if not is_map(content) or not isinstance(content.get("kind"), str) or not content.get("apiVersion"):
        message = f"{file}: document {index + 1}: expected an object with apiVersion and kind"
        raise ProjectError(message)
    metadata = content.get("metadata")
    given: Props = metadata if is_map(metadata) else {}
    name = "/".join(str(given[key]) for key in ("namespace", "name") if given.get(key)) or f"document-{index + 1}"
    version = str(content["apiVersion"])
    type_ = f"kubernetes:{version if '/' in version else f'core/{version}'}:{content['kind']}"
    return [Resource(type_, name, urns.make("manifests", file.stem, "", type_, name), content)]


def _recorded(record: Props, file: Path) -> ResourceState:
    urn, type_ = record.get("urn"), record.get("type")
    if not isinstance(urn, str) or not isinstance(type_, str):
        message = f"{file}: a resource has no urn or no type"
        raise ProjectError(message)
    return ResourceState(
        urn,
        type_,
        custom=bool(record.get("custom")),
        id=str(record.get("id") or ""),
        inputs=_opened(record.get("inputs") or record.get("outputs") or {}),
        parent=str(record.get("parent") or ""),
        provider=str(record.get("provider") or ""),
        property_dependencies=record.get("propertyDependencies") or {},
    )


def _opened(value: Any) -> Any:
    """A value without envelopes: what is sealed becomes a mask."""
    return rewrite(value, lambda inner: _opened(inner["value"]) if "value" in inner else MASK)
