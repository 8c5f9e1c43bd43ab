"""Decisions that wait for people: handed over to the document store, and never lost on the way.

What waits lies in the outbox, on the replica's own disk, before its answer is let go. It goes to `/reviews/open` as
soon as the store takes it; a service that starts goes on with what it finds in its outbox.
"""

import asyncio
import json
import os
import urllib.error
import uuid
from pathlib import Path
from typing import Any

import filer

OPEN, DONE = "/reviews/open", "/reviews/done"
LISTED = 100
AGAIN_S = 5.0


class ReviewError(Exception):
    """A review that cannot be given: the status, and why."""

    def __init__(self, status: int, reason: str) -> None:
        """Say why."""
        super().__init__(reason)
        self.status = status


def item(record: dict[str, Any]) -> dict[str, Any]:
    """What people see of a decision."""
    return {name: record[name] for name in ("decision", "id", "at", "outcome", "score", "by", "reasons", "shown")}


class Reviews:
    """The hand-over of one replica to the store at ``base``, by way of its ``outbox``."""

    def __init__(self, base: str, outbox: Path) -> None:
        """Begin with what was not handed over before."""
        self.base = base
        self.outbox = outbox
        outbox.mkdir(parents=True, exist_ok=True)
        self.queue: asyncio.Queue[Path] = asyncio.Queue()
        for file in sorted(outbox.glob("*.json")):
            self.queue.put_nowait(file)

    async def put(self, record: dict[str, Any]) -> None:
        """Keep what waits, and hand it over when there is time.

        Raises:
            OSError: it could not be kept.
        """
        self.queue.put_nowait(await asyncio.to_thread(self._kept, item(record)))

    def _kept(self, one: dict[str, Any]) -> Path:
        file = self.outbox / f"{one['decision']}.json"
        with file.with_suffix(".part").open("w", encoding="utf-8") as out:
            json.dump(one, out)
            out.flush()
            os.fsync(out.fileno())
        return file.with_suffix(".part").replace(file)

    async def run(self) -> None:
        """Hand over what waits, one after another, for as long as the service runs."""
        while True:
            file = await self.queue.get()
            while True:
                if await asyncio.to_thread(self._handed, file):
                    break
                await asyncio.sleep(AGAIN_S)

    def _handed(self, file: Path) -> bool:
        try:
            filer.write(self.base, f"{OPEN}/{file.name}", file.read_bytes())
        except OSError:
            return False
        file.unlink()
        return True

    def listed(self) -> list[dict[str, Any]]:
        """The oldest that wait."""
        names = sorted(entry["FullPath"] for entry in filer.files(self.base, OPEN))
        return [json.loads(filer.read(self.base, name)) for name in names[:LISTED]]

    def waiting(self, decision: str) -> dict[str, Any]:
        """What people are asked of a decision.

        Raises:
            ReviewError: nothing of that name waits.
        """
        try:
            name = str(uuid.UUID(decision))
            return json.loads(filer.read(self.base, f"{OPEN}/{name}.json"))
        except ValueError as error:
            raise ReviewError(404, f"'{decision}' does not wait for people") from error
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise ReviewError(404, f"'{decision}' does not wait for people") from error
            raise

    def close(self, done: dict[str, Any]) -> dict[str, Any]:
        """Keep what people said, and let it wait no longer."""
        filer.write(self.base, f"{DONE}/{done['decision']}.json", json.dumps(done).encode())
        filer.remove(self.base, f"{OPEN}/{done['decision']}.json")
        return done
