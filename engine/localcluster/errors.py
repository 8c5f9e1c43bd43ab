"""What can go wrong with a local cluster."""

from engine.errors import EngineError


class ClusterError(EngineError):
    """The local cluster cannot be built, started or used; the text says why and what to do."""
