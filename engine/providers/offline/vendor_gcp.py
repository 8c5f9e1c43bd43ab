"""Google Cloud: enumerations and name rules, from the words its SDK carries in a fixed form."""

import functools
import re
from typing import Any

from engine.providers.offline.check import no_such

_VALUES = re.compile(r"Possible values are: ((?:`[^`]+`(?:, )?)+)\.")
_RFC1035 = re.compile(r"1-63 characters long.*?(?:RFC ?1035|a-z|lowercase)", re.DOTALL)
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


def reason(key: str, value: Any, doc: str) -> str | None:
    """Why a value is not accepted, by the SDK's words on its property."""
    if isinstance(value, bool) or not isinstance(value, str) or not value:
        return None
    allowed = _allowed(doc)
    if allowed and value not in allowed:
        return no_such(value, list(allowed))
    if key == "name" and _RFC1035.search(doc) and not _NAME.fullmatch(value):
        return (
            f"'{value}' is no name here: 1 to 63 characters, lower-case letters, digits and hyphens, "
            "beginning with a letter and not ending with a hyphen"
        )
    return None


@functools.cache
def _allowed(doc: str) -> tuple[str, ...]:
    found = _VALUES.search(doc)
    return tuple(re.findall(r"`([^`]+)`", found.group(1))) if found else ()
