"""Replaces personal data in texts before a model, a cache or a log sees them: patterns, and check digits."""

import re
from collections.abc import Callable
from typing import Any

#: the multiplication and permutation tables of the Verhoeff check digit
_D = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_P = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)


def luhn(text: str) -> bool:
    """Whether a payment card's number has its check digit."""
    digits = [int(one) for one in text if one.isdigit()]
    doubled = [sum(divmod(2 * one, 10)) if index % 2 else one for index, one in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and sum(doubled) % 10 == 0


def iban(text: str) -> bool:
    """Whether an account's number has its check digits (ISO 13616)."""
    plain = re.sub(r"\s", "", text).upper()
    moved = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(one, 36)) for one in moved)) % 97 == 1


def aadhaar(text: str) -> bool:
    """Whether an Indian identity number has its check digit (Verhoeff)."""
    check = 0
    for index, one in enumerate(reversed([int(one) for one in text if one.isdigit()])):
        check = _D[check][_P[index % 8][one]]
    return check == 0


def _always(text: str) -> bool:
    return bool(text)


#: kind: pattern, and what else must hold
KINDS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "email": (re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}"), _always),
    "iban": (re.compile(r"\b[A-Za-z]{2}\d{2}(?:\s?[A-Za-z0-9]{4}){2,7}(?:\s?[A-Za-z0-9]{1,3})?\b"), iban),
    "payment-card": (re.compile(r"\b\d(?:[ -]?\d){12,18}\b"), luhn),
    "aadhaar": (re.compile(r"\b[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}\b"), aadhaar),
    "pan": (re.compile(r"\b[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]\b"), _always),
    "us-ssn": (re.compile(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b"), _always),
    "phone": (re.compile(r"(?<![\w+])(?:\+|00)\d{1,3}[ ./-]?(?:\(?\d{1,5}\)?[ ./-]?){2,5}\d\b"), _always),
    "ip-address": (re.compile(r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b"), _always),
}


def redacted(value: Any, kinds: list[str]) -> Any:
    """The same with every piece of personal data of these kinds replaced by `[KIND]`: a text, or what holds texts."""
    if isinstance(value, str):
        for kind in kinds:
            pattern, holds = KINDS[kind]
            value = pattern.sub(lambda found, kind=kind, holds=holds: _mark(found, kind, holds), value)
        return value
    if isinstance(value, list):
        return [redacted(one, kinds) for one in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {key: redacted(one, kinds) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value


def _mark(found: re.Match[str], kind: str, holds: Callable[[str], bool]) -> str:
    return f"[{kind.upper()}]" if holds(found.group()) else found.group()


def denied(value: Any, words: list[str]) -> str:
    """The first word or phrase of ``words`` that a text has, whole and in any case; empty when it has none."""
    if isinstance(value, str):
        found = next((one for one in words if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", value, re.IGNORECASE)), "")
    elif isinstance(value, list | dict):
        parts = value.values() if isinstance(value, dict) else value  # pyright: ignore[reportUnknownVariableType]
        found = next((hit for one in parts if (hit := denied(one, words))), "")  # pyright: ignore[reportUnknownVariableType]
    else:
        found = ""
    return found
