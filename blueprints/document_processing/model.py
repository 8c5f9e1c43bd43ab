"""What a team writes: documents that come in, and the fields that are wanted of each."""

import json
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.served.batching import Batching, Work, Worker
from blueprints.written import Lookers, Written
from catalog import models

#: tokens of a page: a scan of about a megapixel in patches of 28 x 28, or 400 words. Source of patches: Qwen2.5-VL
SCAN_TOKENS, TEXT_TOKENS = 1300, 550
FIELD_TOKENS, ASKED_TOKENS = 40, 60


class Wanted(Written):
    """A field of each document. One that is ``needed`` and missing sends the document to people."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    type: Literal["text", "number", "date", "yes-no", "list"] = "text"
    description: Annotated[str, Field(min_length=3, max_length=500)]
    needed: bool = True


class Incoming(Written):
    """What comes in: texts of some pages, or scans, of which each page is an image."""

    per_window: Annotated[int, Field(gt=0, le=10_000_000)]
    form: Literal["texts", "scans"]
    pages: Annotated[float, Field(gt=0, le=1000, description="Pages of a text; a scan is one.")] = 1.0
    mib: Annotated[float, Field(gt=0, le=1000, description="The size of one.")] = 0.5


class People(Lookers):
    """Who looks at documents that could not be read, or lack what is needed."""


class DocumentProcessing(Batching):
    """Documents to fields, read in a window of the day; people look at what could not be read."""

    LOAD: ClassVar[str] = "incoming.per_window"

    kind: Literal["document-processing"]
    worker: Worker = Worker(model="Qwen/Qwen3-VL-8B-Instruct")
    incoming: Incoming
    fields: Annotated[list[Wanted], Field(min_length=1, max_length=100)]
    instruction: Annotated[str, Field(min_length=3, max_length=8000)] = "Read the document and give its fields."
    people: People

    @property
    def work(self) -> Work:
        """The documents."""
        incoming = self.incoming
        scans = incoming.form == "scans"
        page = SCAN_TOKENS if scans else round(TEXT_TOKENS * incoming.pages)
        return Work(
            task="documents",
            items=incoming.per_window,
            prompt_tokens=page + ASKED_TOKENS * len(self.fields) + len(self.instruction) // 4,
            answer_tokens=FIELD_TOKENS * len(self.fields) + 20,
            stored_mib=incoming.mib,
            sees=scans,
            instruction=self.instruction,
            fields=json.dumps([one.model_dump() for one in self.fields], ensure_ascii=False),
        )

    @property
    def overseers(self) -> str:
        """Who looks at what could not be read."""
        return self.people.team

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Who looks at what could not be read."""
        return self.people.notes

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("incoming", self.incoming)

    def refusals(self) -> tuple[Reason, ...]:
        """A model that cannot see what is shown to it, or fields of one name."""
        found: list[Reason] = []
        model = models.find(self.worker.model)
        if self.incoming.form == "scans" and model is not None and model.kind != "vlm":
            seeing = ", ".join(sorted(name for name, one in models.models().items() if one.kind == "vlm"))
            found.append(Reason(("worker", "model"), f"'{model.id}' sees no scans; these do: {seeing}"))
        if self.incoming.form == "scans" and self.incoming.pages != 1:
            found.append(Reason(("incoming", "pages"), "a scan is one image of one page: leave it out"))
        names = [one.name for one in self.fields]
        for index, name in enumerate(names):
            if name in names[:index]:
                found.append(Reason(("fields", index, "name"), f"'{name}' stands there twice: give each its own"))
        return tuple(found)
