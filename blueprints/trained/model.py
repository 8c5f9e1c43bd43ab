"""What every blueprint of a workload that trains says: base, dataset, run, gates, and where the model goes."""

from abc import ABC, abstractmethod
from typing import Annotated, Literal

from pydantic import Field, model_validator

from blueprints.governed import Governed
from blueprints.pinned import Pinned, Registries, Registry, pinned_from
from blueprints.refusal import Reason
from blueprints.written import Name, Written
from planning.workload import Training as Run

Method = Literal["lora", "full"]


class Dataset(Written):
    """What is trained on: a version is in the store at `/datasets/<name>/<version>`, its files have the digest."""

    name: Name
    version: Annotated[int, Field(gt=0)]
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$", description="`domicile digest <folder>` says it.")]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", description="One that must be there.")] = (
        "train.jsonl"
    )
    gib: Annotated[float, Field(gt=0, le=10_000)]
    tokens_b: Annotated[float, Field(gt=0, le=1e6, description="Thousand million tokens that the run sees.")]


class Gate(Written):
    """A measure that a model must reach before it is handed over, as the trainer's file of measures names it."""

    measure: Annotated[str, Field(min_length=1, max_length=100)]
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Gate":
        if (self.at_least is None) == (self.at_most is None):
            message = "at_least: say at_least or at_most"
            raise ValueError(message)
        return self


class Schedule(Written):
    """When it trains again by itself."""

    cron: Annotated[str, Field(pattern=r"^\S+ \S+ \S+ \S+ \S+$")]
    runs_per_month: Annotated[float, Field(gt=0, le=100, description="How often that is; the bill counts them.")]
    time_zone: Annotated[str, Field(pattern=r"^[A-Za-z_]+(/[A-Za-z_]+){0,2}$")] = "Etc/UTC"


class Trained(Governed, ABC):
    """A workload that makes models."""

    base: Annotated[str, Field(description="The model to begin with, by Hugging Face id; the catalog must know it.")]
    pinned: Annotated[list[Pinned], Field(description="The base, if its files were approved.")] = Field(
        default_factory=list[Pinned]
    )
    dataset: Dataset
    image: Annotated[str, Field(pattern=r"^\S+[:@]\S+$", description="The trainer's image, with its version.")]
    run: Annotated[int, Field(gt=0, description="A higher number is another run.")] = 1
    schedule: Schedule | None = None
    deadline_hours: Annotated[float, Field(gt=0, le=24 * 90)] = 72.0
    attempts: Annotated[int, Field(ge=0, le=100, description="Failures of pods; nodes that go are none.")] = 6
    measures: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", description="The trainer's file of measures.")] = (
        "all_results.json"
    )
    gates: Annotated[list[Gate], Field(min_length=1)]
    makes: Annotated[Name, Field(description="The model's name in the store.")]
    registry: Annotated[Registry | None, Field(description="Gets each version too, with what it was made from.")] = None

    @property
    @abstractmethod
    def method(self) -> Method:
        """Whether all parameters are trained or an adapter."""

    @property
    @abstractmethod
    def command(self) -> tuple[str, ...]:
        """The trainer of one pod; `{nodes}`, `{gpus}` and `{first}` are the run's."""

    @property
    def demand(self) -> Run:
        """What the run needs, for the planner."""
        return Run(
            model=self.base,
            tokens_b=self.dataset.tokens_b,
            method=self.method,
            deadline_h=self.deadline_hours,
            runs_per_month=self.schedule.runs_per_month if self.schedule else 1.0,
        )

    @property
    def models_used(self) -> tuple[str, ...]:
        """The model it begins with."""
        return (self.base,)

    @property
    def registries(self) -> Registries:
        """The one that it tells, and the one that its base comes from."""
        told = ((("registry",), self.registry),) if self.registry else ()
        return (*told, *pinned_from(self.pinned))

    @property
    def exposed(self) -> tuple[str, ...]:
        """Nobody reaches it; it tells a registry, if there is one."""
        return (f"tells {self.registry.address}",) if self.registry else ()

    @property
    def overseers(self) -> str:
        """The owner: nothing it makes serves before its digest stands in a blueprint."""
        return self.owner.team

    def refusals(self) -> tuple[Reason, ...]:
        """Gates of one measure."""
        names = [one.measure for one in self.gates]
        return tuple(
            Reason(("gates", index, "measure"), f"'{name}' stands there twice: one gate for each")
            for index, name in enumerate(names)
            if name in names[:index]
        )
