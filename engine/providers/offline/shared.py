"""What the offline providers of one run have in common."""

import threading
from pathlib import Path

from engine.providers.offline.faults import Faults
from engine.providers.offline.provider import OfflineProvider
from engine.providers.offline.relations import Relations
from engine.providers.offline.world import World


class Offline:
    """Makes offline providers that share what exists, what was seen, and what goes wrong."""

    def __init__(self, file: Path | None, faults: tuple[str, ...] = ()) -> None:
        """``file`` is where a rehearsal remembers what it has made; a preview has none.

        Raises:
            ProjectError: a fault is not of the form it needs.
        """
        self._faults = Faults(faults)
        self._relations = Relations()
        self._file = file
        self._world: World | None = None
        self._open = 0
        self._lock = threading.Lock()

    def provider(self, package: str) -> OfflineProvider:
        """A provider of one package; the last one closed closes the memory."""
        with self._lock:
            if self._world is None:
                self._world = World(self._file)
            self._open += 1
            return OfflineProvider(package, self._world, self._relations, self._faults, self._closed)

    def _closed(self) -> None:
        with self._lock:
            self._open -= 1
            if self._open == 0 and self._world is not None:
                self._world.close()
                self._world = None
