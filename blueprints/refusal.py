"""Why a blueprint is not planned: every reason at once, each with its path."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, at a path of the blueprint."""

    path: tuple[str | int, ...]
    text: str


class RefusedError(ValueError):
    """The blueprint cannot be planned as it is written."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        """Keep the reasons, so that positions can be added."""
        super().__init__("\n".join(f"{'.'.join(map(str, one.path))}: {one.text}" for one in reasons))
        self.reasons = reasons
