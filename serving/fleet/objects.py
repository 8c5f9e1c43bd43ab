"""From the resources of a workload's program to the objects of a release: what sites apply, with secrets left out.

A site makes its secrets itself: what stands for them are recipes (see ``Cluster`` in ``site/domicile_cluster.py``).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from components.namespace.admission import BINDING, POLICY
from components.ownership import Ownership
from serving import keys
from serving.decisions.component import SECRET
from serving.fleet.agent import walls

#: what other things need comes first; a program's own order is not the same each time
ORDER = (
    *("Namespace", "ResourceQuota", "LimitRange", "ServiceAccount", "Role", "RoleBinding", "NetworkPolicy"),
    *("ConfigMap", "Secret", "PersistentVolumeClaim", "Service"),
)
#: what is in no namespace: it comes with the agent, who may not touch it
GUARDS = {POLICY, BINDING}
TEAM = keys.secret_of("")
Thing = dict[str, Any]


class UnfitError(ValueError):
    """A workload cannot be released to sites; says why."""


def objects(resources: Iterable[tuple[str, Mapping[str, Any]]], ownership: Ownership) -> list[Thing]:
    """Every Kubernetes object of these resources (type and inputs), in order; and the agent's way through the walls.

    Raises:
        UnfitError: there is one that no site could make.
    """
    found: list[Thing] = []
    for type_, inputs in resources:
        package = type_.partition(":")[0]
        if package in {"pulumi", "random", "domicile"}:
            continue
        if inputs.get("kind") in GUARDS:
            continue
        if package != "kubernetes":
            message = f"it has a {type_}, which is not in the site's cluster"
            raise UnfitError(message)
        found.append(_whole(dict(inputs)))
    teams = {name.removeprefix(TEAM): name for name in map(_name, found) if name.startswith(TEAM)}
    made = [_recipe(thing, teams) if thing["kind"] == "Secret" else thing for thing in found]
    open_ = sorted(_name(thing) for thing in made if UNKNOWN in json.dumps(thing))
    if open_:
        message = f"{', '.join(open_)}: a value is known only when it is made, so no site could be told"
        raise UnfitError(message)
    return sorted([*made, *walls(ownership)], key=_place)


def _place(thing: Mapping[str, Any]) -> tuple[int, str, str]:
    kind = str(thing["kind"])
    return (ORDER.index(kind) if kind in ORDER else len(ORDER), kind, _name(thing))


def _name(thing: Mapping[str, Any]) -> str:
    return str(thing["metadata"]["name"])


def _whole(value: Any) -> Any:
    """Whole numbers as such: programs hand over floats; what is not set is not there."""
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items() if inner is not None}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_whole(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _recipe(secret: Thing, teams: Mapping[str, str]) -> Thing:
    """A Secret of keys, by its name: what is in it is not known before there is one."""
    name = _name(secret)
    if name.startswith(TEAM):
        recipes: dict[str, Any] = {"API_KEY": {"random": "sk-"}}
    elif name == SECRET:
        recipes = {"DOMICILE_KEYS": {"digests": dict(teams)}, "DOMICILE_TOKENS": {"random": "sk-"}}
    else:
        message = f"it has a Secret '{name}', which a site cannot make"
        raise UnfitError(message)
    return {**{key: value for key, value in secret.items() if key not in {"stringData", "data"}}, "recipes": recipes}
