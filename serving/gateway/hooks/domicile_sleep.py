"""Models that sleep when nobody asks: a request knocks and waits until the model is up, or another answers meanwhile.

What sleeps stands in `policy.json` under `sleepers`, by alias: ``url`` answers when the model is up, ``within_s`` is
how long it may take, ``meanwhile`` the alias that answers until then, empty for none. The scaler reads the knocks.
"""

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import domicile_metrics
from domicile_policy import RefusedError

httpx: Any = importlib.import_module("httpx")

#: a model that answered so lately is up: nobody sends it to sleep before it has been idle for a minute or more
TRUSTED_S = 10.0
LOOK_S = 0.5
Probe = Callable[[str], Awaitable[bool]]


class Bell:
    """Asks whether somebody is there, with one client for all: to make one takes longer than to ask."""

    def __init__(self) -> None:
        """Make it when it is first asked."""
        self._client: Any = None

    async def __call__(self, url: str) -> bool:
        """Whether somebody answers."""
        self._client = self._client or httpx.AsyncClient(timeout=5)
        try:
            return (await self._client.get(url)).status_code < 500
        except httpx.HTTPError:
            return False


class Sleepers:
    """The models that may sleep."""

    def __init__(
        self, known: dict[str, dict[str, Any]], probe: Probe | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Know them; all of them may be asleep."""
        self._known, self._probe, self._now = known, probe or Bell(), now
        self._trusted: dict[str, float] = {}
        self._looks: dict[str, asyncio.Task[bool]] = {}
        self._waits: dict[str, asyncio.Task[bool]] = {}

    def answered(self, alias: str) -> None:
        """Take note that a model has just answered."""
        if alias in self._known:
            self._trusted[alias] = self._now() + TRUSTED_S

    async def up(self, alias: str) -> str:
        """The alias to ask: itself once it is up, or who answers meanwhile.

        Raises:
            RefusedError: it did not come up in time.
        """
        one = self._known.get(alias)
        if one is None or self._now() < self._trusted.get(alias, 0.0):
            return alias
        if await asyncio.shield(self._shared(self._looks, alias, lambda: self._look(alias, one))):
            return alias
        domicile_metrics.KNOCKS.labels(alias).inc()
        if one["meanwhile"]:
            return str(one["meanwhile"])
        with domicile_metrics.KNOCKING.labels(alias).track_inprogress():
            if not await asyncio.shield(self._shared(self._waits, alias, lambda: self._comes(alias, one))):
                text = f"'{alias}' was asleep and did not come up within {one['within_s']} s"
                raise RefusedError(503, "asleep", text, retry_after_s=30)
        return alias

    @staticmethod
    def _shared(
        tasks: dict[str, asyncio.Task[bool]], alias: str, begin: Callable[[], Coroutine[Any, Any, bool]]
    ) -> asyncio.Task[bool]:
        """What is under way for an alias, for all who come meanwhile; begun when nothing is."""
        task = tasks.get(alias)
        if task is None or task.done():
            task = tasks[alias] = asyncio.get_running_loop().create_task(begin())
        return task

    async def _look(self, alias: str, one: dict[str, Any]) -> bool:
        found = await self._probe(one["url"])
        if found:
            self.answered(alias)
        return found

    async def _comes(self, alias: str, one: dict[str, Any]) -> bool:
        deadline = self._now() + one["within_s"]
        while self._now() < deadline:
            if await self._look(alias, one):
                return True
            await asyncio.sleep(LOOK_S)
        return False
