"""What a team writes: an internal knowledge assistant over its own documents (retrieval-augmented generation)."""

from typing import ClassVar, Literal

from blueprints.governed import unset
from blueprints.served.chatting import Asked, Chatting, Users
from blueprints.served.model import Documents


class KnowledgeAssistant(Chatting):
    """An internal knowledge assistant."""

    LOAD: ClassVar[str] = "users.active"

    kind: Literal["knowledge-assistant"]
    users: Users
    documents: Documents

    @property
    def asked(self) -> Asked:
        """What its users ask."""
        return self.users.asked

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("users", self.users)

    @property
    def knows(self) -> Documents:
        """Its documents."""
        return self.documents
