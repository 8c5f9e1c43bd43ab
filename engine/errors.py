"""The errors the engine raises for a person to read.

::

    EngineError
    ├── ProjectError        the project or stack file cannot be used
    ├── StateError          the checkpoint cannot be read or must not be used
    │   └── LockedError     another run holds the stack
    ├── ProgramError        the program broke a rule of the resource model
    ├── UnsupportedError    Pulumi has it, this engine does not yet
    ├── ProviderError       a provider refused or failed
    │   ├── UnreachableError    what the provider manages could not be asked
    │   └── PartialFailureError     a resource was made or changed, but is not ready
    └── CancelledError      the run was interrupted

Each message names the thing, the reason and the way out.
"""

from engine.values import Props


class EngineError(Exception):
    """Something a person can act on; its text is shown as it is, without a trace."""


class ProjectError(EngineError):
    """The project or stack file cannot be used."""


class StateError(EngineError):
    """The checkpoint cannot be read, or using it would lose something."""


class LockedError(StateError):
    """Another run holds the stack."""


class ProgramError(EngineError):
    """The program broke a rule of the resource model."""


class UnsupportedError(EngineError):
    """A feature of Pulumi that this engine does not have yet."""


class ProviderError(EngineError):
    """A provider refused or failed."""


class UnreachableError(ProviderError):
    """What the provider manages could not be asked: nothing is known about its resources."""


class PartialFailureError(ProviderError):
    """A resource exists or was changed, but did not become ready.

    Attributes:
        id: the id it has.
        outputs: its outputs so far.
        reasons: why it is not ready, for people.
    """

    def __init__(self, id_: str, outputs: Props, reasons: list[str]) -> None:
        """Keep what is known of the resource, so that the state can record it."""
        super().__init__("; ".join(reasons))
        self.id = id_
        self.outputs = outputs
        self.reasons = reasons


class CancelledError(EngineError):
    """The run was interrupted by the user."""
