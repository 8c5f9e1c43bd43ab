"""One resource as a checkpoint records it (``ResourceV3`` of pulumi/sdk ``apitype``)."""

from dataclasses import dataclass, field, fields
from typing import Any

from engine.values import Props


@dataclass(slots=True)
class ResourceState:
    """A resource's recorded state. Field names follow the checkpoint's, in snake case.

    ``custom_timeouts`` maps create, update, delete and read to seconds. ``extra`` keeps the keys of a
    newer checkpoint that this engine does not interpret, so that they survive a round trip.
    """

    urn: str
    type: str
    custom: bool = False
    delete: bool = False
    id: str = ""
    inputs: Props = field(default_factory=dict[str, Any])
    outputs: Props = field(default_factory=dict[str, Any])
    parent: str = ""
    protect: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list[str])
    init_errors: list[str] = field(default_factory=list[str])
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list[str])
    aliases: list[str] = field(default_factory=list[str])
    custom_timeouts: dict[str, float] = field(default_factory=dict[str, float])
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list[str])
    created: str = ""
    modified: str = ""
    source_position: str = ""
    ignore_changes: list[str] = field(default_factory=list[str])
    replace_on_changes: list[str] = field(default_factory=list[str])
    replacement_trigger: Any = None
    hide_diff: list[str] = field(default_factory=list[str])
    extra: Props = field(default_factory=dict[str, Any])

    def references(self) -> set[str]:
        """The URNs this resource needs: parent, dependencies, provider, what it is deleted with."""
        needed = {self.parent, self.deleted_with, *self.dependencies, *self.replace_with}
        for urns in self.property_dependencies.values():
            needed.update(urns)
        if self.provider:
            needed.add(self.provider.rpartition("::")[0])
        return needed - {""}


_KEYS = {
    "import_id": "importID",
    "custom_timeouts": "customTimeouts",
    "hide_diff": "hideDiff",
}


def _json_key(name: str) -> str:
    head, *rest = name.split("_")
    return _KEYS.get(name) or head + "".join(part.capitalize() for part in rest)


_FIELDS = tuple((item.name, _json_key(item.name)) for item in fields(ResourceState) if item.name != "extra")
_ORDER = ("urn", "custom", "delete", "id", "type", "inputs", "outputs", "parent")
_IN_ORDER = tuple(sorted(_FIELDS, key=lambda pair: _ORDER.index(pair[1]) if pair[1] in _ORDER else len(_ORDER)))
_KNOWN = frozenset(key for _, key in _FIELDS)


def to_json(state: ResourceState) -> Props:
    """Write a resource as the checkpoint has it: empty fields are left out."""
    record: Props = {}
    for name, key in _IN_ORDER:
        value = getattr(state, name)
        if key == "custom" or (value not in ("", None, False) and value not in ([], {})):
            record[key] = value
    record.update(state.extra)
    return record


def from_json(record: Props) -> ResourceState:
    """Read a resource from a checkpoint; unknown keys are kept, not interpreted."""
    values: Props = {name: record[key] for name, key in _FIELDS if record.get(key) is not None}
    values["extra"] = {key: value for key, value in record.items() if key not in _KNOWN}
    values.setdefault("type", "")
    return ResourceState(**values)
