"""The resources of pulumi-random, made from the operating system's entropy."""

import base64
import secrets
import string
import uuid
from typing import Any

from engine.core.model import Checked, Diffed, Failure
from engine.errors import ProviderError, UnsupportedError
from engine.providers.contract import Found, Made, ProviderDefaults, Subject, by_value
from engine.values import UNKNOWN, Props, secret

ADJECTIVES = ("able", "bold", "calm", "deft", "fair", "glad", "keen", "kind", "lucid", "noble", "quick", "stoic")
ANIMALS = ("crane", "dingo", "eagle", "gecko", "heron", "koala", "lemur", "moose", "otter", "panda", "robin", "tapir")
SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
CLASSES = (("lower", string.ascii_lowercase), ("upper", string.ascii_uppercase), ("numeric", string.digits))
REQUIRED = {
    "RandomId": ("byteLength",),
    "RandomInteger": ("min", "max"),
    "RandomPassword": ("length",),
    "RandomPet": (),
    "RandomShuffle": ("inputs",),
    "RandomString": ("length",),
    "RandomUuid": (),
    "RandomBytes": ("length",),
}


class RandomProvider(ProviderDefaults):
    """Serves `random:index/*`. A value is made once and kept; every input change makes a new one."""

    def check(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Require what each kind needs."""
        del olds
        kind = _kind(subject.type)
        missing = tuple(
            Failure(key, f"missing required property '{key}'") for key in REQUIRED[kind] if news.get(key) is None
        )
        failures = missing or _out_of_range(kind, news)
        return Checked(news, failures)

    def diff(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Diffed:
        """Every change replaces."""
        del subject, old_outputs
        return by_value(old_inputs, news, frozenset(old_inputs) | frozenset(news))

    def create(self, subject: Subject, inputs: Props) -> Made:
        """Draw a value."""
        kind = _kind(subject.type)
        if subject.preview:
            return Made("", {**inputs, **dict.fromkeys(_results(kind), UNKNOWN)})
        id_, outputs = _draw(kind, inputs)
        return Made(id_, {**inputs, **outputs})

    def read(self, subject: Subject, inputs: Props, outputs: Props) -> Found | None:
        """A drawn value lives in the state only."""
        return Found(subject.id, inputs, outputs or {**inputs, "result": subject.id})

    def update(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Props:
        """Keep the drawn value."""
        del subject, old_inputs
        return {**old_outputs, **news}

    def delete(self, subject: Subject, inputs: Props, outputs: Props) -> None:
        """Nothing exists outside the state."""

    def invoke(self, token: str, args: Props) -> Props:
        """There are no functions."""
        del args
        message = f"pulumi-random has no function '{token}'"
        raise UnsupportedError(message)


def _kind(type_: str) -> str:
    kind = type_.rsplit(":", 1)[-1]
    if kind not in REQUIRED:
        message = f"pulumi-random resource '{type_}' is not known to the embedded engine; it has {', '.join(REQUIRED)}"
        raise UnsupportedError(message)
    return kind


def _out_of_range(kind: str, news: Props) -> tuple[Failure, ...]:
    length = news.get("length", news.get("byteLength", 1))
    if isinstance(length, int) and length < 1:
        return (Failure("length" if "length" in news else "byteLength", f"must be at least 1, is {length}"),)
    low, high = news.get("min"), news.get("max")
    if kind == "RandomInteger" and isinstance(low, int) and isinstance(high, int) and low > high:
        return (Failure("min", f"must not exceed max ({high}), is {low}"),)
    return ()


def _results(kind: str) -> tuple[str, ...]:
    if kind == "RandomId":
        return ("b64Std", "b64Url", "dec", "hex")
    if kind == "RandomBytes":
        return ("base64", "hex")
    return ("results",) if kind == "RandomShuffle" else ("result",)


def _draw(kind: str, inputs: Props) -> tuple[str, Props]:  # noqa: PLR0911 one for each kind
    match kind:
        case "RandomId":
            return _id(inputs)
        case "RandomBytes":
            raw = secrets.token_bytes(int(inputs["length"]))
            encoded = base64.b64encode(raw).decode()
            return encoded, {"base64": secret(encoded), "hex": secret(raw.hex())}
        case "RandomInteger":
            low, high = int(inputs["min"]), int(inputs["max"])
            number = low + secrets.randbelow(high - low + 1)
            return str(number), {"result": number}
        case "RandomUuid":
            text = str(uuid.uuid4())
            return text, {"result": text}
        case "RandomPet":
            return _pet(inputs)
        case "RandomShuffle":
            items: list[Any] = list(inputs["inputs"])
            secrets.SystemRandom().shuffle(items)
            count = inputs.get("resultCount") or len(items)
            return "-", {"results": [items[index % len(items)] for index in range(int(count))] if items else []}
        case "RandomPassword":
            return "none", {"result": secret(_text(inputs))}
        case _:
            text = _text(inputs)
            return text, {"result": text}


def _id(inputs: Props) -> tuple[str, Props]:
    raw = secrets.token_bytes(int(inputs["byteLength"]))
    prefix = inputs.get("prefix") or ""
    url = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    forms = {
        "b64Std": base64.b64encode(raw).decode(),
        "b64Url": url,
        "hex": raw.hex(),
        "dec": str(int.from_bytes(raw, "big")),
    }
    return url, {key: prefix + text for key, text in forms.items()}


def _pet(inputs: Props) -> tuple[str, Props]:
    count, separator = int(inputs.get("length") or 2), inputs.get("separator") or "-"
    words = [secrets.choice(ADJECTIVES) for _ in range(count - 1)] + [secrets.choice(ANIMALS)]
    if inputs.get("prefix"):
        words.insert(0, str(inputs["prefix"]))
    text = str(separator).join(words)
    return text, {"length": count, "separator": separator, "result": text}


def _text(inputs: Props) -> str:
    special = str(inputs.get("overrideSpecial") or SPECIAL)
    classes = [(name, letters) for name, letters in (*CLASSES, ("special", special)) if inputs.get(name, True)]
    if not classes:
        message = "a random string needs at least one of lower, upper, numeric and special"
        raise ProviderError(message)
    picked: list[str] = []
    for name, letters in classes:
        least = int(inputs.get(f"min{name.capitalize()}") or 0)
        picked += [secrets.choice(letters) for _ in range(least)]
    letters = "".join(part for _, part in classes)
    length = int(inputs["length"])
    picked += [secrets.choice(letters) for _ in range(length - len(picked))]
    secrets.SystemRandom().shuffle(picked)
    return "".join(picked[:length])
