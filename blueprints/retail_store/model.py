"""What a team writes: a store's tills, what may be offered at them, and a recommender in the centre, if any."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.scored.model import Demand, Elsewhere, Label, Scored
from blueprints.written import DataClass, Name, Written
from serving.decisions.spec import Field as Value

#: names that every request has
STORE, BASKET, CUSTOMER = "store", "basket", "customer"
PERSONAL = {DataClass.CONFIDENTIAL, DataClass.RESTRICTED}


class Tills(Written):
    """How many there are, how busy they are, and how long the till waits for an offer."""

    count: Annotated[int, Field(gt=0, le=10_000)]
    baskets_per_hour: Annotated[float, Field(gt=0, le=1000, description="Of one, in the busiest hour.")] = 40.0
    asks_per_basket: Annotated[float, Field(ge=1, le=100, description="How often an offer is asked for.")] = 2.0
    hours_per_day: Annotated[float, Field(gt=0, le=24)] = 13.0
    busy_share: Annotated[float, Field(gt=0, le=1, description="Of the busiest hour, in the mean.")] = 0.5
    within_ms: Annotated[int, Field(ge=50, le=10_000)] = 250


class RetailStore(Scored):
    """Offers at a store's tills: the centre's recommender is asked first, the store's own model when it is away."""

    LOAD: ClassVar[str] = "tills.count"

    kind: Literal["retail-store"]
    tills: Tills
    categories: Annotated[
        list[Label], Field(min_length=1, max_length=500, description="How many of each are in the basket.")
    ]
    offers: Annotated[
        list[Name], Field(min_length=2, max_length=5000, description="In the order of the model's numbers.")
    ]
    most_offers: Annotated[int, Field(gt=0, le=20, description="Told for a basket.")] = 3
    central: Annotated[
        Elsewhere | None, Field(description="Knows all stores; asked first, for half of the model's time.")
    ] = None
    loyalty: Annotated[bool, Field(description="Requests name the customer; models see a fingerprint.")] = False

    @property
    def demand(self) -> Demand:
        """Every till's baskets."""
        asked = self.tills
        busiest = asked.count * asked.baskets_per_hour * asked.asks_per_basket
        daily = busiest * asked.busy_share * asked.hours_per_day
        return Demand(daily=daily, busiest_per_s=busiest / 3600, within_ms=asked.within_ms)

    @property
    def values(self) -> tuple[Value, ...]:
        """The store, the basket, the customer where there is one, and what is in the basket."""
        customer = (Value(name=CUSTOMER, type="secret"),) if self.loyalty else ()
        counts = (Value(name=one, type="number", default=0.0) for one in self.categories)
        return (Value(name=STORE, type="key"), Value(name=BASKET, type="key"), *customer, *counts)

    @property
    def elsewhere(self) -> Elsewhere | None:
        """The recommender in the centre."""
        return self.central

    @property
    def asked_first(self) -> bool:
        """The centre knows more than a store."""
        return True

    @property
    def choices(self) -> tuple[str, ...]:
        """The offers."""
        return tuple(self.offers)

    @property
    def most_choices(self) -> int:
        """How many are told."""
        return self.most_offers

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("tills", self.tills)

    def refusals(self) -> tuple[Reason, ...]:
        """Numbers that stand for no offer, names that stand for two things, and customers whom nothing protects."""
        found: list[Reason] = []
        for at, model in (("model", self.model), ("challenger", self.challenger)):
            if model is not None and model.score.size != len(self.offers):
                text = f"'{model.score.name}' has {model.score.size} numbers, there are {len(self.offers)} offers"
                found.append(Reason((at, "score", "size"), text))
            if model is not None and model.index is not None:
                found.append(Reason((at, "index"), "an offer is chosen by all numbers: leave it out"))
        for field, names, taken in (
            ("categories", self.categories, {STORE, BASKET, CUSTOMER}),
            ("offers", self.offers, {""}),
        ):
            for index, name in enumerate(names):
                if name in taken or name in names[:index]:
                    found.append(Reason((field, index), f"'{name}' stands for something already: give each its own"))
        lowest = min(self.outcomes, key=lambda one: one.at_least).name
        if self.otherwise != lowest:
            text = f"without a model there is nothing to offer: say '{lowest}', which begins lowest"
            found.append(Reason(("otherwise",), text))
        if self.loyalty and self.data.class_ not in PERSONAL:
            text = f"who bought what is personal: it is `confidential` at least, not `{self.data.class_}`"
            found.append(Reason(("data", "class"), text))
        return tuple(found)
