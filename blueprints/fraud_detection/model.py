"""What a team writes: transactions, what is known of each, and how fast they are decided."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.scored.model import Demand, Elsewhere, Features, Label, Scored
from blueprints.written import Written
from serving.decisions.spec import Field as Value

SECONDS_PER_DAY = 86_400


class Transactions(Written):
    """How many there are, and how long one may wait."""

    per_day: Annotated[float, Field(gt=0, le=1e10)]
    busiest_per_second: Annotated[float, Field(gt=0, le=1e6)]
    within_ms: Annotated[int, Field(ge=10, le=10_000, description="Until the answer is there.")] = 50


class Known(Written):
    """A value of a transaction. A `secret` (a card, an account) leaves the service as its fingerprint only.

    That is `tok_` and the first 32 digits of its HMAC-SHA256 with `DOMICILE_TOKENS` of the Secret `decisions-keys`:
    whoever fills a feature store by such a key names entities so too.
    """

    name: Label
    type: Literal["number", "key", "secret"] = "number"
    default: Annotated[float | None, Field(description="Of a number that may be missing.")] = None

    @model_validator(mode="after")
    def _of_a_number(self) -> "Known":
        if self.default is not None and self.type != "number":
            message = f"default: '{self.name}' is a {self.type}: only numbers have one"
            raise ValueError(message)
        return self


class FraudDetection(Scored):
    """Transactions are decided in milliseconds; rules decide without the model, people where it is unsure."""

    LOAD: ClassVar[str] = "transactions.busiest_per_second"

    kind: Literal["fraud-detection"]
    transactions: Transactions
    fields: Annotated[list[Known], Field(min_length=1, max_length=500)]
    features: Features | None = None
    burst: Annotated[Elsewhere | None, Field(description="Takes what is too much; secrets stay here.")] = None

    @property
    def demand(self) -> Demand:
        """The transactions."""
        asked = self.transactions
        return Demand(daily=asked.per_day, busiest_per_s=asked.busiest_per_second, within_ms=asked.within_ms)

    @property
    def values(self) -> tuple[Value, ...]:
        """What is known of one."""
        return tuple(Value(name=one.name, type=one.type, default=one.default) for one in self.fields)

    @property
    def looked_up(self) -> Features | None:
        """What the feature store knows of who pays."""
        return self.features

    @property
    def elsewhere(self) -> Elsewhere | None:
        """The model in a cloud that takes a burst."""
        return self.burst

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("transactions", self.transactions)

    def refusals(self) -> tuple[Reason, ...]:
        """A busiest second that is none, values of one name, and no rules for when no model answers."""
        found: list[Reason] = []
        mean = self.transactions.per_day / SECONDS_PER_DAY
        if self.transactions.busiest_per_second < mean:
            text = f"{self.transactions.per_day:,.0f} a day are {mean:,.1f} a second in the mean: the busiest has more"
            found.append(Reason(("transactions", "busiest_per_second"), text))
        names = [one.name for one in self.fields]
        for index, name in enumerate(names):
            if name in names[:index]:
                found.append(Reason(("fields", index, "name"), f"'{name}' stands there twice: give each its own"))
        if not self.rules:
            text = "without a rule every transaction has one outcome when the model does not answer: add one"
            found.append(Reason(("rules",), text))
        return tuple(found)
