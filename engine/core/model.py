"""What goes into the state machine and what comes out."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.state.resource import ResourceState
from engine.values import Props


class Op(StrEnum):
    """What a step does, by the names Pulumi's events use."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    REFRESH = "refresh"
    READ_DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"


class DiffKind(StrEnum):
    """Whether a provider sees a difference."""

    NONE = "none"
    SOME = "some"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Alias:
    """A name a resource had: a URN, or the parts that differ from today's."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent_urn: str = ""
    no_parent: bool = False


@dataclass(slots=True)
class Goal:
    """What a program asks of one resource. ``read_id`` is set for `.get`, ``import_id`` for the import option."""

    type: str
    name: str
    custom: bool
    inputs: Props = field(default_factory=dict[str, Any])
    parent: str = ""
    provider: str = ""
    providers: dict[str, str] = field(default_factory=dict[str, str])
    version: str = ""
    plugin_url: str = ""
    protect: bool | None = None
    dependencies: list[str] = field(default_factory=list[str])
    property_dependencies: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    delete_before_replace: bool | None = None
    ignore_changes: list[str] = field(default_factory=list[str])
    replace_on_changes: list[str] = field(default_factory=list[str])
    additional_secret_outputs: list[str] = field(default_factory=list[str])
    aliases: list[Alias] = field(default_factory=list[Alias])
    import_id: str = ""
    read_id: str = ""
    custom_timeouts: dict[str, float] = field(default_factory=dict[str, float])
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list[str])
    replacement_trigger: Any = None
    hide_diffs: list[str] = field(default_factory=list[str])
    source_position: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A property a provider does not accept, and why."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The inputs a provider settled on, or its failures."""

    inputs: Props
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyDiff:
    """How one property differs: add, delete or update, and whether that forces a replacement."""

    kind: str
    replaces: bool = False
    input_diff: bool = True


@dataclass(frozen=True, slots=True)
class Diffed:
    """A provider's comparison of a resource's state with its new inputs."""

    kind: DiffKind
    replaces: tuple[str, ...] = ()
    detailed: dict[str, PropertyDiff] = field(default_factory=dict[str, PropertyDiff])
    delete_before_replace: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """Ask a provider to validate and complete inputs; the answer is ``Checked``."""

    provider: str
    urn: str
    type: str
    olds: Props
    news: Props


@dataclass(frozen=True, slots=True)
class Diff:
    """Ask a provider to compare; the answer is ``Diffed``."""

    provider: str
    urn: str
    type: str
    old: ResourceState
    news: Props
    ignore_changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Analyze:
    """Let the packs judge (and remediate) a resource before it is touched; the answer is its inputs."""

    state: ResourceState


@dataclass(slots=True)
class Step:
    """One change to one resource; the answer is the resource's new state, or None when it is gone.

    ``unknown`` in the answer's id tells that a preview cannot know it.
    """

    op: Op
    urn: str
    old: ResourceState | None = None
    new: ResourceState | None = None
    keys: tuple[str, ...] = ()
    detailed: dict[str, PropertyDiff] = field(default_factory=dict[str, PropertyDiff])

    @property
    def state(self) -> ResourceState:
        """The state the step is about: the new one, or the old where it goes."""
        state = self.new or self.old
        assert state is not None  # noqa: S101 a step has at least one of the two
        return state


Effect = Check | Diff | Analyze | Step
