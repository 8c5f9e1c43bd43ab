"""Answers that wait for people: a file for each, whole when it is seen."""

import json
import os
from pathlib import Path
from typing import Any

from domicile_request import Open


def queue(one: Open, messages: Any, answer: str) -> None:
    """Put an answer there.

    Raises:
        OSError: it cannot be written.
    """
    folder = Path(os.environ["DOMICILE_REVIEW"])
    item = {
        "id": one.id,
        "team": one.team,
        "reason": one.review,
        "confidence": one.confidence,
        "model": one.model,
        "prompt": one.decision.prompt,
        "messages": messages,
        "answer": answer,
    }
    folder.mkdir(parents=True, exist_ok=True)
    waiting = folder / f".{one.id}.json"
    waiting.write_text(json.dumps(item, default=str), encoding="utf-8")
    waiting.rename(folder / f"{one.id}.json")
