"""Workloads that are worked through in a window of the day: nobody waits for an answer, all wait for the end."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from blueprints.served.hours import DAYS, Day
from blueprints.served.model import Latency, Served
from blueprints.served.roles import BATCH, WORKER, Role
from blueprints.written import Written
from planning.sizing import Load

WEEKS_PER_MONTH = 365 / 12 / 7
#: a window that is wholly needed is one in which nothing may go wrong
USED = 0.8


class Window(Written):
    """When it may work: from a time of day for some hours, on some days of the week."""

    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="As 20:00.")] = "20:00"
    hours: Annotated[float, Field(ge=0.5, le=23)] = 10.0
    days: list[Day] = Field(default_factory=lambda: list(DAYS), min_length=1)
    time_zone: Annotated[str, Field(pattern=r"^[A-Za-z_]+(/[A-Za-z_]+){0,2}$", description="As Europe/Berlin.")] = (
        "Etc/UTC"
    )

    @model_validator(mode="after")
    def _each_day_once(self) -> "Window":
        if len(set(self.days)) < len(self.days):
            message = "days: a day stands there twice"
            raise ValueError(message)
        return self

    @property
    def cron(self) -> str:
        """When it starts, as Kubernetes takes it."""
        hour, minute = self.start.split(":")
        days = "*" if len(self.days) == len(DAYS) else ",".join(self.days)
        return f"{int(minute)} {int(hour)} * * {days}"

    @property
    def seconds(self) -> int:
        """How long it is."""
        return round(self.hours * 3600)

    @property
    def longest_gap_s(self) -> int:
        """The longest time from one start to the next."""
        starts = sorted(DAYS.index(day) for day in self.days)
        following = [*starts[1:], starts[0] + len(DAYS)]
        return max(later - earlier for earlier, later in zip(starts, following, strict=True)) * 86_400

    @property
    def per_month(self) -> float:
        """How often it comes in a month."""
        return len(self.days) * WEEKS_PER_MONTH


class Worker(Written):
    """The model that does the work."""

    model: Annotated[str, Field(description="Its Hugging Face id; the catalog must know it.")] = "Qwen/Qwen3-8B"
    precision: Literal["bf16", "fp8"] = "bf16"
    engine: Literal["vllm", "sglang", "trtllm"] = "vllm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is done in one window: so many items of so many tokens. ``task`` and the rest are the job's."""

    task: Literal["requests", "documents"]
    items: int
    prompt_tokens: int
    answer_tokens: int
    stored_mib: float
    sees: bool = False
    instruction: str = ""
    fields: str = "[]"


class Batching(Served, ABC):
    """A workload that is worked through in windows."""

    window: Window = Window()
    worker: Worker = Worker()
    latency: Latency = Latency(first_token_ms=60_000, per_token_ms=250)
    availability_percent: Annotated[float, Field(ge=90, le=99.99)] = 95.0

    @property
    @abstractmethod
    def work(self) -> Work:
        """What is done in a window."""

    def roles(self) -> tuple[Role, ...]:
        """The one model that works."""
        work, worker = self.work, self.worker
        tokens = work.prompt_tokens + work.answer_tokens
        return (
            Role(
                name=WORKER,
                model=worker.model,
                precision=worker.precision,
                engine=worker.engine,
                task="generate",
                load=Load(work.items / (USED * self.window.seconds), work.prompt_tokens, work.answer_tokens),
                monthly_tokens=work.items * self.window.per_month * tokens,
                answer_s=self.latency.answer_s(work.answer_tokens),
                path=("worker", "model"),
                sees=work.sees,
            ),
        )

    @property
    def jobs(self) -> tuple[tuple[str, str], ...]:
        """The job that works, and the model that it asks."""
        return ((BATCH, WORKER),)
