"""How many replicas there are when few or none ask: hours with more of them, and sleep. Pure."""

from collections.abc import Iterator
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, model_validator

from blueprints.refusal import Reason
from blueprints.written import Written

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


class Hours(Written):
    """A time of the week with at least so many replicas of the chat model, though nobody asks yet."""

    days: list[Day] = Field(["mon", "tue", "wed", "thu", "fri"], min_length=1)
    from_: Annotated[Clock, Field(alias="from", description="As 08:00, in the zone.")]
    to: Annotated[Clock, Field(description="As 18:00; 24:00 is midnight.")]
    zone: Annotated[str, Field(description="As Europe/Berlin.")]
    replicas: Annotated[int, Field(gt=0, le=1000)] = 1

    @model_validator(mode="after")
    def _in_order(self) -> "Hours":
        if self.to <= self.from_:
            message = f"to: {self.to} is not after {self.from_}: write hours over midnight as two"
            raise ValueError(message)
        if self.zone not in available_timezones():
            message = f"zone: '{self.zone}' is no time zone; they are named as Europe/Berlin"
            raise ValueError(message)
        return self


class Sleep(Written):
    """The chat model has no replica once nobody has asked for a while."""

    after_minutes: Annotated[int, Field(ge=5, le=10_080)]
    first_request: Annotated[
        Literal["waits", "fallback"],
        Field(description="Whether the request that wakes it waits for it, or the fallback answers meanwhile."),
    ]


class Scaling(Written):
    """What the number of replicas follows beside the load."""

    hours: list[Hours] = Field(default_factory=list[Hours])
    sleep: Sleep | None = None


def refused(scaling: Scaling, *, most: int, stands_in: bool, available: bool) -> Iterator[Reason]:
    """What does not go together; ``most`` are the planned replicas, ``available`` one that keeps two running."""
    for index, one in enumerate(scaling.hours):
        if one.replicas > most:
            text = f"the plan has {most} at the most: they are sized for the busiest hour"
            yield Reason(("scaling", "hours", index, "replicas"), text)
    if scaling.sleep is None:
        return
    if scaling.sleep.first_request == "fallback" and not stands_in:
        text = "there is no fallback that could answer meanwhile: name one in `fallback`, or let requests wait"
        yield Reason(("scaling", "sleep", "first_request"), text)
    if available and scaling.sleep.first_request == "waits":
        text = (
            "so high an availability keeps two replicas running, and sleep keeps none: take one of them back, or let "
            "the fallback answer while the model starts"
        )
        yield Reason(("scaling", "sleep"), text)
