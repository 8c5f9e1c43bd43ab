"""Property values as Pulumi writes them: JSON, with signed envelopes for what JSON lacks.

A value is ``None``, a bool, a number, a string, a list or a dict. A dict that carries ``SIG`` is an
envelope: a secret, an asset, an archive, a resource reference or an output. The string ``UNKNOWN``
stands for a value that a preview cannot know. The same form travels on the wire and lies in the
checkpoint, so nothing is converted twice.

Source of the signatures: pulumi/sdk ``resource/properties.go`` and ``runtime/rpc.py``.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

Props = dict[str, Any]

SIG = "4dabf18193072939515e22adb298388d"
SECRET_SIG = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a marker
ASSET_SIG = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_SIG = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE_SIG = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIG = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWN_BY_KIND = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
MASK = "[secret]"


def is_map(value: Any) -> TypeGuard[Props]:
    """Whether the value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether the value is a list."""
    return isinstance(value, list)


def secret(value: Any) -> Props:
    """Wrap a value as a secret; a secret is returned as it is."""
    return value if is_secret(value) else {SIG: SECRET_SIG, "value": value}


def is_secret(value: Any) -> bool:
    """Whether the value itself is a secret envelope."""
    return is_map(value) and value.get(SIG) == SECRET_SIG


def is_unknown(value: Any) -> bool:
    """Whether the value is one of Pulumi's unknown markers."""
    return isinstance(value, str) and value in UNKNOWN_BY_KIND


def walk(value: Any) -> Iterator[Any]:
    """Yield the value and every value inside it, envelopes included."""
    stack = [value]
    while stack:
        current = stack.pop()
        yield current
        if is_map(current):
            stack.extend(current.values())
        elif is_list(current):
            stack.extend(current)


def has_unknown(value: Any) -> bool:
    """Whether anything inside the value is unknown."""
    return any(is_unknown(inner) for inner in walk(value))


def has_secret(value: Any) -> bool:
    """Whether anything inside the value is secret."""
    return any(is_secret(inner) for inner in walk(value))


def rewrite(value: Any, envelope: Callable[[Props], Any]) -> Any:
    """Copy a value, replacing each envelope by what ``envelope`` makes of it."""
    if is_map(value):
        if SIG in value:
            return envelope(value)
        return {key: rewrite(inner, envelope) for key, inner in value.items()}
    if is_list(value):
        return [rewrite(inner, envelope) for inner in value]
    return value


def reveal(value: Any) -> Any:
    """Copy a value with every secret replaced by its plain content."""

    def plain(inner: Props) -> Any:
        if inner[SIG] == SECRET_SIG:
            return reveal(inner.get("value"))
        return {key: reveal(part) if key == "value" else part for key, part in inner.items()}

    return rewrite(value, plain)


def mask(value: Any) -> Any:
    """Copy a value with every secret replaced by a marker, for people and logs."""

    def hidden(inner: Props) -> Any:
        return MASK if inner[SIG] == SECRET_SIG else inner

    return rewrite(value, hidden)


def settle(value: Any, dependencies: set[str] | None = None) -> Any:
    """Copy a value with output envelopes turned into plain, secret or unknown values.

    The URNs the outputs depend on are added to ``dependencies``.
    """

    def plain(inner: Props) -> Any:
        if inner[SIG] == SECRET_SIG:
            return secret(settle(inner.get("value"), dependencies))
        if inner[SIG] != OUTPUT_SIG:
            return inner
        if dependencies is not None:
            dependencies.update(inner.get("dependencies") or [])
        content = settle(inner["value"], dependencies) if "value" in inner else UNKNOWN
        return secret(content) if inner.get("secret") else content

    return rewrite(value, plain)


def annotate(outputs: Any, inputs: Any) -> Any:
    """Mark as secret what stands in ``outputs`` where ``inputs`` holds a secret.

    A provider that takes plain values gives plain values back; this restores the marks.
    """
    if is_secret(inputs):
        return secret(outputs)
    if is_map(outputs) and is_map(inputs):
        if SIG in outputs:
            return outputs
        return {key: annotate(inner, inputs.get(key)) for key, inner in outputs.items()}
    if is_list(outputs) and is_list(inputs):
        padded = inputs + [None] * (len(outputs) - len(inputs))
        return [annotate(one, other) for one, other in zip(outputs, padded, strict=False)]
    return outputs


def secret_strings(value: Any) -> set[str]:
    """Every string that stands inside a secret, for scrubbing text that a provider or a program wrote."""
    found: set[str] = set()
    for inner in walk(value):
        if is_secret(inner):
            found.update(text for text in walk(reveal(inner)) if isinstance(text, str))
    return {text for text in found if len(text) >= 4 and not is_unknown(text)}


def without_internal(props: Mapping[str, Any]) -> Props:
    """Drop the keys that a provider keeps for itself (they start with ``__``)."""
    return {key: value for key, value in props.items() if not key.startswith("__")}
