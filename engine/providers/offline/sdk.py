"""What an installed SDK package says of itself: its resource types, its functions, and the classes behind them."""

import functools
import importlib
import importlib.util
import inspect
import re
import sys
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PREFIX = "pulumi_"
#: SDK modules load their parts when they are first used, which two threads must not do at once
LOADING = threading.RLock()
_INTERNAL = frozenset({"policy", "pulumi"})


@dataclass(frozen=True, slots=True)
class Found:
    """A resource type's class, its inputs' class, and the module both are in."""

    token: str
    resource: type[Any]
    args: type[Any] | None
    module: Any


def module_name(package: str) -> str:
    """The Python package of a Pulumi package: ``azure-native`` is in ``pulumi_azure_native``."""
    return PREFIX + package.replace("-", "_")


@functools.cache
def installed(package: str) -> bool:
    """Whether the package's SDK can be imported here."""
    return package not in _INTERNAL and importlib.util.find_spec(module_name(package)) is not None


@functools.cache
def tokens(package: str) -> dict[str, tuple[str, str]]:
    """Every resource type of a package: token to (module, class name)."""
    _import(module_name(package))
    from pulumi.runtime import rpc

    modules: dict[str, list[Any]] = rpc._RESOURCE_MODULES  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] the registry that generated SDKs fill
    infos = [getattr(one, "mod_info", {}) for several in modules.values() for one in several]
    return {
        token: (info["fqn"], name)
        for info in infos
        if info.get("pkg") == package
        for token, name in info["classes"].items()
    }


def find(package: str, token: str) -> Found | None:
    """The class of a resource type; None when the SDK has no such type."""
    fqn, name = tokens(package).get(token, ("", ""))
    if token == f"pulumi:providers:{package}":
        fqn, name = module_name(package), "Provider"
    if not fqn:
        return None
    with LOADING:
        resource = getattr(_import(fqn), name)
        module = sys.modules[resource.__module__]
    args = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args", None)
    return Found(token, resource, args, module)


def function(package: str, token: str) -> type[Any] | None:
    """The result class of a function, from its token; None when the SDK has no such function.

    ``aws:ec2/getAmi:getAmi`` is ``GetAmiResult`` in ``pulumi_aws.ec2.get_ami``.
    """
    _, _, rest = token.partition(":")
    place, _, name = rest.rpartition(":")
    folder = place.split("/", 1)[0]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    base = module_name(package)
    for candidate in (f"{base}.{folder}.{snake}", f"{base}.{snake}"):
        try:
            module = _import(candidate)
        except ModuleNotFoundError:
            continue
        return getattr(module, f"{name[0].upper()}{name[1:]}Result", None)
    return None


@functools.cache
def source(resource: type[Any]) -> str:
    """The source text of a resource's module: its examples and notes are there and nowhere else at run time."""
    return Path(inspect.getfile(resource)).read_text(encoding="utf-8")


def _import(name: str) -> Any:
    with LOADING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)
