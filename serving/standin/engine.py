"""The stand-in's engine: slots, a queue, and time spent on tokens."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field

from serving.standin.counts import Counts


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """What the engine does; the control endpoint changes it while it runs. Times in seconds.

    ``fail`` is the HTTP status that requests get, 0 for none; ``fail_next`` how many of the next ones, below 0 for all.
    ``confidence`` is the probability it claims for each token. ``answer`` replaces what it would say.
    """

    first_token_s: float = 0.02
    per_token_s: float = 0.002
    slots: int = 64
    frozen: bool = False
    fail: int = 0
    fail_next: int = -1
    abort_after: int = 0
    confidence: float = 0.9
    answer: str = ""


@dataclass(slots=True)
class Engine:
    """One replica. ``seen`` keeps how many requests reached it."""

    model: str
    counts: Counts
    behaviour: Behaviour = field(default_factory=Behaviour)
    seen: int = 0
    last_prompt: str = ""
    last_trace: str = ""
    last_model: str = ""
    _slots: asyncio.Condition = field(default_factory=asyncio.Condition)

    def failing(self) -> int:
        """The status this request shall fail with, 0 for none."""
        behaviour = self.behaviour
        if not behaviour.fail or not behaviour.fail_next:
            return 0
        behaviour.fail_next -= 1
        return behaviour.fail

    async def change(self, **changes: object) -> None:
        """Change what it does, and wake those who wait."""
        for name, value in changes.items():
            setattr(self.behaviour, name, value)
        async with self._slots:
            self._slots.notify_all()

    async def words(self, answer: list[str], prompt_tokens: int) -> AsyncIterator[str]:
        """The words of an answer, each when its time has come."""
        values, arrived = self.counts.values, time.monotonic()
        async with self._slot():
            self.counts.observe("queue_time", time.monotonic() - arrived)
            values["prompt_tokens"] += prompt_tokens
            reason = "aborted"
            try:
                before = arrived
                for index, word in enumerate(answer):
                    await self._step(self.behaviour.per_token_s if index else self.behaviour.first_token_s)
                    now = time.monotonic()
                    self.counts.observe("per_token" if index else "first_token", now - before)
                    before = now
                    values["answer_tokens"] += 1
                    if self.behaviour.abort_after and index >= self.behaviour.abort_after:
                        message = "the engine broke off"
                        raise ConnectionError(message)
                    yield word
                reason = "finished"
            finally:
                values[reason] += 1  # pyright: ignore[reportArgumentType] one of the two meanings above
                self.counts.observe("end_to_end", time.monotonic() - arrived)

    async def _step(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        async with self._slots:
            await self._slots.wait_for(lambda: not self.behaviour.frozen)
        self.counts.values["steps"] += 1

    @contextlib.asynccontextmanager
    async def _slot(self) -> AsyncGenerator[None]:
        values = self.counts.values
        values["waiting"] += 1
        try:
            async with self._slots:
                await self._slots.wait_for(lambda: values["running"] < self.behaviour.slots)
                values["running"] += 1
        finally:
            values["waiting"] -= 1
        values["kv_cache"] = values["running"] / self.behaviour.slots
        try:
            yield
        finally:
            async with self._slots:
                values["running"] -= 1
                values["kv_cache"] = values["running"] / self.behaviour.slots
                self._slots.notify()
