"""Every resource type of an SDK, with the least inputs its schema asks for."""

import resource
import sys
import time
from dataclasses import dataclass
from typing import Any

from engine.providers.contract import Subject
from engine.providers.offline import check, schema, sdk
from engine.providers.offline.schema import Choice, Field, ListOf, MapOf, Object, OneOf, Scalar, Type
from engine.providers.offline.shared import Offline
from engine.values import ASSET_SIG, SIG, Props

CLOUDS = ("aws", "gcp", "azure-native", "kubernetes")
CONFIG = {"region": "eu-central-1", "location": "westeurope", "project": "offline"}


@dataclass(frozen=True, slots=True)
class Served:
    """How many types of a package are served, and which are not, with why."""

    package: str
    types: int
    failed: dict[str, str]
    seconds: float
    memory_mib: float

    @property
    def share(self) -> float:
        """The share that is served."""
        return 1 - len(self.failed) / self.types


def serve(package: str, *, every: int = 1) -> Served:
    """Check, make, read, change and delete one resource of every type; of every n-th where ``every`` is n."""
    started = time.perf_counter()
    tokens = sorted(sdk.tokens(package))[::every]
    provider = Offline(None).provider(package)
    provider.configure(CONFIG if package != "gcp" else {**CONFIG, "region": "europe-west3"})
    failed: dict[str, str] = {}
    for token in tokens:
        try:
            reason = _live(provider, package, token)
        except Exception as error:  # noqa: BLE001 whatever happens is the finding
            reason = f"{type(error).__name__}: {error}"
        if reason:
            failed[token] = reason
    provider.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Served(package, len(tokens), failed, time.perf_counter() - started, peak)


def _live(provider: Any, package: str, token: str) -> str:  # noqa: PLR0911 one answer for each thing that may fail
    known = schema.resource(package, token)
    if known is None:
        return "no schema"
    inputs = least(known.inputs)
    wrong = check.failures(known, inputs)
    if wrong:
        return f"{wrong[0].property}: {wrong[0].reason}"
    provider.check(Subject(f"urn:pulumi:s::p::{token}::one", token, "one", preview=True), {}, inputs)
    subject = Subject(f"urn:pulumi:s::p::{token}::one", token, "one")
    foreseen = provider.create(Subject(subject.urn, token, "one", preview=True), inputs)
    made = provider.create(subject, inputs)
    missing = [key for key, field in known.outputs.items() if field.required and key not in made.outputs]
    if package != "kubernetes" and missing:
        return f"no output {missing[0]}"
    if not made.id or (not foreseen.outputs and known.outputs and inputs):
        return "no id or nothing foreseen"
    there = Subject(subject.urn, token, "one", id=made.id)
    if provider.read(there, inputs, {}) is None:
        return "not there after it was made"
    if provider.diff(there, inputs, made.outputs, inputs).kind != "none":
        return "differs from itself"
    provider.delete(there, inputs, made.outputs)
    return "" if provider.read(there, inputs, {}) is None else "there after it was deleted"


def least(fields: dict[str, Field], depth: int = 0) -> Props:
    """Values for the properties that are required."""
    return {key: _value(field.type, key, depth) for key, field in fields.items() if field.required}


def _value(type_: Type, key: str, depth: int) -> Any:  # noqa: PLR0911 one answer for each kind
    match type_:
        case Scalar("string"):
            return _text(key)
        case Scalar("integer" | "number"):
            return 1
        case Scalar("boolean"):
            return True
        case Scalar():
            return {SIG: ASSET_SIG, "text": "x", "hash": "x"}
        case Choice():
            return type_.values[0]
        case ListOf(item):
            return [_value(item, key, depth + 1)] if depth < 6 else []
        case MapOf(item):
            return {"key": _value(item, key, depth + 1)}
        case Object():
            return least(type_.fields, depth + 1) if depth < 12 else {}
        case OneOf(options):
            return _value(options[0], key, depth)
        case _:
            return "value"


def _text(key: str) -> str:
    lowered = key.lower()
    if lowered.endswith("arn"):
        return "arn:aws:iam::000000000000:role/one"
    return {"location": "europe-west3", "region": "europe-west3"}.get(lowered, "one")


if __name__ == "__main__":
    for name in sys.argv[1:] or CLOUDS:
        found = serve(name)
        sys.stdout.write(
            f"{name}: {found.share:.2%} of {found.types} types in {found.seconds:.1f} s, {found.memory_mib:.0f} MiB at most\n"
        )
        for token, reason in list(found.failed.items())[:10]:
            sys.stdout.write(f"  {token}: {reason}\n")
