"""AWS: enumerations, patterns, lengths and ranges from the service models that botocore ships.

A resource type is matched with the operation that creates it, and its properties with that operation's members, by
their names; what has no counterpart is not judged.
"""

import functools
import re
from collections.abc import Iterator
from typing import Any

from engine import paths
from engine.core.model import Failure
from engine.paths import Path
from engine.providers.offline.check import no_such
from engine.values import Props, is_list, is_map, is_unknown

_VERBS = ("create", "put", "run", "register", "request", "allocate", "add", "attach", "associate", "enable", "set")
_SERVICES = {
    "alb": "elbv2", "lb": "elbv2", "elb": "elb", "ebs": "ec2", "vpc": "ec2", "cfg": "config", "msk": "kafka",
    "appautoscaling": "application-autoscaling", "sfn": "stepfunctions", "ec2transitgateway": "ec2",
    "ec2clientvpn": "ec2", "lambda": "lambda", "acmpca": "acm-pca", "ssoadmin": "sso-admin", "s3control": "s3control",
    "redshiftserverless": "redshift-serverless", "opensearch": "opensearch", "amp": "amp",
}  # fmt: skip
#: resource types whose service the SDK's folder does not tell
_TOKENS = {
    "cloudwatch/logGroup": "logs", "cloudwatch/logResourcePolicy": "logs", "cloudwatch/eventRule": "events",
    "cloudwatch/logSubscriptionFilter": "logs", "cloudwatch/logMetricFilter": "logs",
}  # fmt: skip
#: members whose API values differ from what the provider takes, or that the provider derives itself
_SKIPPED = frozenset({"tags", "tagsall", "policy", "region", "protocol", "type", "version", "description"})

#: values that mean "leave it as the service has it" to the provider
_ALSO = frozenset({"disabled", "none", "default"})


_VALUES = re.compile(r"Valid values(?: are)?:? ((?:`[A-Za-z][\w-]*`(?:, (?:and |or )?| and | or )?){2,})\.")
_RANGE = re.compile(r"must be between `?(\d+)`? and `?(\d+)`?")
_NUMBERS = re.compile(r"Possible values are: ((?:\d+, )+and \d+)\.")
#: names that no service model describes. Source: AWS, "General purpose bucket naming rules"
_NAMES = {
    ("aws:s3/bucket:Bucket", "bucket"): (
        r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "3 to 63 lower-case letters, digits, hyphens and dots",
    )
}
#: properties that another operation than the one that creates takes, under another name
_ELSEWHERE = {"deletionwindowindays": "pendingwindowindays"}


@functools.cache
def instance_types() -> frozenset[str]:
    """The EC2 instance types of the service model."""
    return frozenset(_model("ec2").shape_for("InstanceType").enum)


def failures(token: str, inputs: Props) -> list[Failure]:
    """Values outside what the service's model allows."""
    found: list[Failure] = []
    for key, value in inputs.items():
        member = _modelled(token, key) if _operation(token) is not None else None
        if member is not None:
            found.extend(_judge(member, value, (key,)))
    return found


def reason(token: str, key: str, value: Any, doc: str) -> str | None:
    """Why a value is not accepted, by the SDK's words on its property or the rules for its name."""
    rule = _NAMES.get((token, key))
    if rule is not None and isinstance(value, str) and not re.fullmatch(rule[0], value):
        return f"'{value}' is no name here: {rule[1]}"
    if isinstance(value, int | float) and not isinstance(value, bool) and (limits := _RANGE.search(doc)):
        low, high = map(int, limits.groups())
        return None if low <= value <= high else f"{value:g} is outside {low} to {high}"
    listed = getattr(_modelled(token, key), "enum", None)  # the model is newer than the SDK's words
    allowed = () if listed else _said(doc)
    if not allowed or isinstance(value, bool) or str(value).lower() in {one.lower() for one in allowed} | _ALSO:
        return None
    return no_such(value, list(allowed))


@functools.cache
def _modelled(token: str, key: str) -> Any:
    """What the service's model says of a property: where it is made, else where it is changed later."""
    shape = _operation(token)
    made = _member(shape, key, token.rsplit(":", 1)[-1].lower()) if shape is not None else None
    return made or _elsewhere(token, key)


@functools.cache
def _said(doc: str) -> tuple[str, ...]:
    """The values a property's words list, where they list nothing else."""
    if found := _NUMBERS.search(doc):
        return tuple(re.findall(r"\d+", found.group(1)))
    found = _VALUES.search(doc)
    return tuple(re.findall(r"`([^`]+)`", found.group(1))) if found else ()


def _judge(shape: Any, value: Any, at: Path) -> Iterator[Failure]:
    if value is None or is_unknown(value):
        return
    limits: dict[str, Any] = shape.metadata
    match shape.type_name:
        case "string" if isinstance(value, str) and value:
            if reason := _string(limits, value):
                yield Failure(paths.render(at), reason)
        case "integer" | "long" | "float" | "double" if isinstance(value, int | float) and not isinstance(value, bool):
            if not limits.get("min", value) <= value <= limits.get("max", value):
                where = f"{limits.get('min', 'any')} to {limits.get('max', 'any')}"
                yield Failure(paths.render(at), f"{value:g} is outside {where}")
        case "list" | "structure":
            yield from _nested(shape, value, at)
        case _:
            return


def _nested(shape: Any, value: Any, at: Path) -> Iterator[Failure]:
    if shape.type_name == "list" and is_list(value):
        most = shape.metadata.get("max", len(value))
        if len(value) > most:
            yield Failure(paths.render(at), f"{len(value)} entries are too many: at most {most}")
        for index, inner in enumerate(value):
            yield from _judge(shape.member, inner, (*at, index))
    elif shape.type_name == "structure" and is_map(value):
        for key, inner in value.items():
            member = _member(shape, key, "")
            if member is not None:
                yield from _judge(member, inner, (*at, key))


def _string(limits: dict[str, Any], value: str) -> str | None:
    allowed = limits.get("enum")
    if allowed:
        taken = {one.lower() for one in allowed} | _ALSO
        return None if value.lower() in taken else no_such(value, list(allowed))
    if len(value) > limits.get("max", len(value)):
        return f"{len(value)} characters are too many: at most {limits['max']}"
    if len(value) < limits.get("min", 0):
        return f"{len(value)} characters are too few: at least {limits['min']}"
    pattern = limits.get("pattern")
    if pattern and not _matches(pattern, value):
        return f"'{value}' does not match the pattern {pattern}"
    return None


@functools.cache
def _matches(pattern: str, value: str) -> bool:
    pattern = pattern.strip("/")
    try:
        return re.search(pattern if pattern.startswith("^") else f"^(?:{pattern})$", value) is not None
    except re.error:
        return True


def _member(shape: Any, key: str, resource: str) -> Any:
    lowered = key.lower()
    if lowered in _SKIPPED:
        return None
    members = _members(shape)
    whole = members.get(resource)
    if whole is not None and whole.type_name == "structure":
        members = {**_members(whole), **members}
    names = [lowered, f"{resource}{lowered}", f"{lowered}s", lowered.removesuffix("s")]
    if lowered in ("name", "identifier"):
        names.append(f"db{resource}identifier")
    return next((members[name] for name in names if name in members), None)


@functools.cache
def _elsewhere(token: str, key: str) -> Any:
    """The member of a property in another operation on the same kind of thing, such as one that enables it."""
    service = _service(token)
    if not service or key.lower() in _SKIPPED:
        return None
    kind = token.rsplit(":", 1)[-1].lower()
    wanted = _ELSEWHERE.get(key.lower(), key.lower())
    for name in _model(service).operation_names:
        shape = _model(service).operation_model(name).input_shape if kind in name.lower() else None
        if shape is not None and wanted in _members(shape):
            return _members(shape)[wanted]
    return None


@functools.lru_cache(maxsize=4096)
def _members(shape: Any) -> dict[str, Any]:
    return {name.lower(): member for name, member in shape.members.items()}


@functools.cache
def _operation(token: str) -> Any:
    service = _service(token)
    if not service:
        return None
    folder = token.partition(":")[2].split("/", 1)[0]
    operations: dict[str, str] = {name.lower(): name for name in _model(service).operation_names}
    wanted = token.rsplit(":", 1)[-1].lower()
    for verb in _VERBS:
        for name in (f"{verb}{wanted}", f"{verb}db{wanted}", f"{verb}{folder}{wanted}"):
            if name in operations:
                return _model(service).operation_model(operations[name]).input_shape
    return None


@functools.cache
def _service(token: str) -> str:
    """The service of a resource type, as botocore names it; blank where there is none."""
    place = token.partition(":")[2].rpartition(":")[0]
    folder = place.split("/", 1)[0]
    service = _TOKENS.get(place) or _SERVICES.get(folder) or folder
    if service in _services():
        return service
    return next((one for one in _services() if one.replace("-", "") == service), "")


@functools.cache
def _model(service: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    loader: Any = Loader()
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@functools.cache
def _services() -> frozenset[str]:
    from botocore.loaders import Loader

    loader: Any = Loader()
    return frozenset(loader.list_available_services("service-2"))
