"""What a team writes of a fleet: the workload of its sites, their inventory, rings and gates, and where the hub is."""

import base64
import binascii
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from blueprints.governed import Budget
from blueprints.written import Name, Owner, Written
from components.targets import WorkloadTarget

Percent = Annotated[float, Field(ge=0, le=100)]


def _raw(key: str) -> str:
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        message = "it is no Ed25519 key of 32 bytes in base64: `domicile fleet key` makes one and says its public half"
        raise ValueError(message)
    return key


class Ring(Written):
    """Sites that get a release together: those whose row names it, a number of the others, or the rest of them."""

    name: Name
    sites: Annotated[int | None, Field(gt=0, description="So many of the sites whose row names no ring.")] = None
    percent: Annotated[float | None, Field(gt=0, le=100, description="Such a share of them.")] = None
    soak_hours: Annotated[float, Field(ge=0, le=24 * 90, description="So long before the next ring begins.")] = 0.0

    @model_validator(mode="after")
    def _one_way(self) -> "Ring":
        if self.sites is not None and self.percent is not None:
            message = "percent: say sites or percent"
            raise ValueError(message)
        return self


class Gates(Written):
    """What a ring must show before the next one gets a release."""

    least_requests: Annotated[int, Field(gt=0, description="Of all its sites together.")] = 500
    margin_percent: Annotated[Percent, Field(description="More requests may fail, or be decided without a model.")] = (
        1.0
    )
    shift_percent: Annotated[Percent, Field(description="More requests may have an outcome than before.")] = 10.0
    rolled_back_percent: Annotated[Percent, Field(description="More sites of a ring that go back stop it.")] = 10.0
    enough_percent: Annotated[Percent, Field(description="Sites of a ring that must have settled.")] = 90.0
    silent_hours: Annotated[float, Field(gt=0, le=24 * 365, description="Nobody waits longer for a site.")] = 72.0


class Site(Written):
    """How a site takes a release."""

    ready_minutes: Annotated[int, Field(gt=0, le=24 * 60, description="Then it is ready, or taken back.")] = 30
    trial_hours: Annotated[float, Field(gt=0, le=24 * 30, description="Then it has settled.")] = 4.0
    drift: Annotated[Literal["correct", "tell"], Field(description="What is done about changes by hand.")] = "correct"
    storage_class: Annotated[str, Field(description="Of the agent's volume; it must encrypt.")] = "encrypted"


class Fleet(Written):
    """Many sites that run one workload, each in its own cluster."""

    kind: Literal["fleet"]
    name: Name
    owner: Owner
    workload: Annotated[str, Field(description="The blueprint of what a site runs, relative to this one.")]
    sites: Annotated[str, Field(description="The inventory of sites, CSV or YAML, relative to this one.")]
    release_keys: Annotated[list[Annotated[str, AfterValidator(_raw)]], Field(min_length=1)]
    rings: Annotated[list[Ring], Field(min_length=2, description="The last one has all sites that are left.")]
    gates: Gates = Gates()
    site: Site = Site()
    keep_days: Annotated[int, Field(gt=0, le=3650, description="How long the hub keeps what sites told.")] = 365
    hostname: Annotated[str, Field(pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$|^$", description="As sites know the hub.")] = ""
    budget: Budget
    target: Annotated[WorkloadTarget, Field(description="Where the hub is.")]

    @model_validator(mode="after")
    def _rings(self) -> "Fleet":
        names = [ring.name for ring in self.rings]
        for name in names:
            if names.count(name) > 1:
                message = f"rings: '{name}' stands there twice"
                raise ValueError(message)
        return self
