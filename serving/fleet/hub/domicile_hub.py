"""The hub of a fleet: sites ask it what to run and tell it how that goes; it lets a release through ring by ring.

It reaches no site: sites come to it. It cannot make a release, only keep those that the fleet's keys signed.
"""

import hashlib
import hmac
import importlib
import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from domicile_fleet import Clock, Hub, RefusedError, metrics, token_of
from domicile_release import LARGEST, digest_of_file

Starlette: Any = importlib.import_module("starlette.applications").Starlette
Route: Any = importlib.import_module("starlette.routing").Route
responses: Any = importlib.import_module("starlette.responses")
concurrency: Any = importlib.import_module("starlette.concurrency")


class Doors:
    """What is asked of a hub, by whom."""

    def __init__(self, hub: Hub, master: bytes, operators: str) -> None:
        """Know sites by tokens made of ``master``, operators by the digest of their key."""
        self.hub, self.master, self.operators = hub, master, operators

    async def sync(self, request: Any) -> Any:
        """A site tells what it has not told yet, and hears what it is to run; operators may carry it here."""
        site = request.path_params["site"]
        if not self._operator(request) and not self._is(request, site):
            raise RefusedError(401, "the token is not this site's")
        said = json.loads(await _body(request))
        reports = said.get("reports") if isinstance(said, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if not isinstance(reports, list) or not all(isinstance(one, dict) for one in reports):  # pyright: ignore[reportUnknownVariableType]
            raise RefusedError(422, "reports: a list of reports is wanted")
        return responses.JSONResponse(await concurrency.run_in_threadpool(self.hub.heard, site, reports))

    async def blob(self, request: Any) -> Any:
        """A file of a release."""
        file = self.hub.blob(request.path_params["digest"])
        if request.method == "PUT":
            self._only_operators(request)
            await _received(request, file)
            return responses.JSONResponse({"size": file.stat().st_size})
        self._from_fleet(request)
        if not file.is_file():
            raise RefusedError(404, "there is no such file")
        return responses.FileResponse(file, media_type="application/octet-stream")

    async def publish(self, request: Any) -> Any:
        """A release whose files are here."""
        self._only_operators(request)
        said = json.loads(await _body(request))
        digest = self.hub.publish(said["release"].encode(), said["signature"].encode())
        return responses.JSONResponse({"digest": digest})

    async def release(self, request: Any) -> Any:
        """A release as it was signed."""
        self._from_fleet(request)
        return responses.JSONResponse(self.hub.release(request.path_params["digest"]))

    async def fleet(self, request: Any) -> Any:
        """Everything that is known."""
        self._only_operators(request)
        self.hub.look()
        return responses.JSONResponse(self.hub.told())

    async def history(self, request: Any) -> Any:
        """What a site told."""
        self._only_operators(request)
        return responses.JSONResponse({"reports": self.hub.history(request.path_params["site"])})

    async def token(self, request: Any) -> Any:
        """A site's token, for whoever installs its agent."""
        self._only_operators(request)
        site = request.path_params["site"]
        if site not in self.hub.sites:
            raise RefusedError(404, f"there is no site '{site}' in this fleet")
        return responses.JSONResponse({"token": token_of(self.master, site)})

    async def rollout(self, request: Any) -> Any:
        """Begin a release, pause, resume, stop."""
        self._only_operators(request)
        said = json.loads(await _body(request))
        found = self.hub.order(str(said["do"]), str(said.get("release", "")))
        return responses.JSONResponse(found.written())

    async def health(self, request: Any) -> Any:
        """It answers."""
        del request
        return responses.JSONResponse({"fleet": self.hub.name})

    async def counted(self, request: Any) -> Any:
        """The fleet, for Prometheus."""
        del request
        self.hub.look()
        return responses.PlainTextResponse(metrics(self.hub.told()))

    def _is(self, request: Any, site: str) -> bool:
        return hmac.compare_digest(_bearer(request).encode(), token_of(self.master, site).encode())

    def _operator(self, request: Any) -> bool:
        return hmac.compare_digest(hashlib.sha256(_bearer(request).encode()).hexdigest(), self.operators)

    def _only_operators(self, request: Any) -> None:
        if not self._operator(request):
            raise RefusedError(401, "this is for the fleet's operators")

    def _from_fleet(self, request: Any) -> None:
        site = str(request.headers.get("x-site", ""))
        if not self._operator(request) and not (site in self.hub.sites and self._is(request, site)):
            raise RefusedError(401, "the token is not known")


def app(folder: Path, fleet: dict[str, Any], master: bytes, operators: str, now: Clock = time.time) -> Any:
    """The hub as an ASGI application; ``operators`` is the digest of their key."""
    doors = Doors(Hub(folder, fleet, now), master, operators)
    routes = [
        Route("/v1/sites/{site}/sync", doors.sync, methods=["POST"]),
        Route("/v1/sites/{site}", doors.history),
        Route("/v1/sites/{site}/token", doors.token),
        Route("/v1/blobs/{digest}", doors.blob, methods=["GET", "PUT"]),
        Route("/v1/releases", doors.publish, methods=["POST"]),
        Route("/v1/releases/{digest}", doors.release),
        Route("/v1/fleet", doors.fleet),
        Route("/v1/rollout", doors.rollout, methods=["POST"]),
        Route("/metrics", doors.counted),
        Route("/health", doors.health),
    ]
    odd = dict.fromkeys((ValueError, KeyError, TypeError, AttributeError, RecursionError), _odd)
    handlers = {RefusedError: _refused, sqlite3.OperationalError: _full, OSError: _full, **odd}
    return Starlette(routes=routes, exception_handlers=handlers)


def served() -> Any:
    """The hub of a pod, from its environment."""
    here = Path(__file__).parent
    fleet = json.loads((here / "fleet.json").read_text(encoding="utf-8"))
    operators = hashlib.sha256(os.environ["DOMICILE_OPERATOR_KEY"].encode()).hexdigest()
    return app(Path(os.environ["DOMICILE_STATE"]), fleet, os.environ["DOMICILE_MASTER"].encode(), operators)


def _bearer(request: Any) -> str:
    return str(request.headers.get("authorization", "")).removeprefix("Bearer ")


async def _refused(request: Any, error: Any) -> Any:
    del request
    return responses.JSONResponse({"error": error.reason}, status_code=error.status)


async def _odd(request: Any, error: Any) -> Any:
    del request
    return responses.JSONResponse({"error": f"it cannot be read: {error}"}, status_code=422)


async def _full(request: Any, error: Any) -> Any:
    del request
    return responses.JSONResponse({"error": f"the hub's disk: {error}"}, status_code=507)


async def _body(request: Any) -> bytes:
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > LARGEST:
            raise RefusedError(413, f"more than {LARGEST:,} bytes")
    return bytes(found)


async def _received(request: Any, file: Path) -> None:
    """A file whose content has the digest it goes by, whole or not at all."""
    part = file.with_name(f"{file.name}.{os.urandom(4).hex()}.part")
    try:
        with part.open("wb") as out:
            async for piece in request.stream():
                await concurrency.run_in_threadpool(out.write, piece)
        if await concurrency.run_in_threadpool(digest_of_file, part) != file.name:
            raise RefusedError(422, "the content is not what the digest says")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
