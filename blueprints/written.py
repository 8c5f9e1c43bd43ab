"""What the kinds of blueprint have in common."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,29}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")]


class Written(BaseModel):
    """Taken as written: no unknown key, no conversion between types, no change afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DataClass(StrEnum):
    """How sensitive data is, from the least to the most. It is no access level of people."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class Lookers(Written):
    """People who look at what waits for them, and how soon."""

    team: Annotated[str, Field(min_length=1, max_length=63)]
    contact: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", description="An e-mail address.")]
    within_hours: Annotated[int, Field(gt=0, le=720)] = 24

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What a namespace tells of them."""
        return (
            ("review-team", self.team),
            ("review-contact", self.contact),
            ("review-within-hours", str(self.within_hours)),
        )


class Owner(Written):
    """Who answers for a workload or a platform and pays for it."""

    team: Annotated[str, Field(min_length=1, max_length=63)]
    contact: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", description="An e-mail address.")]
    cost_centre: Annotated[str, Field(min_length=1, max_length=63)]
