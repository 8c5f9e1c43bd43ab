"""What a team writes: an assistant that customers talk to, with people behind it at any hour."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.served.chatting import Asked, Chatting, Refuse
from blueprints.served.model import Answers, Documents
from blueprints.written import Name, Written

LEAST_AVAILABLE = 99.5
LANGUAGE = r"^[a-z]{2}(-[A-Z]{2})?$"


class Customers(Written):
    """Who writes, and how much; a conversation has several questions."""

    conversations_per_day: Annotated[int, Field(gt=0, le=10_000_000)]
    questions_per_conversation: Annotated[float, Field(ge=1, le=100)] = 4.0
    busiest_hour_share: Annotated[float, Field(gt=0, le=1, description="Share of a day's questions.")] = 0.15
    prompt_tokens: Annotated[int, Field(gt=0, le=200_000, description="A question with history and passages.")] = 3000
    answer_tokens: Annotated[int, Field(gt=0, le=32_000)] = 250
    languages: Annotated[
        list[Annotated[str, Field(pattern=LANGUAGE)]], Field(min_length=1, description="ISO 639-1, as `de` or `en-IN`.")
    ]


class Articles(Documents):
    """What it may answer from; customers read all of it where nothing else is said."""

    permissions: Annotated[Literal["source", "everyone"], Field(description="Who reads what.")] = "everyone"


class HandOver(Written):
    """Who takes over when the assistant is not sure, or the customer asks for a person."""

    team: Name
    contact: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", description="An e-mail address that is always read.")]
    within_minutes: Annotated[int, Field(gt=0, le=1440)] = 15


class CustomerSupport(Chatting):
    """An assistant that customers talk to."""

    LOAD: ClassVar[str] = "customers.conversations_per_day"

    kind: Literal["customer-support"]
    customers: Customers
    documents: Articles
    hand_over: HandOver
    answers: Answers = Answers()
    availability_percent: Annotated[float, Field(ge=90, le=99.99)] = 99.9
    disclosure: Annotated[
        str, Field(min_length=20, max_length=2000, description="What customers are told of whom they talk to.")
    ] = "Say in your first answer of a conversation that you are an AI assistant and that a person can take over."

    @property
    def asked(self) -> Asked:
        """What its customers ask."""
        customers = self.customers
        return Asked(
            people=customers.conversations_per_day,
            daily=customers.conversations_per_day * customers.questions_per_conversation,
            busiest_hour_share=customers.busiest_hour_share,
            prompt_tokens=customers.prompt_tokens,
            answer_tokens=customers.answer_tokens,
        )

    @property
    def knows(self) -> Documents:
        """What it may answer from."""
        return self.documents

    @property
    def told(self) -> tuple[str, ...]:
        """AI Act, article 50: people know that they talk to a machine. And the languages it answers in."""
        return (self.disclosure, f"Answer in the customer's language, one of: {', '.join(self.customers.languages)}.")

    @property
    def overseers(self) -> str:
        """Who takes over where the assistant is not sure."""
        return self.hand_over.team

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Whom to call, and how fast they come."""
        taken = self.hand_over
        return (
            ("hand-over-team", taken.team),
            ("hand-over-contact", taken.contact),
            ("hand-over-within-minutes", str(taken.within_minutes)),
            ("languages", ",".join(self.customers.languages)),
        )

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("customers", self.customers)

    def refusals(self) -> tuple[Reason, ...]:
        """What an assistant must have before customers meet it."""
        found: list[Reason] = []
        if not self.answers.redact:
            text = "customers write what must not reach a model: name what is redacted, at least email and phone"
            found.append(Reason(("answers", "redact"), text))
        if not self.answers.confidence:
            text = "people take over where the assistant is not sure: state the confidence below which they do"
            found.append(Reason(("answers", "confidence"), text))
        if isinstance(self.fallback, Refuse):
            text = "customers come at any hour: let a smaller model or an endpoint answer when the chat model cannot"
            found.append(Reason(("fallback", "kind"), text))
        if self.availability_percent < LEAST_AVAILABLE:
            text = f"{self.availability_percent:g} % is hours of silence a month: state {LEAST_AVAILABLE} at least"
            found.append(Reason(("availability_percent",), text))
        return tuple(found)
