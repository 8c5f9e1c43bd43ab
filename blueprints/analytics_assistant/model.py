"""What a team writes: questions in words to a warehouse; queries are checked, and approved where they must be."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.served.chatting import Asked, Chatting
from blueprints.served.roles import EMBEDDING, Role
from blueprints.served.warehouse import Approvers, Limits, Queried, Warehouse
from blueprints.written import Name, Written
from serving.queries.spec import APPROVERS, NAME

#: tokens of the instruction, of a table and of a column as the model reads them
TOLD_TOKENS, TABLE_TOKENS, COLUMN_TOKENS = 250, 30, 25
#: how often the model writes a query for a question: one in four is refused and written again
WRITTEN = 1.25
#: engines that read names without quotes in small letters
LOWERED = {"postgresql", "redshift"}


class Analysts(Written):
    """Who asks, and how much."""

    active: Annotated[int, Field(gt=0, le=1_000_000, description="People who use it on a working day.")]
    questions_per_day: Annotated[float, Field(gt=0, le=1000, description="Per person.")] = 10.0
    busiest_hour_share: Annotated[float, Field(gt=0, le=1, description="Share of a day's questions.")] = 0.2
    answer_tokens: Annotated[int, Field(gt=0, le=8000, description="Of a query and its explanation.")] = 350
    teams: Annotated[list[Name], Field(min_length=1, description="Each has a key of its own.")] = Field(
        default_factory=lambda: ["analysts"]
    )


class AnalyticsAssistant(Chatting):
    """Questions in words to a warehouse: a model writes the query, rules and people decide whether it runs."""

    LOAD: ClassVar[str] = "analysts.active"

    kind: Literal["analytics-assistant"]
    analysts: Analysts
    warehouse: Warehouse
    limits: Limits = Limits()
    approvers: Approvers

    @property
    def asked(self) -> Asked:
        """What the model is asked: every question with all tables."""
        told = sum(TABLE_TOKENS + COLUMN_TOKENS * len(one.columns) for one in self.warehouse.tables)
        return Asked(
            people=self.analysts.active,
            daily=self.analysts.active * self.analysts.questions_per_day * WRITTEN,
            busiest_hour_share=self.analysts.busiest_hour_share,
            prompt_tokens=TOLD_TOKENS + told,
            answer_tokens=self.analysts.answer_tokens,
        )

    @property
    def queried(self) -> Queried:
        """Its warehouse."""
        return Queried(
            warehouse=self.warehouse,
            limits=self.limits,
            approvers=self.approvers,
            askers=tuple(self.analysts.teams),
            daily=self.analysts.active * self.analysts.questions_per_day,
        )

    @property
    def exposed(self) -> tuple[str, ...]:
        """The gateway, and the warehouse."""
        return (*super().exposed, f"asks the warehouse {self.warehouse.address}")

    @property
    def overseers(self) -> str:
        """Those who approve."""
        return self.approvers.team

    def roles(self) -> tuple[Role, ...]:
        """The model that writes queries; nothing is looked up, so none embeds."""
        return tuple(one for one in super().roles() if one.name != EMBEDDING)

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Who approves, and how fast."""
        return self.approvers.notes

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load and the limits that were not stated."""
        return (*unset("analysts", self.analysts), *unset("limits", self.limits))

    def refusals(self) -> tuple[Reason, ...]:
        """A warehouse elsewhere, names that stand for two things, and teams that are taken."""
        found: list[Reason] = []
        warehouse, allowed = self.warehouse, self.data.jurisdictions
        if warehouse.country not in allowed:
            text = f"it stands in {warehouse.country}, the data must stay in {', '.join(allowed)}"
            found.append(Reason(("warehouse", "country"), f"{text}: ask one there"))
        if (warehouse.engine == "bigquery") != bool(warehouse.identity):
            text = "BigQuery is asked as a service account, and nothing else is: name one for BigQuery alone"
            found.append(Reason(("warehouse", "identity"), text))
        found += _twice([one.name for one in warehouse.tables], ("warehouse", "tables"))
        for index, table in enumerate(warehouse.tables):
            at = ("warehouse", "tables", index)
            names = [one.name for one in table.columns]
            found += _twice(names, (*at, "columns"))
            if warehouse.engine in LOWERED and any(name != name.lower() for name in (table.name, *names)):
                text = f"{warehouse.engine} reads names in small letters: write them so, or ask a view that has such"
                found.append(Reason((*at, "name"), text))
        for index, team in enumerate(self.analysts.teams):
            if team in {APPROVERS, NAME, *(one.name for one in self.access.teams)}:
                text = f"'{team}' has a key for something else here: choose another"
                found.append(Reason(("analysts", "teams", index), text))
        return tuple(found)


def _twice(names: list[str], at: tuple[str | int, ...]) -> list[Reason]:
    """Names that stand there a second time."""
    return [
        Reason((*at, index, "name"), f"'{name}' stands there twice: give each its own")
        for index, name in enumerate(names)
        if name.lower() in {one.lower() for one in names[:index]}
    ]
