"""From a request to a model's input, and from its answer to an outcome. Pure.

The policy is `decisions.json`, written by the stack; its shape is that of ``serving.decisions.policy``. Requests to
models are those of the Open Inference Protocol, version 2 (KServe, Triton).
"""

import hashlib
import hmac
import math
from dataclasses import dataclass
from typing import Any, cast

from domicile_refused import RefusedError

MOST_REASONS = 3
FINGERPRINT = 32
LARGEST_WHOLE = 2**63


class UnusableError(Exception):
    """What a model answered is not what it should answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is decided: by `model` or `rules`; ``waits`` for people; reasons as they are told and written down.

    ``at`` is which model answered, `here` or `elsewhere`; ``choices`` are what it chose of, the best first.
    """

    name: str
    score: float | None
    by: str
    waits: bool
    reasons: tuple[str, ...] = ()
    at: str = ""
    choices: tuple[str, ...] = ()


def values(policy: dict[str, Any], request: Any, key: bytes) -> dict[str, Any]:
    """The request's fields, checked; fields to be tokenised are replaced by their fingerprints.

    Raises:
        RefusedError: with every reason.
    """
    told = _mapping(_mapping(request).get("inputs"))
    if not told:
        raise RefusedError(400, ['expected {"id": "...", "inputs": {...}}'])
    fields: dict[str, dict[str, Any]] = {one["name"]: one for one in policy["fields"]}
    reasons = [f"inputs.{name}: there is no such field" for name in sorted(set(told) - set(fields))]
    found: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in told and "default" in field:
            found[name] = field["default"]
        elif name not in told:
            reasons.append(f"inputs.{name}: it is needed")
        elif (wrong := _wrong(field, told[name])) is not None:
            reasons.append(f"inputs.{name}: {wrong}")
        else:
            found[name] = fingerprint(key, told[name]) if field["type"] == "secret" else told[name]
    if reasons:
        raise RefusedError(422, reasons)
    return found


def reviewed(policy: dict[str, Any], request: Any) -> dict[str, str]:
    """What people say of a decision that waited.

    Raises:
        RefusedError: it is no outcome of theirs.
    """
    told = _mapping(request)
    names: list[str] = policy["verdicts"]
    if told.get("outcome") not in names or not told.get("by"):
        expected = f'expected {{"outcome": one of {", ".join(names)}, "by": a person, "note": "..."}}'
        raise RefusedError(422, [expected])
    return {"outcome": str(told["outcome"]), "by": str(told["by"])[:256], "note": str(told.get("note", ""))[:4000]}


def _mapping(value: Any) -> dict[str, Any]:
    """A JSON object; anything else is an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _wrong(field: dict[str, Any], value: Any) -> str | None:
    kind = field["type"]
    if kind in {"key", "secret"}:
        return None if isinstance(value, str) and 0 < len(value) <= 256 else "expected a text of 1 to 256 characters"
    if kind == "number":
        return None if _finite(value) else "expected a finite number"
    count = math.prod(field["shape"])
    try:
        given = flat(value)
    except TypeError:
        given = []
    return None if len(given) == count else f"expected {count} numbers, as {field['shape']}"


def _finite(value: Any) -> bool:
    """Whether it is a number that a model takes; JSON has whole ones that are larger than any of those."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) < LARGEST_WHOLE


def flat(value: Any) -> list[float]:
    """All numbers of nested lists.

    Raises:
        TypeError: something in it is no finite number.
    """
    found: list[float] = []
    rest: list[Any] = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, list):
            rest.extend(reversed(one))  # pyright: ignore[reportUnknownArgumentType] JSON
        elif _finite(one):
            found.append(one)
        else:
            message = "not a number"
            raise TypeError(message)
    return found


def fingerprint(key: bytes, text: str) -> str:
    """What stands for a secret text outside: always the same for a key, and nothing leads back."""
    return "tok_" + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:FINGERPRINT]


def question(model: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """The request to a model, from values by name; one that is missing is not a number, as models know it."""
    inputs: list[dict[str, Any]] = []
    for tensor in model["inputs"]:
        if tensor["fields"]:
            data = [float("nan") if known.get(name) is None else known[name] for name in tensor["fields"]]
            shape = [1, len(data)]
        else:
            data, shape = flat(known[tensor["field"]]), [1, *tensor["shape"]]
        inputs.append({"name": tensor["name"], "datatype": tensor["datatype"], "shape": shape, "data": data})
    outputs = [{"name": name} for name in (model["score"], model["reasons"]) if name]
    return {"inputs": inputs, "outputs": outputs}


def answered(model: dict[str, Any], answer: Any) -> tuple[float, tuple[str, ...]]:
    """The score of an answer, 0 to 1, and what spoke most for it.

    Raises:
        UnusableError: it has no such score.
    """
    try:
        outputs = {one["name"]: flat(one["data"]) for one in answer["outputs"]}
        given: list[float] = outputs[model["score"]]
        index: int | None = model["index"]
        score = max(given) if index is None else given[index]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        message = f"no score '{model['score']}' in the answer"
        raise UnusableError(message) from error
    if not 0 <= score <= 1:
        message = f"the score is {score:g}, not from 0 to 1"
        raise UnusableError(message)
    names = [name for tensor in model["inputs"] for name in tensor["fields"]]
    shares = outputs.get(model["reasons"], [])[: len(names)]
    ranked = sorted(zip(names, shares, strict=False), key=lambda one: -abs(one[1]))[:MOST_REASONS]
    return score, tuple(f"{name} {share:+.3g}" for name, share in ranked if share)


def by_model(policy: dict[str, Any], score: float, reasons: tuple[str, ...]) -> Outcome:
    """The outcome of a score: that of the highest bound it reaches."""
    reached = [one for one in policy["outcomes"] if score >= one["from"]]
    chosen = max(reached, key=lambda one: one["from"])
    return Outcome(chosen["name"], score, "model", chosen["people"], reasons)


def chosen(policy: dict[str, Any], answer: Any, outcome: Outcome) -> tuple[str, ...]:
    """The best of what a model chooses of: those that reach the outcome's bound; none where it is the lowest.

    Raises:
        UnusableError: there is not a number for each.
    """
    numbers = flat(next(one["data"] for one in answer["outputs"] if one["name"] == policy["model"]["score"]))
    names: list[str] = policy["choices"]
    if len(numbers) != len(names):
        message = f"{len(numbers)} numbers for {len(names)} choices"
        raise UnusableError(message)
    bound = next(one["from"] for one in policy["outcomes"] if one["name"] == outcome.name)
    reached = sorted((-number, name) for number, name in zip(numbers, names, strict=True) if 0 < bound <= number <= 1)
    return tuple(name for _, name in reached[: policy["most_choices"]])


def by_rules(policy: dict[str, Any], known: dict[str, Any]) -> Outcome:
    """The outcome when no model answers: that of the first rule that applies, else the one that is always safe."""
    waits = {one["name"]: one["people"] for one in policy["outcomes"]}
    for rule in policy["rules"]:
        value = known.get(rule["field"])
        if value is not None and _applies(rule, value):
            return Outcome(rule["outcome"], None, "rules", waits[rule["outcome"]], (rule["why"],))
    name = policy["otherwise"]
    return Outcome(name, None, "rules", waits[name], ("no rule applies",))


def _applies(rule: dict[str, Any], value: float | str) -> bool:
    if rule.get("equals") is not None:
        return value == rule["equals"]
    if isinstance(value, str):
        return False
    over, under = rule.get("over"), rule.get("under")
    return (over is None or value > over) and (under is None or value < under)
