"""What ends a command about a fleet."""

from engine.errors import EngineError


class FleetError(EngineError):
    """A fleet cannot be told or asked; says why and what to do."""
