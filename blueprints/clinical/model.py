"""What a hospital writes: studies of patients, what a model says of them first, and what people may find."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governance.purpose import Purpose
from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.scored.model import Demand, Scored
from blueprints.written import DataClass, Name, Written
from serving.decisions.spec import Field as Value

#: HIPAA keeps documentation for six years: 45 CFR 164.316(b)(2)
HIPAA_DAYS = 2190


class Studies(Written):
    """How many there are, their size when a model sees them, and when the first opinion is there."""

    per_day: Annotated[float, Field(gt=0, le=1e6)]
    busiest_hour_share: Annotated[float, Field(gt=0, le=1)] = 0.15
    slices: Annotated[int, Field(gt=0, le=2000)] = 1
    width: Annotated[int, Field(ge=16, le=4096)] = 512
    height: Annotated[int, Field(ge=16, le=4096)] = 512
    within_ms: Annotated[int, Field(ge=200, le=600_000)] = 5000


class Clinical(Scored):
    """A model orders studies by urgency; people find, always, and see everything when no model looked."""

    LOAD: ClassVar[str] = "studies.per_day"

    kind: Literal["clinical"]
    purpose: Purpose = Purpose(area="medical-device")
    studies: Studies
    findings: Annotated[list[Name], Field(min_length=2, description="What people may find.")]

    @property
    def demand(self) -> Demand:
        """The studies."""
        asked = self.studies
        busiest = asked.per_day * asked.busiest_hour_share / 3600
        return Demand(daily=asked.per_day, busiest_per_s=busiest, within_ms=asked.within_ms)

    @property
    def values(self) -> tuple[Value, ...]:
        """The patient, of whom a fingerprint is kept, the study's number, and its pictures."""
        shape = (self.studies.slices, self.studies.height, self.studies.width)
        return (
            Value(name="patient", type="secret"),
            Value(name="study", type="key"),
            Value(name="pictures", type="tensor", shape=shape),
        )

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What people may find."""
        return tuple(self.findings)

    @property
    def stays_in_house(self) -> str:
        """Patients' pictures do not leave the house."""
        return "patients' pictures stay in the house: attach a cluster there"

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("studies", self.studies)

    def refusals(self) -> tuple[Reason, ...]:
        """Data that are not treated as patients', opinions without people, and records that go too early."""
        found: list[Reason] = []
        if self.data.class_ != DataClass.RESTRICTED:
            text = f"patients' data are `restricted`, not `{self.data.class_}`"
            found.append(Reason(("data", "class"), text))
        for index, one in enumerate(self.outcomes):
            if not one.people:
                text = f"'{one.name}' would stand without anybody having looked: say people: true"
                found.append(Reason(("outcomes", index, "people"), text))
        if "US" in self.data.jurisdictions and self.data.retention_days < HIPAA_DAYS:
            text = f"documentation is kept for six years, {HIPAA_DAYS} days, by 45 CFR 164.316(b)(2)"
            found.append(Reason(("data", "retention_days"), text))
        if self.log_values:
            text = "patients' values stand in no log: leave it out"
            found.append(Reason(("log_values",), text))
        return tuple(found)
