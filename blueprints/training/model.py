"""What a team writes: a trainer of its own, and the model whose size it has."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.refusal import Reason
from blueprints.trained.model import Method, Trained

NEEDED = "--resume_from_checkpoint"


class Training(Trained):
    """Your own trainer on as many nodes as the deadline needs, from checkpoints when nodes go; gates at the end."""

    LOAD: ClassVar[str] = "dataset.tokens_b"

    kind: Literal["training"]
    trainer: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=2000)]],
        Field(min_length=1, description="The command of a pod; {nodes}, {gpus}, {first}, {output} are the run's."),
    ]

    @property
    def method(self) -> Method:
        """All parameters."""
        return "full"

    @property
    def command(self) -> tuple[str, ...]:
        """The trainer's words."""
        return tuple(self.trainer)

    def refusals(self) -> tuple[Reason, ...]:
        """A trainer that would write its model where nobody looks, or whose pods do not find each other."""
        found = [*super().refusals()]
        said = " ".join(self.trainer)
        for mark, what in (("{output}", "its model is looked for there"), ("{first}", "its pods meet there")):
            if mark not in said:
                found.append(Reason(("trainer",), f"it does not say {mark}: {what}"))
        if NEEDED in said:
            text = f"{NEEDED} is added when there is a checkpoint to go on from: leave it out"
            found.append(Reason(("trainer",), text))
        return tuple(found)
