"""What decides: a model's score and bounds, rules for when it does not answer, and who may ask."""

from dataclasses import dataclass
from typing import Literal

from components.ownership import Ownership
from serving.gateway.spec import Issuer

PORT = 8080
NAME = "decisions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A value of a request. A `secret` leaves the service as its fingerprint only; a `tensor` has a ``shape``.

    Without a ``default`` (of a `number`) a request must have it.
    """

    name: str
    type: Literal["number", "key", "secret", "tensor"]
    shape: tuple[int, ...] = ()
    default: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """An input of a model: of several ``fields`` or features, or one tensor ``field`` of the request."""

    name: str
    datatype: str
    fields: tuple[str, ...] = ()
    field: str = ""
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A model: its output ``score`` (at ``index``, the highest without one), and the one with ``reasons``, if any.

    ``server`` is the part of the workload that serves it; its ``name`` and ``version`` stand in the audit log.
    """

    server: str
    name: str
    version: int
    inputs: tuple[Tensor, ...]
    score: str
    index: int | None
    reasons: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a score from ``at_least`` on means, and whether it waits for people."""

    name: str
    at_least: float
    people: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Decides when no model answers: a value over or under a bound, or equal to a text; ``why`` is told."""

    field: str
    outcome: str
    why: str
    over: float | None = None
    under: float | None = None
    equals: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a feature store (Feast) at ``address`` knows of the entity that ``field`` of the request names."""

    address: str
    namespace: str
    view: str
    entity: str
    field: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A model elsewhere (Open Inference Protocol) that is asked when the own one has as many as it takes.

    One that is asked ``first`` has half of the model's time; the own one answers when it does not.
    """

    address: str
    country: str
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsSpec:
    """The service. ``parallel`` is how many requests the model takes at once from one replica.

    The audit log is kept for ``keep_days``; ``log_values`` writes the values themselves to it, not only their digest.
    Where a model's score has a number for each of ``choices``, the best ``most_choices`` that reach the outcome's bound
    are told with it. ``otherwise`` is the outcome when neither a model nor a rule decides. ``reviewers`` may look at
    what waits, and say one of the ``verdicts``.
    """

    ownership: Ownership
    image: str
    replicas: int
    within_ms: int
    parallel: int
    fields: tuple[Field, ...]
    model: Asked
    challenger: Asked | None
    outcomes: tuple[Outcome, ...]
    rules: tuple[Rule, ...]
    otherwise: str
    callers: tuple[str, ...]
    reviewers: str
    verdicts: tuple[str, ...]
    issuers: tuple[Issuer, ...] = ()
    features: Features | None = None
    burst: Burst | None = None
    choices: tuple[str, ...] = ()
    most_choices: int = 0
    log_values: bool = False
    keep_days: int
    audit_gib: int
    storage_class: str = ""
    clients: tuple[str, ...] = ()
