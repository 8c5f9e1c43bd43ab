"""Documents to fields: what a model is asked of one, and whether what it says will do."""

import base64
import json
import re
from typing import Any

from requests_file import is_map

TEXTS = (".txt", ".md", ".html", ".csv", ".json", ".xml", ".eml")
IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "yes-no": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
}
DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


class UnreadableError(Exception):
    """A document or an answer that cannot be read."""


def outcome(name: str) -> str:
    """The file of a document's fields."""
    return f"{name}.json"


def fields(told: str) -> list[dict[str, Any]]:
    """What is wanted: name, type, description, and whether it must be there."""
    return json.loads(told)


def question(instruction: str, wanted: list[dict[str, Any]], path: str, content: bytes) -> dict[str, Any]:
    """What the model is asked.

    Raises:
        UnreadableError: the document is of a kind that it cannot be shown.
    """
    properties = {one["name"]: {**TYPES[one["type"]], "description": one["description"]} for one in wanted}
    schema = {
        "type": "object",
        "properties": {
            one["name"]: properties[one["name"]]
            if one["needed"]
            else {"anyOf": [properties[one["name"]], {"type": "null"}]}
            for one in wanted
        },
        "required": [one["name"] for one in wanted],
        "additionalProperties": False,
    }
    told = f"{instruction}\nAnswer with one JSON object of this schema, and null where the document does not say:\n"
    return {
        "messages": [
            {"role": "system", "content": told + json.dumps(schema, ensure_ascii=False)},
            {"role": "user", "content": _shown(path, content)},
        ],
        "temperature": 0,
        "response_format": {"type": "json_schema", "json_schema": {"name": "fields", "schema": schema, "strict": True}},
    }


def _shown(path: str, content: bytes) -> str | list[dict[str, Any]]:
    lower = path.lower()
    for end, kind in IMAGES.items():
        if lower.endswith(end):
            url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
            return [{"type": "image_url", "image_url": {"url": url}}]
    if not lower.endswith(TEXTS):
        end = lower.rpartition(".")[2]
        message = f"a document of the kind '{end}' cannot be read: bring texts, or an image of each page"
        raise UnreadableError(message)
    text = content.decode(errors="replace")
    if not text.strip():
        message = "the document is empty"
        raise UnreadableError(message)
    return text


def values(answer: dict[str, Any]) -> dict[str, Any]:
    """The fields in an answer.

    Raises:
        UnreadableError: it is no JSON object.
    """
    choices: list[dict[str, Any]] = answer.get("choices") or [{}]
    message: dict[str, Any] = choices[0].get("message") or {}
    text = str(message.get("content") or "")
    inner = text[text.find("{") : text.rfind("}") + 1]
    try:
        found: Any = json.loads(inner)
    except ValueError:
        found = None
    if not is_map(found):
        reason = "the model answered no JSON object"
        raise UnreadableError(reason)
    return found


def wrong(wanted: list[dict[str, Any]], found: dict[str, Any]) -> list[str]:
    """Why people must look at it; nothing where they need not."""
    reasons: list[str] = []
    for one in wanted:
        name, value = one["name"], found.get(one["name"])
        if value in (None, "", []):
            if one["needed"]:
                reasons.append(f"{name} is missing")
        elif not fits(one["type"], value):
            reasons.append(f"{name} is no {one['type']}: {value!r}")
    unknown = sorted(set(found) - {one["name"] for one in wanted})
    return [*reasons, *(f"{name} was not asked for" for name in unknown)]


def fits(type_: str, value: Any) -> bool:
    """Whether a value is of a type."""
    if type_ == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if type_ == "yes-no":
        return isinstance(value, bool)
    if type_ == "list":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)  # pyright: ignore[reportUnknownVariableType]
    return isinstance(value, str) and (type_ != "date" or DATE.fullmatch(value) is not None)
