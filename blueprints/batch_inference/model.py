"""What a team writes: files of requests in the form of OpenAI's Batch API, answered in a window of the day."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.served.batching import Batching, Work
from blueprints.written import Written

BYTES_PER_TOKEN = 4


class Requests(Written):
    """What is asked in a window."""

    per_window: Annotated[int, Field(gt=0, le=100_000_000)]
    prompt_tokens: Annotated[int, Field(gt=0, le=200_000)] = 1500
    answer_tokens: Annotated[int, Field(gt=0, le=32_000)] = 300


class BatchInference(Batching):
    """Files of requests, answered in a window of the day by a model that runs for it alone."""

    LOAD: ClassVar[str] = "requests.per_window"

    kind: Literal["batch-inference"]
    requests: Requests

    @property
    def work(self) -> Work:
        """The requests."""
        asked = self.requests
        return Work(
            task="requests",
            items=asked.per_window,
            prompt_tokens=asked.prompt_tokens,
            answer_tokens=asked.answer_tokens,
            stored_mib=(asked.prompt_tokens + 2 * asked.answer_tokens) * BYTES_PER_TOKEN / 2**20,
        )

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("requests", self.requests)
