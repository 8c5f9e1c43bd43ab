"""What a team writes: machines, their sensors, and how often a model looks at them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.scored.model import Demand, Label, Scored
from blueprints.written import Written
from serving.decisions.spec import Field as Value

MINUTES_PER_DAY = 1440
#: machines tell at the full minute, not one after another: how many times the mean a second has
TOGETHER = 5


class Sensor(Written):
    """A sensor that every machine has, and the unit of its readings."""

    name: Label
    unit: Annotated[str, Field(min_length=1, max_length=20)]


class Machines(Written):
    """How many there are, and how often each tells its last readings."""

    count: Annotated[int, Field(gt=0, le=1_000_000)]
    every_minutes: Annotated[float, Field(gt=0, le=1440)] = 5.0
    readings: Annotated[int, Field(gt=0, le=10_000, description="Of each sensor, the last ones.")] = 60
    within_ms: Annotated[int, Field(ge=50, le=60_000)] = 2000


class PredictiveMaintenance(Scored):
    """A model foresees failures from sensors' readings; limits decide without it, people before work is ordered."""

    LOAD: ClassVar[str] = "machines.count"

    kind: Literal["predictive-maintenance"]
    machines: Machines
    sensors: Annotated[list[Sensor], Field(min_length=1, max_length=500)]

    @property
    def demand(self) -> Demand:
        """Every machine's turn."""
        asked = self.machines
        daily = asked.count * MINUTES_PER_DAY / asked.every_minutes
        return Demand(daily=daily, busiest_per_s=TOGETHER * daily / 86_400, within_ms=asked.within_ms)

    @property
    def values(self) -> tuple[Value, ...]:
        """The machine, each sensor's last reading, and all readings as `readings`: one row for each time."""
        shape = (self.machines.readings, len(self.sensors))
        return (
            Value(name="machine", type="key"),
            Value(name="readings", type="tensor", shape=shape),
            *(Value(name=one.name, type="number") for one in self.sensors),
        )

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("machines", self.machines)

    def refusals(self) -> tuple[Reason, ...]:
        """Sensors of one name, or of a name that is taken; and machines that nobody stops when no model looks."""
        found: list[Reason] = []
        names = ["machine", "readings", *(one.name for one in self.sensors)]
        for index, one in enumerate(self.sensors):
            if one.name in names[: index + 2]:
                found.append(Reason(("sensors", index, "name"), f"'{one.name}' stands there twice: give each its own"))
        if not any(rule.equals is None for rule in self.rules):
            text = "when no model looks, a machine is stopped by its limits alone: say at least one"
            found.append(Reason(("rules",), text))
        return tuple(found)
