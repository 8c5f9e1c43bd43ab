"""What every service of ours at which requests arrive has in common: callers, refusals, bodies, the audit log."""

import asyncio
import importlib
import json
import os
import time
from pathlib import Path
from typing import Any

import domicile_audit
import domicile_identity
import domicile_metrics
import domicile_policy
from domicile_refused import RefusedError

responses: Any = importlib.import_module("starlette.responses")
prometheus: Any = importlib.import_module("prometheus_client")

KEYS: dict[str, str] = json.loads(os.environ.get("DOMICILE_KEYS", "{}"))
LARGEST = 32 * 1024 * 1024


class Writer:
    """Writes what waits in one go: the disk is asked once for all who came while it was busy."""

    def __init__(self, folder: Path, name: str, keep_days: int) -> None:
        """Begin the day's log."""
        self.folder, self.name, self.keep_days = folder, name, keep_days
        self.day = ""
        self.log = self._today()
        self.waiting: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self.busy = False

    async def write(self, record: dict[str, Any]) -> None:
        """Return when the record is on the disk.

        Raises:
            OSError: it could not be written.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((record, done))
        if not self.busy:
            self.busy = True
            try:
                while self.waiting:
                    await self._flush()
            finally:
                self.busy = False
        await done

    async def _flush(self) -> None:
        taken, self.waiting = self.waiting, []
        try:
            await asyncio.to_thread(self._written, *(record for record, _ in taken))
        except OSError as error:
            for _, done in taken:
                done.set_exception(error)
        else:
            for _, done in taken:
                done.set_result(None)

    def _written(self, *records: dict[str, Any]) -> None:
        if domicile_audit.now()[:10] != self.day:
            self.log = self._today()
        self.log.write(*records)

    def _today(self) -> domicile_audit.Log:
        """A log for each day; those that need not be kept any longer go."""
        self.day = domicile_audit.now()[:10]
        last = time.time() - (self.keep_days + 1) * 86_400
        for file in self.folder.glob("*.jsonl"):
            if file.stat().st_mtime < last:
                file.unlink()
        return domicile_audit.Log(self.folder, self.name)


async def caller_of(request: Any, issuers: list[dict[str, Any]]) -> str:
    """The team behind a key, or behind a token of one of the identity providers; empty for nobody."""
    key = str(request.headers.get("authorization", "")).removeprefix("Bearer ")
    return KEYS.get(domicile_policy.digest(key)) or await domicile_identity.team_of(key, issuers)


def refused(status: int, reasons: list[str], team: str, code: str) -> Any:
    """A refusal as clients read it."""
    domicile_metrics.REFUSALS.labels(team, code).inc()
    return responses.JSONResponse({"error": {"reasons": reasons}}, status_code=status)


async def body_of(request: Any) -> Any:
    """The request's JSON.

    Raises:
        RefusedError: it is none, or too much.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > LARGEST:
            raise RefusedError(413, [f"more than {LARGEST} bytes"])
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, ["it is not JSON"]) from error


async def live(request: Any) -> Any:
    """`GET /health`: the process answers; what it asks may be away, which is no reason to restart it."""
    del request
    return responses.JSONResponse({"ok": True})


async def metrics(request: Any) -> Any:
    """`GET /metrics/`."""
    del request
    return responses.Response(prometheus.generate_latest(), media_type=prometheus.CONTENT_TYPE_LATEST)
