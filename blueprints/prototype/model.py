"""What a team writes to try something: a hosted model in the right country, a cap on money, and a day when it ends."""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.served.chatting import DAYS_PER_MONTH
from blueprints.served.model import Endpoint, Outside, Served
from blueprints.served.roles import CHAT, Role
from blueprints.written import Written
from planning.cost import CostLine

LONGEST_DAYS = 180
DAY = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"


class Trial(Written):
    """Who tries it, how much, and until when. After the last day the gateway refuses everyone."""

    people: Annotated[int, Field(gt=0, le=1000)]
    questions_per_day: Annotated[float, Field(gt=0, le=1000, description="Per person.")] = 10.0
    prompt_tokens: Annotated[int, Field(gt=0, le=200_000)] = 2000
    answer_tokens: Annotated[int, Field(gt=0, le=32_000)] = 400
    first_day: Annotated[str, Field(pattern=DAY, description="As 2026-11-26.")]
    last_day: Annotated[str, Field(pattern=DAY)]
    question: Annotated[str, Field(min_length=10, max_length=1000, description="What is to be found out.")]


class Prototype(Served):
    """A trial on a hosted model, with a cap on money and a day when it ends; no accelerators of its own."""

    LOAD: ClassVar[str] = "trial.people"

    kind: Literal["prototype"]
    trial: Trial
    endpoint: Endpoint
    availability_percent: Annotated[float, Field(ge=90, le=99.99)] = 95.0

    def roles(self) -> tuple[Role, ...]:
        """It serves no model itself."""
        return ()

    @property
    def ends(self) -> str:
        """The last day on which the gateway answers."""
        return self.trial.last_day

    @property
    def outside(self) -> Outside:
        """The hosted model is the one that answers."""
        return Outside(
            alias=CHAT,
            endpoint=self.endpoint,
            answer_tokens=self.trial.answer_tokens,
            path=("endpoint",),
        )

    @property
    def spent(self) -> tuple[CostLine, ...]:
        """The tokens of a month, at the endpoint's price."""
        trial = self.trial
        questions = trial.people * Decimal(str(trial.questions_per_day)) * Decimal(str(DAYS_PER_MONTH))
        millions = questions * (trial.prompt_tokens + trial.answer_tokens) / 1_000_000
        usd = (millions * Decimal(str(self.endpoint.usd_per_million_tokens))).quantize(Decimal("0.01"))
        basis = (
            f"{millions:.1f} million tokens at {self.endpoint.usd_per_million_tokens:g} USD, as the blueprint states"
        )
        return (CostLine(f"{CHAT} ({self.endpoint.model})", usd, basis),)

    def notes(self) -> tuple[tuple[str, str], ...]:
        """What it is for and when it ends."""
        return (("expires", self.trial.last_day), ("question", self.trial.question))

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("trial", self.trial)

    def refusals(self) -> tuple[Reason, ...]:
        """A trial without a cap, or one that is no trial any more."""
        found: list[Reason] = []
        days: list[date] = []
        for name in ("first_day", "last_day"):
            try:
                days.append(date.fromisoformat(getattr(self.trial, name)))
            except ValueError:
                found.append(Reason(("trial", name), f"there is no day {getattr(self.trial, name)}"))
        if len(days) == len(("first_day", "last_day")):
            lasts = (days[1] - days[0]).days
            if lasts < 0:
                found.append(Reason(("trial", "last_day"), "it is before the first day"))
            elif lasts > LONGEST_DAYS:
                text = f"{lasts} days are no trial: {LONGEST_DAYS} at most, then take a kind for production"
                found.append(Reason(("trial", "last_day"), text))
        for index, team in enumerate(self.access.teams):
            if team.monthly_usd is None:
                text = f"state the most that '{team.name}' may spend: a trial has a cap"
                found.append(Reason(("access", "teams", index, "monthly_usd"), text))
        capped = sum(team.monthly_usd or 0 for team in self.access.teams)
        if capped > self.budget.monthly_usd:
            text = f"the teams may spend {capped:g} USD together: more than the budget of {self.budget.monthly_usd} USD"
            found.append(Reason(("budget", "monthly_usd"), text))
        return tuple(found)
