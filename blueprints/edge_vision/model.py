"""What a team writes: cameras at a line, and what a model sees on their frames."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.scored.model import Demand, Scored
from blueprints.written import Written
from serving.decisions.spec import Field as Value

CHANNELS = 3


class Cameras(Written):
    """How many there are, how often each looks, and how large its frames are when a model sees them."""

    count: Annotated[int, Field(gt=0, le=10_000)]
    frames_per_second: Annotated[float, Field(gt=0, le=240)]
    width: Annotated[int, Field(ge=16, le=4096)] = 224
    height: Annotated[int, Field(ge=16, le=4096)] = 224
    hours_per_day: Annotated[float, Field(gt=0, le=24)] = 16.0
    within_ms: Annotated[int, Field(ge=20, le=10_000)] = 200

    @property
    def per_second(self) -> float:
        """Frames of all of them."""
        return self.count * self.frames_per_second

    @property
    def mbit_per_second(self) -> float:
        """What all frames are on a wire, a byte for each channel of a pixel."""
        return self.per_second * self.width * self.height * CHANNELS * 8 / 1e6


class Site(Written):
    """The line of the site to the world."""

    uplink_mbit: Annotated[float, Field(ge=0, le=1e6, description="What it carries for this; 0 is none.")] = 0.0


class EdgeVision(Scored):
    """Cameras find defects where things are made; without the model the part goes to people."""

    LOAD: ClassVar[str] = "cameras.count"

    kind: Literal["edge-vision"]
    cameras: Cameras
    site: Site = Site()

    @property
    def demand(self) -> Demand:
        """The frames."""
        asked = self.cameras
        daily = asked.per_second * asked.hours_per_day * 3600
        return Demand(daily=daily, busiest_per_s=asked.per_second, within_ms=asked.within_ms)

    @property
    def values(self) -> tuple[Value, ...]:
        """The camera, the number under which the line keeps the frame, and the frame itself."""
        frame = (CHANNELS, self.cameras.height, self.cameras.width)
        return (
            Value(name="camera", type="key"),
            Value(name="frame", type="key"),
            Value(name="pixels", type="tensor", shape=frame),
        )

    @property
    def stays_in_house(self) -> str:
        """Frames that the site's uplink does not carry."""
        needed, there = self.cameras.mbit_per_second, self.site.uplink_mbit
        if needed <= there:
            return ""
        return (
            f"all frames are {needed:,.0f} Mbit a second, the site's uplink carries {there:,.0f}: "
            "attach a cluster at the site, or state the uplink"
        )

    def taken_for_granted(self) -> tuple[str, ...]:
        """What was not stated of cameras and site."""
        return (*unset("cameras", self.cameras), *unset("site", self.site))

    def refusals(self) -> tuple[Reason, ...]:
        """A part that passes when nobody looked at it."""
        safe = {one.name for one in self.outcomes if one.people}
        worst = max(self.outcomes, key=lambda one: one.at_least).name
        if self.otherwise not in {*safe, worst}:
            text = f"a part that no model saw would be '{self.otherwise}': people look at it, or it is '{worst}'"
            return (Reason(("otherwise",), text),)
        return ()
