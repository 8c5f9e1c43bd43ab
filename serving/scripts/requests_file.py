"""Files of requests as OpenAI's Batch API takes and gives them: a JSON object a line.

Source: OpenAI, "Batch API": lines with `custom_id`, `method`, `url` and `body`; results with `custom_id`, `response`
and `error`, failed ones in a file of their own.
"""

import hashlib
import json
from typing import Any, TypeGuard

PART = 100
URL = "/v1/chat/completions"


def is_map(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value is an object."""
    return isinstance(value, dict)


def outcome(name: str) -> str:
    """The file of a file's results."""
    return name


def errors_of(name: str) -> str:
    """The file of what failed in a file."""
    return f"{name.removesuffix('.jsonl')}.errors.jsonl"


def parts(content: bytes) -> list[list[bytes]]:
    """The lines, a part at a time."""
    lines = [line for line in content.splitlines() if line.strip()]
    return [lines[start : start + PART] for start in range(0, len(lines), PART)]


def name_of(part: list[bytes]) -> str:
    """A name that is the same for the same lines."""
    return hashlib.sha256(b"\n".join(part)).hexdigest()[:24] + ".json"


def request(line: bytes) -> dict[str, Any]:
    """A line's id and body; an outcome with an error where it is no request."""
    try:
        given: Any = json.loads(line)
    except ValueError:
        return failed("", 400, "the line is no JSON")
    if not is_map(given) or not isinstance(given.get("custom_id"), str):
        return failed("", 400, "the line has no custom_id")
    name: str = given["custom_id"]
    body = given.get("body")
    if given.get("url", URL) != URL:
        return failed(name, 400, f"the url must be {URL}")
    if not is_map(body) or not isinstance(body.get("messages"), list):
        return failed(name, 400, "the body has no messages")
    return {"custom_id": name, "body": body}


def answered(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The outcome of a request that was answered."""
    return {"custom_id": name, "response": {"status_code": 200, "body": body}, "error": None}


def failed(name: str, code: int, text: str) -> dict[str, Any]:
    """The outcome of one that was not."""
    return {"custom_id": name, "response": None, "error": {"code": code, "message": text}}


def files(outcomes: list[dict[str, Any]]) -> tuple[bytes, bytes]:
    """The file of results and the file of errors."""
    texts = {
        good: "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in outcomes if (one["error"] is None) is good)
        for good in (True, False)
    }
    return texts[True].encode(), texts[False].encode()
