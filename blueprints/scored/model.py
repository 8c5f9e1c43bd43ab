"""What every blueprint of a workload that decides says: load, model, what scores mean, what stands in."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from blueprints.governed import Governed
from blueprints.served.model import Identity
from blueprints.written import Country, Lookers, Name, Written
from serving.decisions.spec import Field as Value

Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
SCORER, CHALLENGER, REVIEWERS = "scorer", "challenger", "reviewers"


class Input(Written):
    """A tensor that the model takes: of several values of the request, or one `tensor` of it."""

    name: Annotated[str, Field(min_length=1, max_length=128)] = "input__0"
    datatype: Literal["FP32", "FP16", "FP64", "INT64", "INT32", "UINT8"] = "FP32"
    fields: list[Label] = Field(default_factory=list[str])
    field: str = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> "Input":
        if bool(self.fields) == bool(self.field):
            message = "fields: name the values it is made of, or the one tensor with 'field'"
            raise ValueError(message)
        return self


class Output(Written):
    """An output of the model, and how many numbers it has for a request."""

    name: Annotated[str, Field(min_length=1, max_length=128)] = "output__0"
    size: Annotated[int, Field(gt=0, le=1_000_000)] = 2


class Model(Written):
    """The model: a version of it lies in the store at `/models/<name>/<version>`, and its files have the digest.

    ``per_second`` is what one server of it carried in time, in a load test: sizes follow from it.
    """

    name: Name
    version: Annotated[int, Field(gt=0)]
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$", description="`domicile digest <folder>` says it.")]
    licence: Annotated[str, Field(min_length=1, max_length=63)]
    format: Literal["onnx", "xgboost", "tensorrt"]
    inputs: Annotated[list[Input], Field(min_length=1)]
    score: Output = Output()
    index: Annotated[int | None, Field(ge=0, description="Which number is the score; the highest when left out.")] = (
        None
    )
    reasons: Output | None = None
    per_second: Annotated[float, Field(gt=0, le=1_000_000)]
    batch: Annotated[int, Field(gt=0, le=4096, description="Requests it computes at once.")] = 32
    gpu: bool = False
    cpu: Annotated[int, Field(gt=0, le=256, description="Processors of a server.")] = 4
    memory_gib: Annotated[int, Field(gt=0, le=1024)] = 4
    mib: Annotated[float, Field(gt=0, le=100_000, description="The size of its files.")] = 64.0


class Bound(Written):
    """What a score from ``at_least`` on means; ``people`` look at it where it says so."""

    name: Name
    at_least: Annotated[float, Field(ge=0, le=1)]
    people: bool = False


class Rule(Written):
    """Decides when the model does not answer: a value over or under a bound, or equal to a text."""

    field: Label
    outcome: Name
    why: Annotated[str, Field(min_length=3, max_length=200)]
    over: float | None = None
    under: float | None = None
    equals: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Rule":
        numbers = self.over is not None or self.under is not None
        if numbers == (self.equals is not None):
            message = "over: say over and under, or equals"
            raise ValueError(message)
        return self


class Features(Written):
    """A view of the platform's feature store; ``field`` of the request names the entity."""

    namespace: Name = "features"
    view: Label
    entity: Label
    field: Label
    names: Annotated[list[Label], Field(min_length=1)]


class Elsewhere(Written):
    """A model elsewhere, beside the own one. It speaks the Open Inference Protocol."""

    address: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9./_-]+$", description="Up to and with /infer.")]
    country: Annotated[Country, Field(description="Where it computes, by contract.")]


class Reviewers(Lookers):
    """Who looks at what waits for people."""


class Callers(Written):
    """Who asks, with a key each, or with the tokens of an identity provider."""

    callers: list[Name] = Field(min_length=1, default_factory=lambda: ["applications"])
    identities: list[Identity] = Field(default_factory=list[Identity])

    @model_validator(mode="after")
    def _known(self) -> "Callers":
        if REVIEWERS in self.callers:
            message = f"callers: '{REVIEWERS}' is the name of those who look at decisions: choose another"
            raise ValueError(message)
        known = {*self.callers, REVIEWERS}
        for identity in self.identities:
            unknown = sorted(set(identity.teams.values()) - known)
            if unknown:
                message = f"identities: {', '.join(unknown)} does not ask here; {', '.join(sorted(known))} do"
                raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked: decisions a day, and a second when there are most; each within so many ms."""

    daily: float
    busiest_per_s: float
    within_ms: int


class Scored(Governed, ABC):
    """A workload whose decisions a model's scores make."""

    model: Model
    challenger: Annotated[
        Model | None, Field(description="Is asked too and decides nothing: the two are compared.")
    ] = None
    outcomes: Annotated[list[Bound], Field(min_length=1)]
    rules: list[Rule] = Field(default_factory=list[Rule])
    otherwise: Annotated[Name, Field(description="The outcome when neither the model nor a rule decides.")]
    reviewers: Reviewers
    access: Callers = Callers()
    log_values: Annotated[bool, Field(description="Write values to the audit log, not only their digest.")] = False

    @property
    def models_used(self) -> tuple[str, ...]:
        """Its model and the challenger, with their versions."""
        return tuple(f"{one.name}@{one.version}" for one in self.versions)

    @property
    def versions(self) -> tuple[Model, ...]:
        """Its model, and the challenger if there is one."""
        return (self.model,) if self.challenger is None else (self.model, self.challenger)

    @property
    def exposed(self) -> tuple[str, ...]:
        """The model elsewhere."""
        return (f"asks {self.elsewhere.address}",) if self.elsewhere is not None else ()

    @property
    def overseers(self) -> str:
        """Those who look at what waits, where anything does."""
        return self.reviewers.team if any(one.people for one in self.outcomes) else ""

    @property
    @abstractmethod
    def demand(self) -> Demand:
        """What is asked of it."""

    @property
    @abstractmethod
    def values(self) -> tuple[Value, ...]:
        """What a request has."""

    @property
    def looked_up(self) -> Features | None:
        """What is looked up in a feature store, if anything."""
        return None

    @property
    def elsewhere(self) -> Elsewhere | None:
        """Who takes what is too much, if anybody does."""
        return None

    @property
    def asked_first(self) -> bool:
        """Whether the model elsewhere is asked before the own one, which answers when it does not."""
        return False

    @property
    def choices(self) -> tuple[str, ...]:
        """What a model chooses of, in the order of its numbers; empty where it decides yes or no."""
        return ()

    @property
    def most_choices(self) -> int:
        """How many of them are told."""
        return 0

    @property
    def kinds(self) -> dict[str, str]:
        """What rules and models may use, and of which type it is."""
        looked_up = self.looked_up.names if self.looked_up else ()
        return {**{one.name: one.type for one in self.values}, **dict.fromkeys(looked_up, "number")}

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What people may say of what waits for them."""
        return tuple(one.name for one in self.outcomes if not one.people)

    @property
    def stays_in_house(self) -> str:
        """Why it may not run on a cloud's platform; empty where it may."""
        return ""

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Who looks at what waits for people."""
        return self.reviewers.notes
