"""Keeps a share of the answers for people to review: a callback of the gateway (LiteLLM).

Environment: REVIEW_PERCENT (0 to 100), REVIEW_FOLDER. One JSON line for each kept exchange, one file a day.
"""

import datetime as dt
import importlib
import json
import os
import zlib
from pathlib import Path
from typing import Any

try:
    base: Any = importlib.import_module("litellm.integrations.custom_logger").CustomLogger
except ModuleNotFoundError:  # outside the gateway's image, as in tests
    base = object


def chosen(call_id: str, percent: int) -> bool:
    """Whether an exchange is kept: the same id always gets the same answer."""
    return zlib.crc32(call_id.encode()) % 100 < percent


class ReviewLog(base):
    """Writes the exchanges that are chosen."""

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Keep one exchange."""
        del end_time
        call_id = str(kwargs.get("litellm_call_id", ""))
        if not chosen(call_id, int(os.environ.get("REVIEW_PERCENT", "0"))):
            return
        answer = response_obj.model_dump() if hasattr(response_obj, "model_dump") else response_obj
        line = {"id": call_id, "model": kwargs.get("model"), "messages": kwargs.get("messages"), "answer": answer}
        day = start_time if isinstance(start_time, dt.datetime) else dt.datetime.now(dt.UTC)
        path = Path(os.environ["REVIEW_FOLDER"]) / f"{day:%Y-%m-%d}.jsonl"
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")


review = ReviewLog()
