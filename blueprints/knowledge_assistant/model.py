"""What a team writes: an internal knowledge assistant over its own documents (retrieval-augmented generation)."""

from typing import Annotated, Literal

from pydantic import Field

from blueprints.served.chatting import Asked, Chatting
from blueprints.served.model import Documents, unset
from blueprints.written import Written


class Users(Written):
    """Who asks, and how much."""

    active: Annotated[int, Field(gt=0, le=1_000_000, description="People who use it on a working day.")]
    questions_per_day: Annotated[float, Field(gt=0, le=1000, description="Per person.")] = 8.0
    busiest_hour_share: Annotated[float, Field(gt=0, le=1, description="Share of a day's questions.")] = 0.2
    prompt_tokens: Annotated[int, Field(gt=0, le=200_000, description="A question with its passages.")] = 4000
    answer_tokens: Annotated[int, Field(gt=0, le=32_000)] = 400


class KnowledgeAssistant(Chatting):
    """An internal knowledge assistant."""

    kind: Literal["knowledge-assistant"]
    users: Users
    documents: Documents

    @property
    def asked(self) -> Asked:
        """What its users ask."""
        users = self.users
        return Asked(
            people=users.active,
            daily=users.active * users.questions_per_day,
            busiest_hour_share=users.busiest_hour_share,
            prompt_tokens=users.prompt_tokens,
            answer_tokens=users.answer_tokens,
        )

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        load = ("questions_per_day", "busiest_hour_share", "prompt_tokens", "answer_tokens")
        return unset("users", self.users, *load)

    @property
    def knows(self) -> Documents:
        """Its documents."""
        return self.documents
