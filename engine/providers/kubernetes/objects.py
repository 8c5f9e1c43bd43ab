"""Kubernetes objects as values: names, identities, secrecy, and what cannot change in place. Pure."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from engine import paths
from engine.errors import UnsupportedError
from engine.values import UNKNOWN, Props, is_list, is_map, is_secret, is_unknown, secret

AUTONAMED = "pulumi.com/autonamed"
SKIP_AWAIT = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"
PATCH_FORCE = "pulumi.com/patchForce"
PROPAGATION = "pulumi.com/deletionPropagationPolicy"
MANAGER_KEY = "__fieldManager"
INITIAL_KEY = "__initialApiVersion"
INPUTS_KEY = "__inputs"
NAME_LIMIT = 63

_UNSERVED = {
    "helm.sh": "Helm releases need the Helm engine; use --engine pulumi, or render the chart and apply its objects",
    "yaml/v2": "remote components of pulumi-kubernetes are not served; use yaml.ConfigFile, or plain objects",
    "helm.sh/v4": "remote components of pulumi-kubernetes are not served; use --engine pulumi",
    "kustomize": "kustomize is not served; use --engine pulumi, or apply the rendered objects",
}
_STATEFUL = ("podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates")
_CLAIM = ("accessModes", "selector", "storageClassName", "volumeName", "volumeMode")
_IMMUTABLE: dict[str, tuple[str, ...]] = {
    "apps/Deployment": ("spec.selector",),
    "apps/DaemonSet": ("spec.selector",),
    "apps/ReplicaSet": ("spec.selector",),
    "apps/StatefulSet": tuple(f"spec.{field}" for field in _STATEFUL),
    "batch/Job": ("spec.completions", "spec.completionMode", "spec.selector", "spec.template"),
    "core/PersistentVolumeClaim": tuple(f"spec.{field}" for field in _CLAIM),
    "core/Service": ("spec.clusterIP",),
    "core/Pod": ("spec",),
    "rbac.authorization.k8s.io/RoleBinding": ("roleRef",),
    "rbac.authorization.k8s.io/ClusterRoleBinding": ("roleRef",),
    "storage.k8s.io/StorageClass": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "scheduling.k8s.io/PriorityClass": ("value",),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What an object is. ``patch`` tells a Patch resource, which changes fields of an object it does not own."""

    api_version: str
    kind: str
    patch: bool = False

    @property
    def group(self) -> str:
        """The API group; `core` for the unnamed one."""
        return self.api_version.split("/")[0] if "/" in self.api_version else "core"

    @property
    def key(self) -> str:
        """``group/Kind``, for tables."""
        return f"{self.group}/{self.kind}"


def kind_of(type_: str, inputs: Props) -> Kind:
    """The kind behind a resource type.

    Raises:
        UnsupportedError: it is a resource of the SDK that is no Kubernetes object.
    """
    _, module, name = type_.split(":", 2)
    for prefix, reason in _UNSERVED.items():
        if module == prefix or module.startswith(f"{prefix}/"):
            message = f"{type_}: {reason}"
            raise UnsupportedError(message)
    if name.endswith("List") and "metadata" in inputs and "items" in inputs:
        message = f"{type_}: lists are not served; declare the objects one by one"
        raise UnsupportedError(message)
    api_version = str(inputs.get("apiVersion") or module.removeprefix("core/"))
    patch = name.endswith("Patch") and inputs.get("kind") != name
    return Kind(api_version, str(inputs.get("kind") or (name.removesuffix("Patch") if patch else name)), patch)


def metadata(value: Props) -> Props:
    """The object's metadata, or an empty one."""
    found = value.get("metadata")
    return found if is_map(found) else {}


def annotation(value: Props, key: str) -> str | None:
    """One annotation."""
    found = metadata(value).get("annotations")
    return str(found[key]) if is_map(found) and key in found else None


def flag(inputs: Props, key: str, *, default: bool = False) -> bool:
    """A provider's setting, which may travel as text."""
    value = inputs.get(key, default)
    return value if isinstance(value, bool) else str(value).lower() == "true"


def autoname(inputs: Props, name: str, old: Props, tail: str = "") -> Props:
    """Give an unnamed object a name: the one it had, else the resource's name and eight hex digits, drawn or given."""
    own = metadata(inputs)
    if own.get("name") or own.get("generateName"):
        return inputs
    previous = metadata(old)
    if previous.get("name") and annotation(old, AUTONAMED) == "true":
        chosen = str(previous["name"])
    else:
        base = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")[: NAME_LIMIT - 9] or "resource"
        chosen = f"{base}-{tail or secrets.token_hex(4)}"
    given = own.get("annotations")
    annotations = {**(given if is_map(given) else {}), AUTONAMED: "true"}
    return {**inputs, "metadata": {**own, "name": chosen, "annotations": annotations}}


def field_manager(urn: str, outputs: Props) -> str:
    """The field manager of a resource: the recorded one, else one that follows from its URN."""
    recorded = outputs.get(MANAGER_KEY)
    return str(recorded) if recorded else f"pulumi-kubernetes-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"


def identity(value: Props) -> str:
    """The id of an object: ``namespace/name``, or the name alone."""
    own = metadata(value)
    name, namespace = own.get("name"), own.get("namespace")
    if is_unknown(name) or is_unknown(namespace) or not name:
        return ""
    return f"{namespace}/{name}" if namespace else str(name)


def split_identity(id_: str) -> tuple[str, str]:
    """Namespace (may be empty) and name."""
    namespace, _, name = id_.rpartition("/")
    return namespace, name


def hide_secret_data(kind: Kind, value: Props) -> Props:
    """Mark the content of a Secret as secret."""
    if kind.key != "core/Secret":
        return value
    hidden = dict(value)
    for key in ("data", "stringData"):
        if hidden.get(key) is not None and not is_secret(hidden[key]):
            hidden[key] = secret(hidden[key])
    return hidden


def outputs_of(kind: Kind, live: Props, inputs: Props, manager: str) -> Props:
    """A resource's outputs: the live object without its bookkeeping, and what pulumi-kubernetes keeps beside it."""
    shown = {**live, "metadata": {k: v for k, v in metadata(live).items() if k != "managedFields"}}
    return {
        **hide_secret_data(kind, shown),
        MANAGER_KEY: manager,
        INITIAL_KEY: kind.api_version,
        INPUTS_KEY: hide_secret_data(kind, inputs),
    }


def replacing(
    kind: Kind, changed: list[paths.Change], old: Props, *, mutable_maps: bool, mutable_secrets: bool
) -> list[str]:
    """The changed paths that force a replacement."""
    patterns = ["metadata.name", "metadata.namespace", "apiVersion.group", *_IMMUTABLE.get(kind.key, ())]
    if kind.key == "core/ConfigMap" and (not mutable_maps or old.get("immutable")):
        patterns += ["data", "binaryData", "immutable"]
    if kind.key == "core/Secret":
        patterns += (
            ["type"] if mutable_secrets and not old.get("immutable") else ["type", "data", "stringData", "immutable"]
        )
    parsed = [paths.parse(pattern) for pattern in patterns]
    hit = [paths.render(change.path) for change in changed if any(paths.touches(one, change.path) for one in parsed)]
    return list(dict.fromkeys(hit))


def without_nulls(value: Any) -> Any:
    """Leave out what is null: to the API server that is the same as not being there."""
    if is_map(value):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if is_list(value) else value


def as_sent(value: Any) -> Any:
    """What goes to the server: the SDK writes ``x_kubernetes_*`` where the API has ``x-kubernetes-*``."""
    if is_map(value):
        return {
            key.replace("_", "-") if key.startswith("x_kubernetes_") else key: as_sent(inner)
            for key, inner in value.items()
        }
    return [as_sent(inner) for inner in value] if is_list(value) else value


def pruned_to(shape: Any, live: Any) -> Any:
    """What of a live object stands where the inputs had something: the inputs as they are now.

    A false, zero or empty input that the server leaves out is still as it was.
    """
    if is_map(shape) and is_map(live):
        kept = {key: inner for key, inner in shape.items() if key in live or not inner}
        return {key: pruned_to(inner, live[key]) if key in live else inner for key, inner in kept.items()}
    if is_list(shape) and is_list(live):
        return _pruned_list(shape, live)
    return live


_LIST_KEYS = ("name", "containerPort", "port", "key", "mountPath", "type", "ip")


def _identifies(key: str, items: list[Any]) -> bool:
    values = [str(item[key]) for item in items if is_map(item) and key in item]
    return bool(items) and len(values) == len(items) == len(set(values))


def _pruned_list(shape: list[Any], live: list[Any]) -> list[Any]:
    key = next((one for one in _LIST_KEYS if _identifies(one, shape) and _identifies(one, live)), None)
    if key is None:
        padded = [*shape, *([None] * (len(live) - len(shape)))]
        return [pruned_to(one, other) if one is not None else other for one, other in zip(padded, live, strict=False)]
    by_key = {str(item.get(key)): item for item in live if is_map(item)}
    kept = [pruned_to(item, by_key[str(item[key])]) for item in shape if str(item[key]) in by_key]
    known = {str(item[key]) for item in shape}
    return kept + [item for item in live if is_map(item) and str(item.get(key)) not in known]


def preview_outputs(kind: Kind, inputs: Props, manager: str, *, assigned: tuple[str, ...] = ("status",)) -> Props:
    """What a preview can say of an object the cluster has not seen: the inputs, the rest unknown."""
    made = outputs_of(kind, inputs, inputs, manager)
    return {**made, **dict.fromkeys((key for key in assigned if key not in made), UNKNOWN)}
